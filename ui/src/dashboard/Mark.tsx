// A status as a shape, a glyph, a colour and a word: no one of them alone has to be told apart.

import type { Status } from '../board/merge.ts'
import type { Check, Host } from '../board/vitals.ts'

const SHAPES: Record<Status, string> = {
  success: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z',
  failed: 'M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z',
  warning: 'M8 .8 15.6 15H.4Z',
  running: 'M8 1a7 7 0 1 0 7 7h-2.2A4.8 4.8 0 1 1 8 3.2Z',
  waiting: 'M8 .5 15.5 8 8 15.5.5 8Z',
  queued: 'M1.5 6.5h3v3h-3Zm5 0h3v3h-3Zm5 0h3v3h-3Z',
  cancelled: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Z',
  skipped: 'M2 3l5.5 5L2 13Zm6.5 0L14 8l-5.5 5Z',
  unknown: 'M2 2h12v12H2Z',
}
const GLYPHS: Partial<Record<Status, string>> = {
  success: 'M4.6 8.2l2.4 2.4 4.4-5',
  failed: 'M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4',
  warning: 'M8 5.6v4.2m0 1.7v1.3',
  waiting: 'M6.6 5.8v4.4m2.8-4.4v4.4',
  cancelled: 'M4.5 8h7',
  unknown: 'M6 6.3c0-2.6 4-2.5 4-.2 0 1.600-2 1.500-2 3.200m0 1.300v1.100',
}

export function Glyph({ status, size = 16 }: { status: Status; size?: number }) {
  return (
    <svg className="glyph" data-status={status} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path className="shape" d={SHAPES[status]} />
      {GLYPHS[status] && <path className="sign" d={GLYPHS[status]} />}
    </svg>
  )
}

export function Mark({ status, word = status }: { status: Status; word?: string }) {
  return (
    <span className="mark" data-status={status}>
      <Glyph status={status} />
      {word}
    </span>
  )
}

export function hostWord({ state, level }: Host): string {
  return state === 'live' ? (level === undefined || level === 'ok' ? 'live' : level) : state
}

export function checkWord({ status }: Check): string {
  return status
}
