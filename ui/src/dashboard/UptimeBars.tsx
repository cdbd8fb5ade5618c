// The last results of a check: what was down is a full bar, what was up is as high as it was slow.

import type { CheckResult } from '../board/vitals.ts'

const [WIDTH, HEIGHT, MOST, GAP] = [180, 20, 30, 2]
const STATUS = { up: 'success', down: 'failed', pending: 'warning', unknown: 'unknown' } as const

export function UptimeBars({ results }: { results: readonly CheckResult[] }) {
  const shown = results.slice(-MOST)
  const slowest = Math.max(...shown.map(({ latency = 0 }) => latency), 0.001)
  const step = WIDTH / MOST
  const up = shown.filter(({ status }) => status === 'up').length
  return (
    <svg
      className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
      aria-label={`${up} of the last ${shown.length} were up`}
    >
      {shown.map(({ at, status, latency = 0 }, index) => {
        const height = status === 'up' ? Math.max(4, HEIGHT * 0.7 * (latency / slowest)) : HEIGHT
        return (
          <g key={at} data-status={STATUS[status] ?? 'unknown'}>
            <rect x={WIDTH - (shown.length - index) * step} y={HEIGHT - height} width={step - GAP} height={height} />
          </g>
        )
      })}
    </svg>
  )
}
