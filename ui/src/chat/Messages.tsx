// The lines of a room: they stay at the latest while one looks at it, and else say how many came.

import { useLayoutEffect, useMemo, useRef, useState } from 'react'
import { DraftLine } from './DraftLine.tsx'
import { groups } from './groups.ts'
import { GroupOfLines } from './GroupOfLines.tsx'
import type { Log } from './log.ts'
import type { Draft } from './outbox.ts'

interface Props {
  room: string
  log: Log
  drafts: readonly Draft[]
  retry: (key: string) => void
  drop: (key: string) => void
}

const NEAR_PX = 40

export function Messages({ room, log, drafts, retry, drop }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const [left, setLeft] = useState<string>() // the last line when one scrolled away from it
  const last = log.lines.at(-1)?.id
  const shown = useMemo(() => groups(log.lines), [log.lines])

  useLayoutEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [shown, drafts])

  const onScroll = () => {
    if (!box.current) return
    const { scrollHeight, scrollTop, clientHeight } = box.current
    follows.current = scrollHeight - scrollTop - clientHeight < NEAR_PX
    if (follows.current) setLeft(undefined)
    else setLeft(before => before ?? last)
  }
  const toLatest = () => {
    follows.current = true
    setLeft(undefined)
    box.current?.scrollTo({ top: box.current.scrollHeight })
  }
  const fresh = left === undefined ? 0 : log.lines.length - 1 - log.lines.findLastIndex(line => line.id === left)

  return (
    <div className="messages">
      <div className="scroll" ref={box} onScroll={onScroll} role="log" aria-label={`Messages in ${room}`} tabIndex={0}>
        {log.waiting && shown.length === 0 && <p className="empty">Loading what was said …</p>}
        {!log.waiting && shown.length + drafts.length === 0 && <p className="empty">Nothing has been said here yet.</p>}
        {shown.map(group => <GroupOfLines key={group.key} group={group} />)}
        {drafts.map(draft => <DraftLine key={draft.key} draft={draft} retry={retry} drop={drop} />)}
      </div>
      {left !== undefined && (
        <button className="to-latest" onClick={toLatest}>↓ {fresh > 0 ? `${fresh} new` : 'Latest'}</button>
      )}
    </div>
  )
}
