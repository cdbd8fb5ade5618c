// Whether the page is live, in a shape, a colour and a word; and what it does about it if not.

import type { Status } from '../live/stream.ts'
import { useNow } from './useNow.ts'

export function LinkState({ status, hurry }: { status: Status; hurry: () => void }) {
  useNow(1_000)
  const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1000))
  return (
    <span className="link-state" data-phase={status.phase}>
      <i key={status.heardAt} aria-hidden="true" />
      <span role="status">{{ live: 'live', connecting: 'connecting …', waiting: 'not connected' }[status.phase]}</span>
      {status.phase === 'waiting' && <button onClick={hurry}>again in {seconds} s</button>}
    </span>
  )
}
