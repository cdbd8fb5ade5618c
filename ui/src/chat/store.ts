// The state of the chat: what the stream, the history and the outbox make of the rooms that this person has joined.

import { setOffset, serverNow } from '../live/clock.ts'
import { Connection } from '../live/connection.ts'
import { history, rooms as askRooms, type RoomInfo } from '../live/history.ts'
import { covers } from '../live/sharing.ts'
import type { Status, StreamEvent } from '../live/stream.ts'
import { add, addPast, begin, EMPTY, lineOf, NOTHING, type Line, type Log } from './log.ts'
import { Outbox, type Draft } from './outbox.ts'
import { load, save } from '../shared/saved.ts'

export interface Chat {
  status: Status
  /** The room on screen, and all that are joined. */
  room: string
  rooms: readonly string[]
  name: string
  logs: Readonly<Record<string, Log>>
  drafts: readonly Draft[]
  /** The id of the last line that was seen, by room. */
  seen: Readonly<Record<string, string>>
  /** All rooms of the server, if it tells. */
  known: Readonly<Record<string, RoomInfo>> | undefined
}

export const ROOM = /^[A-Za-z0-9._/-]{1,64}$/
const DEFAULT_ROOM = 'lobby'
const HISTORY = 200
const COUNT_MS = 20_000 // listeners are counted that often, while somebody looks
const RETRY_MS = 3_000

export class ChatStore {
  state: Chat
  private listeners = new Set<() => void>()
  private connection: Connection
  private outbox: Outbox
  private loading = new Set<string>()
  private life = 0 // counts the resets: what was asked before one is of no use after it

