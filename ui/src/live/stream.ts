// One connection to /listen, for ever: it resumes by id, comes back after whatever ended it, and knows when it is dead.

import { batches } from './lines.ts'

/** What the server sends: an event of a room, or one of the stream itself (`ready`, `gap`, `reset`, `bye`). */
export interface StreamEvent {
  type: string
  id?: string
  room?: string
  at?: string
  [field: string]: unknown
}

export interface Status {
  phase: 'connecting' | 'live' | 'waiting'
  /** What the stream covers while it is live. */
  rooms: readonly string[]
  /** When anything was last heard, and when the next attempt is; in ms of this machine's clock. */
  heardAt: number
  retryAt: number
  /** The server's clock less this machine's, in ms. */
  offset: number
}

export interface Tools {
  fetch: typeof fetch
  now: () => number
  random: () => number
}

export const SILENCE_MS = 40_000 // a heartbeat is due each 15 s: who misses two is dead
export const ANSWER_MS = 10_000 // nor does an answer take longer: a connection that was kept may have died, too
const TICK_MS = 5_000
const LONGEST_MS = 30_000

/** Full jitter above the wait that the server asked for: the nth attempt in vain waits up to retry × 2ⁿ. */
export function backoff(retry: number, attempt: number, random: () => number): number {
  return retry + random() * (Math.min(Math.max(LONGEST_MS, retry), retry * 2 ** attempt) - retry)
}

export class Stream {
  status: Status = { phase: 'connecting', rooms: [], heardAt: 0, retryAt: 0, offset: 0 }
  private rooms: readonly string[] = []
  private lastId: string | undefined
  private retry = 2000
  private attempt = 0
  private abort = new AbortController()
  private wake = () => {}
  private again = false // whether the connection was ended to open another at once
  private ticker: ReturnType<typeof setInterval> | undefined
  private hear: (events: StreamEvent[]) => void
  private tell: (status: Status) => void
  private tools: Tools

  /** `hear` gets what comes, in the order in which it comes; `tell` each change of status, and each tick. */
  constructor(
    hear: (events: StreamEvent[]) => void,
    tell: (status: Status) => void,
    tools: Tools = { fetch: (...request) => fetch(...request), now: Date.now, random: Math.random },
  ) {
    this.hear = hear
    this.tell = tell
    this.tools = tools
  }

  /** Hear these rooms from now on, with nothing missed in those that were heard before. */
  listen(rooms: readonly string[]): void {
    this.rooms = rooms
    if (this.ticker === undefined) {
      this.ticker = setInterval(() => this.tick(), TICK_MS)
      void this.run()
    } else this.reopen()
  }

  /** Come back now: the network is said to be there again, or a person does not want to wait. */
  hurry(): void {
    if (this.status.phase === 'waiting') this.wake()
    else if (this.tools.now() - this.status.heardAt > SILENCE_MS / 2) this.reopen()
  }

  /** For good. */
  close(): void {
    clearInterval(this.ticker)
    this.ticker = undefined
    this.abort.abort()
    this.wake()
  }

  private reopen(): void {
    this.again = true
    this.abort.abort()
    this.wake()
  }

  private tick(): void {
    const limit = { connecting: ANSWER_MS, live: SILENCE_MS, waiting: Infinity }[this.status.phase]
    if (this.tools.now() - this.status.heardAt > limit) this.reopen()
    this.tell(this.status)
  }

  private async run(): Promise<void> {
    while (this.ticker !== undefined) {
      this.again = false
      this.abort = new AbortController()
      this.change({ phase: 'connecting', heardAt: this.tools.now() })
      await this.hearOnce().catch(() => {}) // whatever it was, the remedy is the same
      if (this.ticker === undefined || this.again) continue
      const wait = backoff(this.retry, this.attempt++, this.tools.random)
      this.change({ phase: 'waiting', retryAt: this.tools.now() + wait })
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, wait)
        this.wake = () => (clearTimeout(timer), resolve())
      })
    }
  }

  /** One connection, to its end. */
  private async hearOnce(): Promise<void> {
    const rooms = this.rooms
    const query = new URLSearchParams([['format', 'ndjson'], ...rooms.map(room => ['room', room])])
    const headers: Record<string, string> = this.lastId ? { 'Last-Event-ID': this.lastId } : {}
    const { signal } = this.abort
    const response = await this.tools.fetch(`/listen?${query}`, { headers, signal, cache: 'no-store' })
    const isStream = response.headers.get('Content-Type')?.startsWith('application/x-ndjson')
    if (!response.ok || !isStream || !response.body) throw new Error(`no stream: ${response.status}`)
    for await (const events of batches(response.body)) {
      if (signal.aborted) return
      this.status = { ...this.status, heardAt: this.tools.now() }
      for (const event of events) {
        if (event.id) this.lastId = event.id
        if (event.type === 'ready') this.ready(event, rooms)
      }
      this.hear(events.filter(event => event.type !== 'heartbeat'))
    }
  }

  private ready(event: StreamEvent, rooms: readonly string[]): void {
    if (typeof event.retry === 'number' && event.retry > 0) this.retry = event.retry
    this.attempt = 0
    const now = this.tools.now()
    const offset = event.at ? Date.parse(event.at) - now : 0
    this.change({ phase: 'live', rooms, heardAt: now, offset: Number.isFinite(offset) ? offset : 0 })
  }

  private change(status: Partial<Status>): void {
    this.status = { ...this.status, ...status }
    this.tell(this.status)
  }
}
