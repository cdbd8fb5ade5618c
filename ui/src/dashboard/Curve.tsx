// The last values of a number, as a line of a card.

const [WIDTH, HEIGHT, MOST] = [120, 24, 60]

export function Curve({ values }: { values: readonly number[] }) {
  const shown = values.slice(-MOST)
  if (shown.length < 2) return <svg className="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />
  const points = shown.map((value, index) => {
    const x = WIDTH - (shown.length - 1 - index) * (WIDTH / (MOST - 1))
    return `${x.toFixed(1)},${(HEIGHT - 1 - (Math.min(100, value) / 100) * (HEIGHT - 2)).toFixed(1)}`
  })
  return (
    <svg className="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  )
}
