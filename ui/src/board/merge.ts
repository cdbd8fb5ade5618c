// The merge rule: what the observations of one run add up to, whatever their order. The same as in tornchat/_merge.py,
// where its reasons stand.

export type Status =
  'queued' | 'waiting' | 'running' | 'success' | 'warning' | 'failed' | 'cancelled' | 'skipped' | 'unknown'
export type Clock = readonly number[]

/** What is known of a run. Fields that are not known are absent. */
export interface Known {
  key: string
  clock: Clock
  kind?: string
  project?: string
  project_url?: string
  source?: string
  parent?: string
  status?: Status
  name?: string
  number?: string
  stage?: string
  ref?: string
  title?: string
  author?: string
  sha?: string
  reason?: string
  environment?: string
  allow_failure?: boolean
  url?: string
  created_at?: string
  started_at?: string
  finished_at?: string
  duration?: number
  [field: string]: unknown
}

/** An observation of a run, or several merged. */
export interface Run extends Known {
  stages?: readonly string[]
  /** The clocks of the fields that an older observation filled in. */
  late?: Readonly<Record<string, Clock>>
}

export const SEVERITY: readonly Status[] =
  ['skipped', 'success', 'cancelled', 'unknown', 'queued', 'waiting', 'running', 'warning', 'failed']
const UNFINISHED = new Set<Status | undefined>(['queued', 'waiting', 'running'])
const ENDED = new Set<Status | undefined>(['success', 'warning', 'failed', 'cancelled'])
const OF_STATUS = new Set(['status', 'raw_status', 'reason', 'allow_failure', 'attempt'])
const OF_ATTEMPT = new Set(['started_at', 'finished_at', 'duration', 'queued'])

export function isUnfinished(status: Status | undefined): boolean {
  return UNFINISHED.has(status)
}

export function isEnded(status: Status | undefined): boolean {
  return ENDED.has(status)
}

/** The run that is known as `old`, with the observation `now`; `old` itself where that changes nothing. */
export function merge(old: Run, now: Run): Run {
  let merged: Run
  let late: Record<string, Clock>
  if (compare(now.clock, old.clock) > 0) {
    merged = { ...now }
    late = {}
    for (const [field, value] of Object.entries(old)) {
      const clock = old.late?.[field] ?? old.clock
      if (field in now || field === 'late' || !speaks(field, clock, now.clock)) continue
      merged[field] = value
      late[field] = clock
    }
  } else {
    merged = { ...old }
    late = { ...old.late }
    for (const [field, value] of Object.entries(now)) {
      if (field in old) {
        const byClock = compare(now.clock, late[field] ?? old.clock)
        if (byClock < 0 || (byClock === 0 && !outranks(field, value, old[field]))) continue
      } else if (!speaks(field, now.clock, old.clock)) continue
      merged[field] = value
      late[field] = now.clock
    }
  }
  if (old.created_at && now.created_at) merged.created_at = old.created_at < now.created_at ? old.created_at : now.created_at
  const kept = Object.entries(late).filter(([field, clock]) => compare(clock, merged.clock) !== 0 && field !== 'created_at')
  delete merged.late
  if (kept.length > 0) merged.late = Object.fromEntries(kept)
  return same(merged, old) ? old : merged
}

/** What does not change when a run is run again. */
export function lasting(run: Run): Partial<Run> {
  return Object.fromEntries(Object.entries(run).filter(([field]) =>
    !OF_STATUS.has(field) && !OF_ATTEMPT.has(field) && field !== 'clock' && field !== 'late'))
}

/** Lexicographic. */
export function compare(a: Clock, b: Clock): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -Infinity)
}

/** What stands in a clock before the time, which is its greatest number: an attempt, an id, or nothing. */
export function generation(clock: Clock): Clock {
  return clock.slice(0, clock.indexOf(moment(clock)))
}

/** The time in a clock, in ms since 1970: ids, attempts and ranks are smaller. */
export function moment(clock: Clock): number {
  return Math.max(...clock)
}

export function worst(statuses: Iterable<Status>): Status {
  let result: Status | undefined
  for (const status of statuses) if (!result || severity(status) > severity(result)) result = status
  return result ?? 'unknown'
}

export function severity(status: Status): number {
  return SEVERITY.indexOf(status)
}

/** The id at the end of a run's key as a number, or 0 where it is none: CI servers count upwards. */
export function idNumber(key: string): number {
  const digits = key.slice(key.lastIndexOf('|') + 1)
  return /^\d{1,15}$/.test(digits) ? Number(digits) : 0
}

/** Sorts runs by age, the oldest first; it does not matter when they were heard of. */
export function byAge(a: Run, b: Run): number {
  const byTime = order(timeOf(a), timeOf(b))
  const byId = idNumber(a.key) - idNumber(b.key)
  // GitLab's deployments say when they changed, not when they began; their ids count.
  return (a.kind === 'deployment' ? byId || byTime : byTime || byId) || order(a.key, b.key)
}

export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether two values of JSON are equal. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (a instanceof Map || b instanceof Map) return false
  const [mine, other] = [Object.entries(a), b as Record<string, unknown>]
  return mine.length === Object.keys(other).length && mine.every(([key, value]) => key in other && same(value, other[key]))
}

function timeOf(run: Run): string {
  return run.created_at ?? run.started_at ?? new Date(moment(run.clock)).toISOString()
}

/** Whether an observation at `clock` may fill `field` in a run whose greatest clock is another. */
function speaks(field: string, clock: Clock, greatest: Clock): boolean {
  if (OF_STATUS.has(field)) return compare(clock, greatest) === 0
  return !OF_ATTEMPT.has(field) || compare(generation(clock), generation(greatest)) === 0
}

/** Where clocks are equal, the more severe status and the greater text win. */
function outranks(field: string, value: unknown, known: unknown): boolean {
  if (field === 'status') return severity(value as Status) > severity(known as Status)
  const text = (v: unknown) => (typeof v === 'string' ? v : JSON.stringify(v))
  return text(value) > text(known)
}
