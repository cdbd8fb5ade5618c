// Hosts and checks: the last word, and a check's last results. The same as tornchat/_vitals.py.

import { order } from './merge.ts'

export interface Host {
  host: string
  state: 'live' | 'stale' | 'offline'
  level?: 'ok' | 'warning' | 'critical'
  seen_at: string
  interval?: number
  cpu?: number
  mem?: number
  swap?: number
  disk?: number
  load1?: number
  load5?: number
  load15?: number
  cores?: number
  mem_used?: number
  mem_total?: number
  disk_used?: number
  disk_total?: number
  disk_mount?: string
  rx?: number
  tx?: number
  uptime?: number
  os?: string
  agent?: string
}

export interface CheckResult {
  status: CheckStatus
  latency?: number
  at: string
}

export type CheckStatus = 'up' | 'pending' | 'down' | 'unknown'

export interface Check {
  check: string
  status: CheckStatus
  kind?: string
  target?: string
  group?: string
  latency?: number
  code?: number
  error?: string
  days_left?: number
  checked_at: string
  since?: string
  results: readonly CheckResult[]
}

const RESULTS = 30

const AGES = ['live', 'stale', 'offline']

/** A newer sample replaces the host; without one it can only have aged. */
export function hostAfter(known: Host | undefined, seen: Host): Host {
  if (!known || seen.seen_at > known.seen_at) return seen
  const isOlder = seen.seen_at < known.seen_at || AGES.indexOf(seen.state) < AGES.indexOf(known.state)
  return isOlder ? known : { ...known, ...seen }
}

/** The newest result, and the last ones by their time. */
export function checkAfter(known: Check | undefined, seen: Omit<Check, 'results'>): Check {
  const result: CheckResult = {
    status: seen.status, at: seen.checked_at, ...(seen.latency !== undefined && { latency: seen.latency }),
  }
  const results = [...(known?.results ?? []).filter(({ at }) => at !== result.at), result].sort((a, b) => order(a.at, b.at))
  const newest = !known || seen.checked_at >= known.checked_at ? seen : known
  return { ...newest, results: results.slice(-RESULTS) }
}
