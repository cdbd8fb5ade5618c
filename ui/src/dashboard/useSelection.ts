// What is shown of the board, computed anew only where it changed: a host's sample each second moves no project.

import { useMemo } from 'react'
import type { Board } from '../board.ts'
import { selectChecks, selectHosts, selectProjects, type Selection, type Wish } from './select.ts'

export function useSelection(board: Board, { filter, only, group }: Wish): Selection {
  const { shown, hosts, checks } = board
  const wish = useMemo(() => ({ filter, only, group }), [filter, only, group])
  const groups = useMemo(() => selectProjects(shown, wish), [shown, wish])
  const chosenHosts = useMemo(() => selectHosts(hosts, wish), [hosts, wish])
  const chosenChecks = useMemo(() => selectChecks(checks, wish), [checks, wish])
  return useMemo(() => ({ groups, hosts: chosenHosts, checks: chosenChecks }), [groups, chosenHosts, chosenChecks])
}
