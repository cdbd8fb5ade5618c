// The same events make the same board here and in the server: these files are what Python's board made of them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apply, EMPTY, load, statusOf, type Board, type State } from '../../src/board.ts'
import type { StreamEvent } from '../../src/live/stream.ts'

const FOLDER = join(import.meta.dirname, '../../../tests/fixtures/board')

interface Fixture {
  events: StreamEvent[]
  state: State & { status: string }
}

const fixtures = readdirSync(FOLDER).map(name =>
  [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf-8')) as Fixture] as const)

/** What the server would answer to GET /board. */
function stateOf(board: Board): unknown {
  const { shown, hosts, checks } = board
  return {
    status: statusOf(board),
    projects: Object.fromEntries(shown), hosts: Object.fromEntries(hosts), checks: Object.fromEntries(checks),
  }
}

test.each(fixtures)('%s: the events make the state', (_name, { events, state }) => {
  let board = EMPTY
  for (const event of events) board = apply(board, [event])
  const { status, projects, hosts, checks } = state
  expect(stateOf(board)).toEqual({ status, projects, hosts, checks })
  expect(stateOf(apply(EMPTY, events))).toEqual(stateOf(board))
  expect(apply(board, events), 'a repeat changes nothing').toBe(board)
})

test.each(fixtures)('%s: events that the board already had change nothing on screen', (_name, { events, state }) => {
  const loaded = load(state)
  expect(stateOf(apply(loaded, events.slice(-3)))).toEqual(stateOf(loaded))
})
