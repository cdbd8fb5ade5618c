// A project as the dashboard shows it, and as GET /board answers it. The same as tornchat/_show.py.

import { byAge, isUnfinished, moment, order, worst, type Run, type Status } from './merge.ts'
import { newestFirst, showPipeline, shown, statusOf, type Pipeline, type ShownPipeline } from './pipeline.ts'
import { endedRuns, LINES, lineOf, otherKind, placeOf, type Project } from './project.ts'

export interface Result {
  key: string
  number?: string
  name?: string
  ref?: string
  status: Status
  duration?: number
  finished_at?: string
  url?: string
}

export interface ShownProject {
  project: string
  url?: string
  source?: string
  /** How it last ended: the worst over its refs. */
  status: Status
  /** What goes on: the most severe of its unfinished pipelines. */
  active?: Status
  /** The newest first. */
  pipelines: readonly ShownPipeline[]
  /** The oldest first. */
  results: readonly Result[]
  deployments: Readonly<Record<string, Run>>
  checks: Readonly<Record<string, Run>>
  release?: Run
  push?: Run
}

const EXPECT_FROM = 10 // good results
const OF_RESULT = ['key', 'number', 'name', 'ref', 'status', 'duration', 'finished_at', 'url']

export function showProject(name: string, project: Project): ShownProject {
  const ended = endedRuns(project)
  const pipelines = [...project.pipelines.values()].sort((a, b) => newestFirst(a.run, b.run))
  const active = pipelines.map(statusOf).filter(isUnfinished)
  return {
    project: name,
    ...last(project),
    status: lamp(ended),
    ...(active.length > 0 && { active: worst(active) }),
    pipelines: pipelines.map(pipeline => ({ ...showPipeline(pipeline), ...expected(pipeline, ended) })),
    results: ended.reverse().map(run =>
      Object.fromEntries(OF_RESULT.filter(field => field in run).map(field => [field, run[field]])) as unknown as Result),
    ...others(project),
  }
}

/** What the latest word about any run says of the project. */
function last(project: Project): { url?: string; source?: string } {
  const runs = [...[...project.pipelines.values()].map(({ run }) => run), ...project.others.values()]
  runs.sort((a, b) => moment(a.clock) - moment(b.clock) || order(a.key, b.key))
  const url = runs.findLast(run => run.project_url)?.project_url
  const source = runs.findLast(run => run.source)?.source
  return { ...(url && { url }), ...(source && { source }) }
}

/** The worst of the last results of the newest lines; `unknown` before the first. */
function lamp(ended: readonly Run[]): Status {
  const lines = new Map<string, Status>()
  for (const run of ended) if (!lines.has(lineOf(run))) lines.set(lineOf(run), run.status ?? 'unknown')
  return worst([...lines.values()].slice(0, LINES))
}

/** How long an unfinished one may take: the median of the last good ones of its line, or of all. */
function expected(pipeline: Pipeline, ended: readonly Run[]): { expected?: number } {
  if (!isUnfinished(statusOf(pipeline))) return {}
  const good = ended.filter(run => (run.status === 'success' || run.status === 'warning') && run.duration !== undefined)
  const alike = good.filter(run => lineOf(run) === lineOf(pipeline.run))
  const durations = (alike.length > 0 ? alike : good).slice(0, EXPECT_FROM).map(run => run.duration ?? 0).sort((a, b) => a - b)
  if (durations.length === 0) return {}
  const middle = Math.floor(durations.length / 2)
  return { expected: Math.round(((durations.at(middle) ?? 0) + (durations.at(-1 - middle) ?? 0)) * 500) / 1000 }
}

function others(project: Project): Pick<ShownProject, 'deployments' | 'checks' | 'release' | 'push'> {
  const kinds: Record<string, Record<string, Run>> = { deployment: {}, check: {}, release: {}, push: {} }
  for (const run of [...project.others.values()].sort(byAge)) (kinds[otherKind(run)] ??= {})[placeOf(run)] = shown(run)
  return {
    deployments: kinds.deployment ?? {},
    checks: kinds.check ?? {},
    ...(kinds.release?.[''] && { release: kinds.release[''] }),
    ...(kinds.push?.[''] && { push: kinds.push[''] }),
  }
}