  constructor() {
    const rooms = savedRooms()
    this.connection = new Connection(events => this.hear(events), status => this.tell(status))
    this.outbox = new Outbox(drafts => this.change({ drafts }), {
      fetch: (...request) => fetch(...request),
      load: () => load('outbox', [], 'sessionStorage'),
      save: drafts => save('outbox', drafts, 'sessionStorage'),
      sleep: ms => new Promise(resolve => setTimeout(resolve, ms)),
    })
    this.state = {
      status: this.connection.status, room: DEFAULT_ROOM, rooms, name: load('name', ''), logs: {},
      drafts: this.outbox.drafts, seen: load('seen', {}), known: undefined,
    }
    this.show(roomInUrl())
    addEventListener('hashchange', () => this.show(roomInUrl()))
    addEventListener('storage', ({ key }) => key === 'seen' && this.change({ seen: load('seen', {}) }))
    document.addEventListener('visibilitychange', () => this.see())
    setInterval(() => document.visibilityState === 'visible' && void this.count(), COUNT_MS)
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Put a room on screen, and join it if need be. */
  show(room: string): void {
    const rooms = this.state.rooms.includes(room) ? this.state.rooms : [...this.state.rooms, room]
    this.change({ room, rooms })
    save('rooms', rooms)
    if (location.hash !== `#${room}`) putInUrl(room)
    this.connection.listen(rooms)
    this.loadHistories()
    void this.count()
    this.see()
  }

  leave(room: string): void {
    const rooms = this.state.rooms.filter(other => other !== room)
    const { [room]: _, ...logs } = this.state.logs
    this.change({ rooms, logs })
    this.show(this.state.room === room ? (rooms[0] ?? DEFAULT_ROOM) : this.state.room)
  }

  rename(name: string): void {
    save('name', name)
    this.change({ name })
  }

  say(text: string): void {
    const { room, name } = this.state
    this.outbox.say({ room, name, text, at: serverNow() })
  }

  retry = (key: string): void => this.outbox.retry(key)
  drop = (key: string): void => this.outbox.drop(key)
  hurry = (): void => this.connection.hurry()

  private tell(status: Status): void {
    setOffset(status.offset)
    const comes = status.phase === 'live' && this.state.status.phase !== 'live'
    if (comes) this.outbox.hurry()
    this.change({ status })
    if (comes) void this.count()
    this.loadHistories()
  }

  private hear(events: StreamEvent[]): void {
    const lines = new Map<string, Line[]>()
    for (const event of events) {
      if (event.type === 'reset') this.startAnew()
      if (event.type === 'gap') this.note(gapText(event.missed))
      const line = event.room && lineOf(event)
      if (event.room && line) lines.set(event.room, [...(lines.get(event.room) ?? []), line])
    }
    for (const [room, found] of lines) this.put(room, add(this.log(room), found), this.log(room).waiting ? [] : found)
  }

  private startAnew(): void {
    this.life++
    this.loading.clear()
    this.change({ logs: {} })
    this.loadHistories()
  }

  private note(text: string): void {
    const line: Line = { id: '', at: serverNow(), kind: 'note', name: '', text }
    for (const room of this.state.rooms) this.put(room, add(this.log(room), [line]), [])
  }

  private loadHistories(): void {
    const { status, rooms } = this.state
    if (status.phase !== 'live') return
    for (const room of rooms) {
      if (this.log(room).waiting && !this.loading.has(room) && covers(status.rooms, room)) void this.loadHistory(room)
    }
  }

  private async loadHistory(room: string): Promise<void> {
    this.loading.add(room)
    const life = this.life
    try {
      this.put(room, { lines: [], waiting: this.log(room).waiting }, [])
      for await (const events of history(room, HISTORY, id => this.isWaiting(room, id))) {
        if (life !== this.life) return
        const lines = events.map(lineOf).filter(line => line !== undefined)
        this.put(room, addPast(this.log(room), lines), lines)
      }
      if (life !== this.life) return
      this.put(room, begin(this.log(room)), this.log(room).waiting ?? [])
    } catch {
      setTimeout(() => this.loadHistories(), RETRY_MS)
    } finally {
      if (life === this.life) this.loading.delete(room)
    }
  }

  private isWaiting(room: string, id: string): boolean {
    return this.log(room).waiting?.some(line => line.id === id) ?? true
  }

  private log(room: string): Log {
    return this.state.logs[room] ?? EMPTY
  }

  private put(room: string, log: Log, fresh: readonly Line[]): void {
    this.change({ logs: { ...this.state.logs, [room]: log } })
    for (const line of fresh) this.outbox.shown(line, room)
    this.see()
  }

  /** The room on screen has been seen to its end; of one that was just joined, what was said before. */
  private see(): void {
    let { seen } = this.state
    for (const room of this.state.rooms) {
      const log = this.log(room)
      const looks = room === this.state.room && document.visibilityState === 'visible'
      const isNew = seen[room] === undefined && log.waiting === null
      const id = log.lines.findLast(line => line.id)?.id ?? NOTHING
      if ((looks || isNew) && seen[room] !== id) seen = { ...seen, [room]: id }
    }
    if (seen === this.state.seen) return
    save('seen', seen)
    this.change({ seen })
  }

  private async count(): Promise<void> {
    this.change({ known: await askRooms() })
  }

  private change(change: Partial<Chat>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.listeners) listener()
  }
}

function roomInUrl(): string {
  const room = location.hash.slice(1)
  return ROOM.test(room) ? room : load('room', DEFAULT_ROOM)
}

/** One name that is none would make the server refuse the stream of all. */
function savedRooms(): string[] {
  const saved = load<unknown>('rooms', [])
  const rooms = Array.isArray(saved) ? saved.filter(room => typeof room === 'string' && ROOM.test(room)) : []
  return rooms.length > 0 ? rooms : [DEFAULT_ROOM]
}

function putInUrl(room: string): void {
  save('room', room)
  window.history.replaceState(null, '', `#${room}`)
}

function gapText(missed: unknown): string {
  const count = typeof missed === 'number' ? `${missed} messages` : 'some messages'
  return `You were away for long: ${count} of your rooms are no longer kept.`
}
