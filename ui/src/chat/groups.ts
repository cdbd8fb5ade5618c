// Lines as a person reads them: by day, and within it by who speaks on.

import type { Line } from './log.ts'

export interface Group {
  key: string
  kind: Line['kind']
  name: string
  at: number
  /** The day that begins with this group. */
  day: string | undefined
  lines: Line[]
}

const PAUSE_MS = 5 * 60_000

export function groups(lines: readonly Line[]): Group[] {
  const result: Group[] = []
  let day = ''
  for (const line of lines) {
    const last = result.at(-1)
    const today = dayOf(line.at)
    const goesOn = last && today === day && last.kind === line.kind && last.name === line.name
      && line.at - (last.lines.at(-1)?.at ?? 0) < PAUSE_MS
    if (goesOn) last.lines.push(line)
    else {
      const begins = today === day ? undefined : today
      result.push({ key: line.id || `${line.at}`, kind: line.kind, name: line.name, at: line.at, day: begins, lines: [line] })
    }
    day = today
  }
  return result
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}
