// What is known of one project: its newest runs, and how its pipelines ended. The same as tornchat/_project.py.

import { jobOf } from './believed.ts'
import { compare, isEnded, lasting, merge, same, type Run } from './merge.ts'
import { newestFirst, ofJob, pipelineAfter, sameRuns, shown, type Pipeline } from './pipeline.ts'

export interface Project {
  pipelines: ReadonlyMap<string, Pipeline>
  /** How each pipeline last ended, also while it runs again. */
  results: ReadonlyMap<string, Run>
  /** Deployments, releases, pushes, checks. */
  others: ReadonlyMap<string, Run>
}

export const NOTHING: Project = { pipelines: new Map(), results: new Map(), others: new Map() }
export const LINES = 10
const PIPELINES = 10
const CHILDREN = 10
const RESULTS = 30
const OTHERS = 10
const GROUPS: Record<string, number> = { deployment: 30, check: 20, push: 1, release: 1 }
const OF_RESULT = [
  'key', 'kind', 'clock', 'name', 'number', 'ref', 'status', 'url', 'created_at', 'started_at', 'finished_at', 'duration',
]

/** The project when this has been seen of it; itself where that changes nothing. */
export function projectAfter(project: Project, run: Run, jobs: readonly Run[]): Project {
  if (run.kind === 'pipeline') return afterPipeline(project, run, jobs)
  if (run.kind !== 'job') return afterOther(project, run)
  return run.parent ? afterPipeline(project, ofJob(run), [jobOf(run)]) : project // a job of no pipeline has no place
}

/** The results with all that is known of their pipelines, the newest first. */
export function endedRuns(project: Project): Run[] {
  return [...project.results].map(([key, result]) => ended(result, project.pipelines.get(key))).sort(newestFirst)
}

/** The pipelines that follow each other. In GitLab a name may be each pipeline's own, and tells no line. */
export function lineOf(run: Run): string {
  return JSON.stringify([run.ref, run.key.startsWith('gitlab|') ? null : run.name])
}

/** Where a deployment is, or what a check is called: the newest there is the one to show. */
export function placeOf(run: Run): string {
  if (run.kind === 'deployment') return run.environment ?? run.name ?? ''
  return run.kind === 'check' ? (run.name ?? '') : ''
}

/** A tag is pushed. */
export function otherKind(run: Run): string {
  return run.kind === 'tag' ? 'push' : (run.kind ?? '')
}

function afterPipeline(project: Project, run: Run, jobs: readonly Run[]): Project {
  const known = project.pipelines.get(run.key)
  const pipeline = pipelineAfter(known ?? { run, jobs: new Map() }, run, jobs)
  const results = resultsAfter(project.results, run)
  if (pipeline === known && results === project.results) return project
  let after: Project = { ...project, pipelines: new Map(project.pipelines).set(run.key, pipeline), results }
  if (!known) after = withoutOldPipelines(after)
  if (after.results.size > project.results.size) {
    const newest = newestOf(endedRuns(after), RESULTS, LINES, lineOf)
    after = { ...after, results: pick(after.results, newest.map(result => result.key)) }
  }
  // It may have been too old to be kept.
  const isSame = sameRuns(after.results, project.results) && after.pipelines.size === project.pipelines.size
    && [...after.pipelines].every(([key, value]) => project.pipelines.get(key) === value)
  return isSame ? project : after
}

/** Of what is said of a pipeline's end, the latest word holds. A child's end is its parent's matter. */
function resultsAfter(results: Project['results'], run: Run): Project['results'] {
  if (!isEnded(run.status) || isChild(run)) return results
  const result = fieldsOf(run, OF_RESULT)
  const known = results.get(run.key)
  const by = known ? compare(result.clock, known.clock) : 1
  if (by < 0) return results
  const next = known && by === 0 ? merge(known, result) : result
  return known && same(next, known) ? results : new Map(results).set(run.key, next)
}

/** What is known of a pipeline that goes stays in its result. */
function withoutOldPipelines(project: Project): Project {
  const runs = [...project.pipelines.values()].map(pipeline => pipeline.run)
  const newest = newestOf(runs.filter(run => !isChild(run)), PIPELINES, LINES, lineOf)
  const children = newestOf(runs.filter(isChild), CHILDREN, 0, lineOf)
  const kept = new Set([...newest, ...children].map(run => run.key))
  if (kept.size === runs.length) return project
  const results = new Map([...project.results].map(([key, result]) =>
    [key, kept.has(key) ? result : ended(result, project.pipelines.get(key))]))
  return { ...project, pipelines: pick(project.pipelines, kept), results }
}

function afterOther(project: Project, run: Run): Project {
  const known = project.others.get(run.key)
  const merged = known ? merge(known, run) : run
  const kind = otherKind(run)
  const others = new Map(project.others).set(run.key, merged)
  const alike = [...others.values()].filter(other => otherKind(other) === kind)
  const kept = new Set(newestOf(alike, OTHERS, GROUPS[kind] ?? 0, placeOf).map(other => other.key))
  for (const other of alike) if (!kept.has(other.key)) others.delete(other.key)
  return sameRuns(others, project.others) ? project : { ...project, others }
}

/** A result, with what is known of its pipeline: while that runs again, only what does not change by that. */
function ended(result: Run, pipeline: Pipeline | undefined): Run {
  if (!pipeline) return shown(result)
  const known = isEnded(pipeline.run.status) ? pipeline.run : lasting(pipeline.run)
  return shown({ ...result, ...fieldsOf(known as Run, OF_RESULT) })
}

/** Whether a pipeline belongs to another of its own project. */
function isChild(run: Run): boolean {
  const instance = (key: string) => key.slice(0, Math.max(0, key.lastIndexOf('|')))
  return run.parent !== undefined && instance(run.parent) === instance(run.key)
}

function fieldsOf(run: Run, fields: readonly string[]): Run {
  return Object.fromEntries(fields.filter(field => field in run).map(field => [field, run[field]])) as Run
}

function pick<T>(map: ReadonlyMap<string, T>, keys: Iterable<string>): Map<string, T> {
  const kept = new Set(keys)
  return new Map([...map].filter(([key]) => kept.has(key)))
}

/** The `count` newest, and the newest of each of the `groups` newest groups; the newest first. */
function newestOf(runs: readonly Run[], count: number, groups: number, group: (run: Run) => string): Run[] {
  const seen = new Set<string>()
  return [...runs].sort(newestFirst).filter((run, age) => {
    const isFirst = !seen.has(group(run)) && seen.size < groups
    if (isFirst) seen.add(group(run))
    return isFirst || age < count
  })
}
