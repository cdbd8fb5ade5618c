// What a room's page shows: its lines in their order, each once, the history before what came live.

import type { StreamEvent } from '../live/stream.ts'
import { sentence } from './sentence.ts'

export interface Line {
  id: string
  at: number
  /** Said by somebody; an event of another kind, such as a run; or a word of the page itself. */
  kind: 'message' | 'event' | 'note'
  name: string
  text: string
}

export interface Log {
  lines: readonly Line[]
  /** What has come live while the history is still on its way; null once it is there. */
  waiting: readonly Line[] | null
}

export const NOTHING = '-' // what was seen of a room in which nothing was said yet; no id looks so
export const EMPTY: Log = { lines: [], waiting: [] }
const MOST_LINES = 500

/** The event as a line; undefined if there is nothing to show of it. */
export function lineOf(event: StreamEvent): Line | undefined {
  const { id = '', at = '', type } = event
  const time = Date.parse(at)
  if (type === 'message') return { id, at: time, kind: 'message', name: String(event.name), text: String(event.message) }
  const text = id ? sentence(event) : undefined // what has no id is not kept: a number that changes by the second
  return text === undefined ? undefined : { id, at: time, kind: 'event', name: '', text }
}

/** The log with what came live. */
export function add(log: Log, lines: readonly Line[]): Log {
  if (log.waiting) return { ...log, waiting: once([...log.waiting, ...lines]) }
  return { lines: once([...log.lines, ...lines]).slice(-MOST_LINES), waiting: null }
}

/** The log with what its history has brought so far. */
export function addPast(log: Log, lines: readonly Line[]): Log {
  return { ...log, lines: once([...log.lines, ...lines]) }
}

/** The log once its history is there: what is in both stands where it came live, after what came live before it. */
export function begin(log: Log): Log {
  const live = log.waiting ?? []
  const ids = new Set(live.map(({ id }) => id))
  return add({ lines: log.lines.filter(({ id }) => !ids.has(id)), waiting: null }, live)
}

/** How many messages of others came after the one that was last seen. One that is no longer there is older than all. */
export function unread(log: Log, seen: string | undefined, name: string): number {
  if (seen === undefined) return 0
  const from = log.lines.findLastIndex(line => line.id === seen) + 1
  return log.lines.slice(from).filter(line => line.kind === 'message' && line.name !== name).length
}

function once(lines: readonly Line[]): Line[] {
  const seen = new Set<string>()
  return lines.filter(({ id }) => !id || (!seen.has(id) && seen.add(id)))
}
