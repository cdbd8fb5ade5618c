// The head of the page: how many are in which state, the filter, and how it is shown.

import { useState, type RefObject } from 'react'
import type { Status as LinkStatus } from '../live/stream.ts'
import { LinkState } from '../shared/LinkState.tsx'
import { isOn, turn, type Alert } from './alerts.ts'
import { Counts } from './Counts.tsx'
import type { Board } from '../board.ts'
import { DENSITIES, type View } from './view.ts'

interface Props {
  board: Board
  link: LinkStatus
  view: View
  setView: (change: Partial<View>) => void
  filterBox: RefObject<HTMLInputElement | null>
  hurry: () => void
  help: () => void
}

export function Toolbar({ board, link, view, setView, filterBox, hurry, help }: Props) {
  const failing = view.only === 'failing'
  const other = view.theme === 'dark' ? 'light' : 'dark'
  return (
    <header className="toolbar">
      <h1><a href="/">tornchat</a></h1>
      <Counts board={board} />
      <LinkState status={link} hurry={hurry} />
      <input
        ref={filterBox} type="search" className="filter" value={view.filter} placeholder="Filter, a regex  /"
        aria-label="Filter by project, ref, author, host or check, as a regular expression"
        onChange={event => setView({ filter: event.target.value })}
        onKeyDown={event => {
          if (event.key !== 'Escape' && event.key !== 'Enter') return
          event.preventDefault() // some browsers would clear it
          event.currentTarget.blur()
        }}
      />
      <div className="tools" role="group" aria-label="View">
        <button aria-pressed={failing} onClick={() => setView({ only: failing ? 'all' : 'failing' })}>Failing</button>
        <button aria-pressed={view.group} onClick={() => setView({ group: !view.group })}>Groups</button>
        <select
          aria-label="Density" value={view.density}
          onChange={event => setView({ density: event.target.value as View['density'] })}
        >
          {DENSITIES.map(density => <option key={density}>{density}</option>)}
        </select>
        <button className="icon" aria-label={`Show it ${other}`} onClick={() => setView({ theme: other })}>◐</button>
        <AlertButton alert="sound" word="Sound" />
        <AlertButton alert="notification" word="Notify" />
        <button className="icon" onClick={help} aria-label="Keys" title="Keys">?</button>
      </div>
    </header>
  )
}

function AlertButton({ alert, word }: { alert: Alert; word: string }) {
  const [on, setOn] = useState(() => isOn(alert))
  return <button aria-pressed={on} onClick={() => void turn(alert, !on).then(setOn)}>{word}</button>
}
