// One pipeline: what its own observations and those of its jobs add up to. The same as tornchat/_pipeline.py.

import {
  byAge, compare, generation, idNumber, isEnded, isUnfinished, merge, moment, order, same, worst,
  type Clock, type Known, type Run, type Status,
} from './merge.ts'

/** `run` has no status as long as only jobs have been heard of: a stub. */
export interface Pipeline {
  run: Run
  jobs: ReadonlyMap<string, Run>
}

export interface Stage {
  name: string
  status: Status
  jobs: readonly Run[]
}

export interface ShownPipeline extends Known {
  status: Status
  stages: readonly Stage[]
  updated_at: string
  /** How many seconds it may take, while it is unfinished. */
  expected?: number
}

const MOST_JOBS = 500
const FROM_JOB = ['source', 'project', 'project_url', 'ref', 'ref_type', 'sha', 'title', 'author', 'event', 'created_at']
const RANKS: Partial<Record<Status, number>> = { queued: 0, waiting: 1, running: 2 }

export function pipelineAfter(pipeline: Pipeline, observed: Run, jobs: readonly Run[]): Pipeline {
  const run = merge(pipeline.run, observed)
  let merged = new Map(pipeline.jobs)
  for (const job of jobs) {
    const known = merged.get(job.key)
    merged.set(job.key, known ? merge(known, job) : job)
  }
  if (sameRuns(merged, pipeline.jobs)) merged = new Map(pipeline.jobs)
  else merged = latest(merged)
  return run === pipeline.run && sameRuns(merged, pipeline.jobs) ? pipeline : { run, jobs: merged }
}

/** A stub is as far as its jobs: unfinished while one of them is. */
export function statusOf({ run, jobs }: Pipeline): Status {
  if (run.status) return run.status
  const statuses = [...jobs.values()].map(job => job.status ?? 'unknown')
  const unfinished = statuses.filter(isUnfinished)
  return worst(unfinished.length > 0 ? unfinished : statuses)
}

export function showPipeline(pipeline: Pipeline): ShownPipeline {
  const { run, jobs } = pipeline
  const updated = Math.max(moment(run.clock), ...[...jobs.values()].map(job => moment(job.clock)))
  return {
    ...shown(run), status: statusOf(pipeline), stages: stagesOf(pipeline), updated_at: new Date(updated).toISOString(),
  }
}

/** What an observation of a job says of its pipeline: less than any of the pipeline itself. */
export function ofJob(job: Run): Run {
  const known = Object.fromEntries(FROM_JOB.filter(field => field in job).map(field => [field, job[field]]))
  const rank = RANKS[job.status ?? 'unknown'] ?? 3
  return { ...known, key: job.parent ?? '', kind: 'pipeline', clock: [-1, moment(job.clock), rank] }
}

/** Without what is only for merging, or from before the run began again; with a duration if it can be told. */
export function shown(run: Run): Run {
  const { late: _, ...rest } = run
  const fields: Run = { ...rest, key: run.key, clock: run.clock }
  if (isUnfinished(fields.status)) {
    delete fields.finished_at
    delete fields.duration
  } else if (isEnded(fields.status) && fields.duration === undefined) {
    const seconds = (Date.parse(fields.finished_at ?? '') - Date.parse(fields.started_at ?? '')) / 1000
    if (Number.isFinite(seconds)) fields.duration = Math.max(0, seconds)
  }
  return fields
}

export function sameRuns(a: ReadonlyMap<string, Run>, b: ReadonlyMap<string, Run>): boolean {
  return a.size === b.size && [...a].every(([key, run]) => same(run, b.get(key)))
}

/** In the pipeline's own order; those that it does not list follow, by their first job. */
function stagesOf({ run, jobs }: Pipeline): Stage[] {
  const stages = new Map<string, Run[]>((run.stages ?? []).map(name => [name, []]))
  for (const job of [...jobs.values()].sort(byId)) {
    const name = job.stage ?? ''
    if (!stages.has(name)) stages.set(name, [])
    stages.get(name)?.push(shown(job))
  }
  return [...stages].map(([name, found]) => ({ name, status: worst(found.map(job => job.status ?? 'unknown')), jobs: found }))
}

/** A retried job has the stage and name of the one that it replaces. */
function latest(jobs: ReadonlyMap<string, Run>): Map<string, Run> {
  const place = (job: Run) => JSON.stringify([job.stage, job.name])
  const attempts = new Map<string, Clock>()
  for (const job of jobs.values()) {
    const known = attempts.get(place(job))
    if (!known || compare(attempt(job), known) > 0) attempts.set(place(job), attempt(job))
  }
  const last = [...jobs.values()].filter(job => compare(attempt(job), attempts.get(place(job)) ?? []) === 0)
  return new Map(last.sort(byId).slice(-MOST_JOBS).map(job => [job.key, job]))
}

/** GitLab gives each attempt of a job an id, the others count attempts in the clock. */
function attempt(job: Run): Clock {
  return job.key.startsWith('gitlab|') ? [idNumber(job.key)] : generation(job.clock)
}

function byId(a: Run, b: Run): number {
  return idNumber(a.key) - idNumber(b.key) || order(a.key, b.key)
}

export function newestFirst(a: Run, b: Run): number {
  return byAge(b, a)
}
