// A room's lines: each once, in their order, whatever came first.

import { expect, test } from 'vitest'
import { add, addPast, begin, EMPTY, lineOf, NOTHING, unread, type Line } from '../../src/chat/log.ts'
import { groups } from '../../src/chat/groups.ts'

const AT = Date.parse('2026-11-24T09:00:00')
const line = (id: string, name = 'Ada', minutes = 0): Line =>
  ({ id, at: AT + minutes * 60_000, kind: 'message', name, text: `text ${id}` })
const ids = (lines: readonly Line[]) => lines.map(({ id }) => id).join(' ')

test('what came live stands after the history, and what is in both stands once', () => {
  let log = add(EMPTY, [line('3'), line('4')])
  log = addPast(log, [line('1'), line('2')])
  log = addPast(log, [line('3')])
  log = add(log, [line('5')])
  expect(ids(log.lines)).toBe('1 2 3')
  expect(ids(begin(log).lines)).toBe('1 2 3 4 5')
  expect(ids(add(begin(log), [line('5'), line('6')]).lines)).toBe('1 2 3 4 5 6')
})

test('what came live before a loss is not overtaken by a history that begins after it', () => {
  let log = add(EMPTY, [line('1'), line('7'), line('8')])
  log = addPast(log, [line('7')])
  expect(ids(begin(log).lines)).toBe('1 7 8')
})

test('a page that stays open for a year keeps the last 500 lines', () => {
  let log = begin(EMPTY)
  for (let n = 0; n < 40; n++) log = add(log, Array.from({ length: 20 }, (_, m) => line(`${n * 20 + m}`)))
  expect(log.lines).toHaveLength(500)
  expect(log.lines.at(-1)?.id).toBe('799')
})

test('unread is what others said after the last line that was seen', () => {
  const log = add(begin(EMPTY), [line('1'), line('2', 'Florian'), line('3'), line('4')])
  expect(unread(log, '1', 'Florian')).toBe(2)
  expect(unread(log, '4', 'Florian')).toBe(0)
  expect(unread(log, undefined, 'Florian')).toBe(0)
  expect(unread(log, 'long gone', 'Florian')).toBe(3)
  expect(unread(log, NOTHING, 'Florian')).toBe(3)
})

test('a run in the room is a line; a sample that is not kept is none', () => {
  const run = { type: 'run', id: 'a-1', room: 'ci', at: '2026-11-24T09:00:00Z', project: 'shop/web', ref: 'main', status: 'failed' }
  expect(lineOf(run)).toMatchObject({ kind: 'event', text: 'shop/web main: failed' })
  expect(lineOf({ type: 'host', room: 'hosts', host: 'web1', state: 'live' })).toBeUndefined()
  expect(lineOf({ type: 'heartbeat' })).toBeUndefined()
})

test('who speaks on stands under one name, until a pause, another person or another day', () => {
  const lines = [line('1'), line('2', 'Ada', 1), line('3', 'Grace', 2), line('4', 'Ada', 3), line('5', 'Ada', 9), line('6', 'Ada', 60 * 24)]
  expect(groups(lines).map(group => ids(group.lines))).toEqual(['1 2', '3', '4', '5', '6'])
  expect(groups(lines).map(group => group.day !== undefined)).toEqual([true, false, false, false, true])
})
