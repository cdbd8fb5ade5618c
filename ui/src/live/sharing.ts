// One stream for many: its rooms are the union of what the members want, and each hears only its own.

import { Stream, type Status, type StreamEvent } from './stream.ts'

/** What a member says: the rooms that it wants from now on, none when it leaves; or that it will not wait. */
export type Wish = { rooms: readonly string[] } | { hurry: true }
/** What a member hears. */
export type News = { events: StreamEvent[] } | { status: Status }

export const ALL_ROOMS = '*'
const GROW_MS = 20 // a restored session opens its tabs at once
const SHRINK_MS = 5_000 // a reload leaves and comes back

export class Sharing {
  private members = new Map<MessagePort, readonly string[]>()
  private stream: Stream | undefined
  private asked: readonly string[] = []
  private timer: ReturnType<typeof setTimeout> | undefined

  join(port: MessagePort): void {
    port.onmessage = ({ data }: MessageEvent<Wish>) => {
      if ('hurry' in data) this.stream?.hurry()
      else this.wish(port, data.rooms)
    }
    port.addEventListener('close', () => this.wish(port, [])) // a tab that crashed, where the browser tells
    if (this.stream) port.postMessage({ status: this.stream.status } satisfies News)
  }

  private wish(port: MessagePort, rooms: readonly string[]): void {
    if (rooms.length > 0) this.members.set(port, rooms)
    else this.members.delete(port)
    const union = this.union()
    const grows = union.some(room => !this.asked.includes(room))
    clearTimeout(this.timer)
    if (!grows && union.length === this.asked.length) return
    this.timer = setTimeout(() => this.reopen(), grows ? GROW_MS : SHRINK_MS)
  }

  private reopen(): void {
    const union = this.union()
    this.asked = union
    if (union.length === 0) {
      this.stream?.close()
      this.stream = undefined
      return
    }
    this.stream ??= new Stream(
      events => this.hear(events),
      status => this.tell({ status }),
    )
    this.stream.listen(union)
  }

  /** What all members want; `*` has everything in it. */
  private union(): string[] {
    const rooms = [...new Set([...this.members.values()].flat())].sort()
    return rooms.includes(ALL_ROOMS) ? [ALL_ROOMS] : rooms
  }

  private hear(events: StreamEvent[]): void {
    for (const [port, rooms] of this.members) {
      const own = events.filter(({ room }) => room === undefined || covers(rooms, room))
      if (own.length > 0) port.postMessage({ events: own } satisfies News)
    }
  }

  private tell(news: News): void {
    for (const port of this.members.keys()) port.postMessage(news)
  }
}

export function covers(rooms: readonly string[], room: string): boolean {
  return rooms.includes(room) || rooms.includes(ALL_ROOMS)
}
