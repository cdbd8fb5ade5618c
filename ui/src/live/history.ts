// A room's past: its last events, up to where the live stream is known to have begun.

import { batches } from './lines.ts'
import { ANSWER_MS, type StreamEvent } from './stream.ts'

const SILENCE_MS = 1_000

export interface RoomInfo {
  listeners: number
  messages: number
  last_id: string
}

/** All rooms that the server knows, by name; undefined where it does not tell. */
export async function rooms(): Promise<Record<string, RoomInfo> | undefined> {
  try {
    const response = await fetch('/rooms', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) })
    if (!response.ok) return undefined
    return ((await response.json()) as { rooms: Record<string, RoomInfo> }).rooms
  } catch {
    return undefined
  }
}

/** The last events of a room, oldest first, as they come. Ask once the stream covers the room: what is newer comes by it.
 *
 * /listen goes on after its replay without a word, so the end is known by an id: that of the room's newest event,
 * which /rooms tells, or one that `isLive` has heard by the live stream. Where neither comes, as when retention has
 * taken the newest, the end is a silence.
 */
export async function* history(
  room: string, last: number, isLive: (id: string) => boolean,
): AsyncGenerator<StreamEvent[]> {
  const known = await rooms()
  if (known && known[room] === undefined) return
  const newest = known?.[room]?.last_id
  const abort = new AbortController()
  const query = new URLSearchParams({ format: 'ndjson', room, last: String(last) })
  let timer = setTimeout(() => abort.abort(), ANSWER_MS)
  const response = await fetch(`/listen?${query}`, { signal: abort.signal, cache: 'no-store' })
  if (!response.ok || !response.body) throw new Error(`no history: ${response.status}`)
  try {
    for await (const batch of batches(response.body)) {
      clearTimeout(timer)
      const end = batch.findIndex(({ id }) => id !== undefined && (isLive(id) || id === newest))
      const past = end < 0 ? batch : batch.slice(0, end + 1)
      yield past.filter(event => event.room === room)
      if (end >= 0) return
      timer = setTimeout(() => abort.abort(), SILENCE_MS)
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    abort.abort()
  }
}
