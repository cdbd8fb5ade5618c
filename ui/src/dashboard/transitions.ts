// What became bad and what became good between two boards: this is announced, nothing else is.

import type { Board } from '../board.ts'
import type { Status } from '../board/merge.ts'
import { checkStatus, hostStatus } from './select.ts'

export interface Transition {
  kind: 'failed' | 'recovered'
  /** Kind and name of the thing. */
  key: string
  text: string
}

export function transitions(before: Board, after: Board): Transition[] {
  return [
    ...changes(before.shown, after.shown, ({ status }) => status, name => `${name} failed`),
    ...changes(before.hosts, after.hosts, hostStatus, name => `host ${name} is in trouble`),
    ...changes(before.checks, after.checks, checkStatus, name => `${name} is down`),
  ]
}

function changes<T>(
  before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>, statusOf: (thing: T) => Status, bad: (name: string) => string,
): Transition[] {
  const found: Transition[] = []
  for (const [name, thing] of after) {
    const known = before.get(name)
    if (known === undefined || known === thing) continue
    const [was, is] = [statusOf(known) === 'failed', statusOf(thing) === 'failed']
    if (was === is) continue
    const text = is ? bad(name) : `${name} is well again`
    found.push({ kind: is ? 'failed' : 'recovered', key: bad(name), text })
  }
  return found
}
