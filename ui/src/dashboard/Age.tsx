// When something was, as `3 min ago`; the moment itself on hover.

import { ago } from '../live/clock.ts'
import { useNow } from '../shared/useNow.ts'

const TICK_MS = 15_000

export function Age({ at }: { at: string | undefined }) {
  const now = useNow(TICK_MS)
  const time = Date.parse(at ?? '')
  if (!Number.isFinite(time)) return null
  return <time dateTime={at} title={new Date(time).toLocaleString()}>{ago(time, now)}</time>
}
