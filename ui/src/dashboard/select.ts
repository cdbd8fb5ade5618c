// Which projects, hosts and checks are shown, in which order: what fails first, then what goes on, then by name.

import type { Board } from '../board.ts'
import { severity, worst, type Status } from '../board/merge.ts'
import type { ShownProject } from '../board/show.ts'
import type { Check, Host } from '../board/vitals.ts'
import type { View } from './view.ts'

export interface Group {
  name: string
  status: Status
  projects: readonly ShownProject[]
}

export interface Selection {
  groups: readonly Group[]
  hosts: readonly Host[]
  checks: readonly Check[]
}

export type Wish = Pick<View, 'filter' | 'only' | 'group'>

export function selectProjects(shown: Board['shown'], wish: Wish): Group[] {
  const matches = matcher(wish.filter)
  const failing = wish.only === 'failing'
  const projects = [...shown.values()]
    .filter(project => matches([project.project, ...project.pipelines.flatMap(({ ref, author }) => [ref, author])]))
    .filter(project => !failing || isBad(project.status))
    .sort((a, b) => byTrouble(a.status, b.status) || Number(!a.active) - Number(!b.active) || byName(a.project, b.project))
  return wish.group ? grouped(projects) : [{ name: '', status: 'unknown', projects }]
}

export function selectHosts(hosts: Board['hosts'], wish: Wish): Host[] {
  const matches = matcher(wish.filter)
  const failing = wish.only === 'failing'
  return [...hosts.values()]
    .filter(host => matches([host.host, host.os]) && (!failing || isBad(hostStatus(host))))
    .sort((a, b) => byTrouble(hostStatus(a), hostStatus(b)) || byName(a.host, b.host))
}

export function selectChecks(checks: Board['checks'], wish: Wish): Check[] {
  const matches = matcher(wish.filter)
  const failing = wish.only === 'failing'
  return [...checks.values()]
    .filter(check => matches([check.check, check.target, check.group]) && (!failing || isBad(checkStatus(check))))
    .sort((a, b) => byTrouble(checkStatus(a), checkStatus(b)) || byName(a.check, b.check))
}

/** A regular expression, in any case; what is none is searched for as it stands. */
export function matcher(filter: string): (texts: readonly (string | undefined)[]) => boolean {
  if (!filter) return () => true
  let pattern: RegExp
  try {
    pattern = new RegExp(filter, 'i')
  } catch {
    pattern = new RegExp(filter.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i')
  }
  return texts => texts.some(text => text !== undefined && pattern.test(text))
}

export function hostStatus({ state, level }: Host): Status {
  if (state === 'offline' || level === 'critical') return 'failed'
  return state === 'stale' || level === 'warning' ? 'warning' : 'success'
}

export function checkStatus({ status }: Check): Status {
  return ({ up: 'success', down: 'failed', pending: 'warning', unknown: 'unknown' } as const)[status] ?? 'unknown'
}

export function isBad(status: Status): boolean {
  return status === 'failed' || status === 'warning'
}

/** A project's group is the path that it lies in. */
export function groupOf(project: string): string {
  return project.includes('/') ? project.slice(0, project.lastIndexOf('/')) : ''
}

function grouped(projects: readonly ShownProject[]): Group[] {
  const groups = new Map<string, ShownProject[]>()
  for (const project of projects) {
    const name = groupOf(project.project)
    groups.set(name, [...(groups.get(name) ?? []), project])
  }
  return [...groups]
    .map(([name, members]) => ({ name, status: worst(members.map(({ status }) => status)), projects: members }))
    .sort((a, b) => byTrouble(a.status, b.status) || byName(a.name, b.name))
}

function byTrouble(a: Status, b: Status): number {
  const rank = (status: Status) => (isBad(status) ? severity(status) : 0)
  return rank(b) - rank(a)
}

const { compare: byName } = new Intl.Collator(undefined, { numeric: true })
