// A percent as a number and a bar, in the colour of how bad it is.

const [WARNING, CRITICAL] = [75, 90]

export function Meter({ label, percent }: { label: string; percent: number | undefined }) {
  if (percent === undefined) return null
  const level = percent >= CRITICAL ? 'failed' : percent >= WARNING ? 'warning' : 'success'
  return (
    <div className="meter" data-status={level}>
      <span>{label}</span>
      <span className="number">{Math.round(percent)} %</span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="4" />
        <rect className="fill" width={Math.min(100, Math.max(0, percent))} height="4" />
      </svg>
    </div>
  )
}
