// What is looked at: what fails stands first, the rest by name; a filter is a regular expression.

import { expect, test } from 'vitest'
import { apply, EMPTY } from '../../src/board.ts'
import { columnsFor } from '../../src/dashboard/fit.ts'
import { matcher, selectChecks, selectHosts, selectProjects } from '../../src/dashboard/select.ts'
import { transitions } from '../../src/dashboard/transitions.ts'

const ALL = { filter: '', only: 'all', group: false } as const
let time = 1
const run = (project: string, status: string, author = 'Ada') => ({
  type: 'run', room: 'ci', kind: 'pipeline', source: 'generic', project, status, author, ref: 'main',
  key: `generic||${project}|pipeline|${time}`, clock: [1_795_510_800_000 + time++, status === 'running' ? 2 : 3, 0],
})
const host = (name: string, level: string, state = 'live') =>
  ({ type: 'host', room: 'hosts', host: name, state, level, seen_at: new Date(1_795_510_800_000 + time++).toISOString() })
const names = (groups: ReturnType<typeof selectProjects>) => groups.flatMap(group => group.projects).map(({ project }) => project)

const board = apply(EMPTY, [
  run('shop/web', 'success'), run('shop/api', 'failed'), run('infra', 'warning', 'Grace'), run('shop/web2', 'success'),
  run('shop/web10', 'success'), run('shop/web10', 'running'),
  host('db1', 'ok'), host('web1', 'critical'), host('web2', 'ok', 'offline'), host('cache', 'warning'),
  { type: 'check', room: 'hosts', check: 'shop', status: 'up', at: 'x' }, { type: 'check', room: 'hosts', check: 'login', status: 'down', at: 'x' },
])

test('failed, warning, what goes on, then by name as people count', () => {
  expect(names(selectProjects(board.shown, ALL))).toEqual(['shop/api', 'infra', 'shop/web10', 'shop/web', 'shop/web2'])
  expect(selectHosts(board.hosts, ALL).map(({ host }) => host)).toEqual(['web1', 'web2', 'cache', 'db1'])
  expect(selectChecks(board.checks, ALL).map(({ check }) => check)).toEqual(['login', 'shop'])
})

test('only what fails; groups with the worst of their projects', () => {
  expect(names(selectProjects(board.shown, { ...ALL, only: 'failing' }))).toEqual(['shop/api', 'infra'])
  const groups = selectProjects(board.shown, { ...ALL, group: true })
  expect(groups.map(({ name, status, projects }) => [name, status, projects.length])).toEqual([['shop', 'failed', 4], ['', 'warning', 1]])
})

test('a filter finds names, refs and authors, and one that is no expression is a text', () => {
  expect(names(selectProjects(board.shown, { ...ALL, filter: 'WEB\\d' }))).toEqual(['shop/web10', 'shop/web2'])
  expect(names(selectProjects(board.shown, { ...ALL, filter: 'grace' }))).toEqual(['infra'])
  expect(matcher('a(b')(['a(b)'])).toBe(true)
})

test('what failed and what recovered is news; what is new, or goes on as it was, is none', () => {
  const after = apply(board, [run('shop/api', 'success'), run('shop/web', 'failed'), run('new', 'failed'), host('web1', 'ok')])
  expect(transitions(board, after).map(({ kind, text }) => `${kind}: ${text}`).sort()).toEqual([
    'failed: shop/web failed', 'recovered: shop/api is well again', 'recovered: web1 is well again',
  ])
})

test.each([[1, 1], [2, 2], [24, 4], [1270, 23]])('%i tiles fill a wall in %i columns', (count, columns) => {
  expect(columnsFor(count, 1920, 1040)).toBeGreaterThan(0)
  expect(Math.abs(columnsFor(count, 1920, 1040) - columns)).toBeLessThanOrEqual(Math.max(1, columns * 0.5))
})
