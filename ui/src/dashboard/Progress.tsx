// How long a pipeline runs already, against how long the good ones took.

import type { ShownPipeline } from '../board/pipeline.ts'
import { span, stopwatch } from '../live/clock.ts'
import { useNow } from '../shared/useNow.ts'

export function Progress({ pipeline: { started_at, created_at, expected } }: { pipeline: ShownPipeline }) {
  const now = useNow(1_000)
  const elapsed = Math.max(0, (now - Date.parse(started_at ?? created_at ?? '')) / 1000)
  if (!Number.isFinite(elapsed)) return null
  const left = expected === undefined ? undefined : expected - elapsed
  return (
    <div className="progress">
      {expected !== undefined && <progress value={Math.min(elapsed, expected)} max={expected} aria-label="Of the usual time" />}
      <span>{stopwatch(elapsed)}</span>
      {left !== undefined && (
        <span className="muted">{left >= 0 ? `≈ ${span(left)} left` : `${span(-left)} over the usual`}</span>
      )}
    </div>
  )
}
