// It never lies: when the stream is down for more than a moment, the page says so, and since when.

import { useEffect, useState } from 'react'
import { timeOfDay } from '../live/clock.ts'
import type { Status } from '../live/stream.ts'
import { useNow } from '../shared/useNow.ts'

const PATIENCE_MS = 5_000

/** Whether what is on screen may be old. */
export function useStale({ phase }: Status): boolean {
  const [stale, setStale] = useState(false)
  const isLive = phase === 'live'
  useEffect(() => {
    if (isLive) return setStale(false)
    const timer = setTimeout(() => setStale(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [isLive])
  return stale
}

export function Banner({ status, since, hurry }: { status: Status; since: number; hurry: () => void }) {
  useNow(1_000)
  const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1000))
  return (
    <div className="banner" role="alert">
      <strong>Not live.</strong>
      <span>{since > 0 ? <>Last update <time>{timeOfDay(since)}</time></> : 'Nothing has been heard yet'}</span>
      <span aria-hidden="true">{status.phase === 'waiting' ? `again in ${seconds} s` : 'connecting …'}</span>
      <button onClick={hurry}>Connect now</button>
    </div>
  )
}
