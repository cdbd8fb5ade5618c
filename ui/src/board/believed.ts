// What of an event is believed: known fields with values of their type. The rest is left out, never an error. The same as
// tornchat/_believed.py.

import { idNumber, SEVERITY, type Run, type Status } from './merge.ts'
import type { Check, Host } from './vitals.ts'

type Fields = Record<string, unknown>
type Test = (value: unknown) => boolean

const text: Test = value => typeof value === 'string' && value !== ''
const number: Test = value => typeof value === 'number' && Math.abs(value) < 10 ** 18
const clock: Test = value =>
  Array.isArray(value) && value.length === 3 && value.every(part => typeof part === 'number' && part >= 0 && part < 10 ** 14)
const names: Test = value => Array.isArray(value) && value.every(text)
const oneOf = (...words: string[]): Test => value => typeof value === 'string' && words.includes(value)
const levels: Test = value =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(LEVEL)
const fields = (list: string, test: Test): Record<string, Test> =>
  Object.fromEntries(list.split(' ').map(name => [name, test]))

const LEVEL = oneOf('ok', 'warning', 'critical')
const KINDS = new Set<unknown>(['pipeline', 'job', 'deployment', 'push', 'tag', 'release', 'check'])
const JOB = {
  ...fields('key name stage status raw_status reason url started_at finished_at', text),
  ...fields('duration queued', number),
  clock,
  allow_failure: (value: unknown) => value === true,
}
const RUN = {
  ...JOB,
  ...fields('kind source project project_url parent number ref ref_type', text),
  ...fields('sha title author environment event created_at', text),
  attempt: number,
  stages: names,
}
const HOST = {
  ...fields('host disk_mount os agent seen_at', text),
  ...fields('cpu mem swap disk load1 load5 load15 cores rx tx uptime interval', number),
  ...fields('mem_used mem_total swap_used swap_total disk_used disk_total', number),
  state: oneOf('live', 'stale', 'offline'),
  level: LEVEL,
  alarms: levels,
}
const CHECK = {
  ...fields('check kind target group error checked_at since', text),
  ...fields('latency code days_left', number),
  status: oneOf('up', 'pending', 'down', 'unknown'),
}

/** A run and the jobs that it lists; undefined if it lacks its key, kind, project or clock. */
export function runOf(event: Fields): { run: Run & { project: string }; jobs: Run[] } | undefined {
  const run = withStatus(known(event, RUN))
  if (!run.key || !run.project || !run.clock || !KINDS.has(run.kind)) return undefined
  const listed: unknown[] = Array.isArray(event.jobs) ? event.jobs : []
  const jobs = listed.filter(item => typeof item === 'object' && item !== null).map(item => jobOf(item as Fields))
  return { run: run as unknown as Run & { project: string }, jobs: jobs.filter(job => job.key && job.clock) }
}

/** The fields that a job has in its pipeline's list; `id` is from its key. */
export function jobOf(event: Fields): Run {
  const job = withStatus(known(event, JOB)) as unknown as Run
  const key = job.key ?? ''
  return { ...job, id: idNumber(key) || key.slice(key.lastIndexOf('|') + 1) }
}

export function hostOf(event: Fields): Host | undefined {
  const host = known(event, HOST)
  return host.host && host.state ? ({ seen_at: event.at ?? '', ...host } as unknown as Host) : undefined
}

export function checkOf(event: Fields): Omit<Check, 'results'> | undefined {
  const check = known(event, CHECK)
  return check.check && check.status ? ({ checked_at: event.at ?? '', ...check } as unknown as Check) : undefined
}

function known(event: Fields, tests: Record<string, Test>): Fields {
  return Object.fromEntries(Object.entries(event).filter(([field, value]) => tests[field]?.(value)))
}

/** A status that we do not know is `unknown`. */
function withStatus(run: Fields): Fields {
  return { ...run, status: SEVERITY.includes(run.status as Status) ? run.status : 'unknown' }
}
