// How many projects, hosts and checks are in which state.

import type { Board } from '../board.ts'
import type { Status } from '../board/merge.ts'
import { Glyph } from './Mark.tsx'
import { checkStatus, hostStatus } from './select.ts'

const SHOWN: readonly Status[] = ['failed', 'warning', 'running', 'success']
const WORDS: Partial<Record<Status, string>> = { failed: 'failing', warning: 'warning', running: 'running', success: 'good' }

export function countsOf(board: Board): Map<Status, number> {
  const projects = [...board.shown.values()]
  const statuses = [
    ...projects.map(({ status }) => status),
    ...projects.filter(({ active }) => active === 'running').map(() => 'running' as const),
    ...[...board.hosts.values()].map(hostStatus),
    ...[...board.checks.values()].map(checkStatus),
  ]
  const counts = new Map<Status, number>()
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

export function Counts({ board }: { board: Board }) {
  const counts = countsOf(board)
  return (
    <ul className="counts" aria-label="In all">
      {SHOWN.map(status => (
        <li key={status} data-status={status} data-none={!counts.get(status)}>
          <Glyph status={status} />
          <strong>{counts.get(status) ?? 0}</strong>
          <span>{WORDS[status]}</span>
        </li>
      ))}
    </ul>
  )
}
