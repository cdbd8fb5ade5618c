// The board: events folded into the last known state, from what GET /board says on. Pure; the same as tornchat/board.py.

import { checkOf, hostOf, runOf } from './board/believed.ts'
import { same, worst, type Run, type Status } from './board/merge.ts'
import type { Pipeline, ShownPipeline } from './board/pipeline.ts'
import { NOTHING, projectAfter, type Project } from './board/project.ts'
import { showProject, type Result, type ShownProject } from './board/show.ts'
import { checkAfter, hostAfter, type Check, type Host } from './board/vitals.ts'
import type { StreamEvent } from './live/stream.ts'

export interface Board {
  projects: ReadonlyMap<string, Project>
  /** The projects as they are shown. */
  shown: ReadonlyMap<string, ShownProject>
  hosts: ReadonlyMap<string, Host>
  checks: ReadonlyMap<string, Check>
}

/** The answer of GET /board. */
export interface State {
  id: string
  at: string
  projects: Record<string, ShownProject>
  hosts: Record<string, Host>
  checks: Record<string, Check>
}

export const EMPTY: Board = { projects: new Map(), shown: new Map(), hosts: new Map(), checks: new Map() }

// What changed longest ago goes first.
const [MOST_PROJECTS, MOST_HOSTS, MOST_CHECKS] = [2_000, 200, 500]

/** The board after these events; itself where they change nothing. A strange event changes nothing. */
export function apply(board: Board, events: readonly StreamEvent[]): Board {
  let { projects, shown, hosts, checks } = board
  const changed = new Set<string>()
  for (const event of events) {
    if (event.type === 'run') {
      const seen = runOf(event)
      if (!seen) continue
      const { project: name } = seen.run
      const known = projects.get(name) ?? NOTHING
      const after = projectAfter(known, seen.run, seen.jobs)
      if (after === known) continue
      projects = put(projects, name, after, MOST_PROJECTS)
      changed.add(name)
    } else if (event.type === 'host') {
      const seen = hostOf(event)
      if (seen) hosts = put(hosts, seen.host, hostAfter(hosts.get(seen.host), seen), MOST_HOSTS)
    } else if (event.type === 'check') {
      const seen = checkOf(event)
      if (seen) checks = put(checks, seen.check, checkAfter(checks.get(seen.check), seen), MOST_CHECKS)
    }
  }
  if (changed.size > 0) {
    const after = new Map([...shown].filter(([name]) => projects.has(name)))
    for (const name of changed) {
      const project = projects.get(name)
      if (project) after.set(name, showProject(name, project))
    }
    shown = after
  }
  const isSame = shown === board.shown && hosts === board.hosts && checks === board.checks
  return isSame ? board : { projects, shown, hosts, checks }
}

/** The map with this value as its newest; itself where it has it. */
function put<T>(map: ReadonlyMap<string, T>, key: string, value: T, most: number): ReadonlyMap<string, T> {
  if (same(map.get(key), value)) return map
  const after = new Map(map)
  after.delete(key)
  after.set(key, value)
  const [oldest] = after.keys()
  if (after.size > most && oldest !== undefined) after.delete(oldest)
  return after
}

/** The board of a server's state. */
export function load(state: State): Board {
  const shown = new Map(Object.entries(state.projects))
  return {
    projects: new Map([...shown].map(([name, project]) => [name, projectOf(project)])),
    shown,
    hosts: new Map(Object.entries(state.hosts)),
    checks: new Map(Object.entries(state.checks)),
  }
}

/** The worst lamp; what never ended a pipeline has none. */
export function statusOf(board: Board): Status {
  return worst([...board.shown.values()].filter(({ results }) => results.length > 0).map(({ status }) => status))
}

function projectOf(shown: ShownProject): Project {
  const pipelines = new Map(shown.pipelines.map(pipeline => [pipeline.key, pipelineOf(pipeline)]))
  const others = [...Object.values(shown.deployments), ...Object.values(shown.checks), shown.release, shown.push]
  return {
    pipelines,
    results: new Map(shown.results.map(result => [result.key, resultOf(result, pipelines.get(result.key))])),
    others: new Map(others.filter(run => run !== undefined).map(run => [run.key, run])),
  }
}

function pipelineOf({ stages, updated_at: _u, expected: _e, ...run }: ShownPipeline): Pipeline {
  const jobs = new Map(stages.flatMap(stage => stage.jobs).map(job => [job.key, job]))
  return { run: { ...(run as Run), stages: stages.map(stage => stage.name) }, jobs }
}

/** A result does not say its clock: it is not after what is known of its pipeline, and what ends next is. */
function resultOf(result: Result, pipeline: Pipeline | undefined): Run {
  return { created_at: result.finished_at, ...result, kind: 'pipeline', clock: pipeline?.run.clock ?? [0, 0, 0] }
}
