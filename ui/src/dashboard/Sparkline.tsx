// The last results of a project: a bar each, as high as it took long, in the colour of how it ended.

import type { Result } from '../board/show.ts'

const [WIDTH, HEIGHT, MOST, GAP] = [180, 28, 30, 1.5]

export function Sparkline({ results }: { results: readonly Result[] }) {
  const shown = results.slice(-MOST)
  if (shown.length === 0) return null
  const longest = Math.max(...shown.map(({ duration }) => duration ?? 0), 1)
  const step = WIDTH / MOST
  const failed = shown.filter(({ status }) => status === 'failed').length
  return (
    <svg
      className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
      aria-label={`The last ${shown.length}: ${failed} failed`}
    >
      {shown.map(({ key, status, duration = 0 }, index) => {
        const height = Math.max(4, (HEIGHT - 4) * (duration / longest))
        const x = WIDTH - (shown.length - index) * step
        return (
          <g key={key} data-status={status}>
            <rect x={x} y={HEIGHT - height} width={step - GAP} height={height} />
            {status === 'failed' && <rect className="cap" x={x} y={0} width={step - GAP} height={2} />}
          </g>
        )
      })}
    </svg>
  )
}
