// The dashboard as a whole.

import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { statusOf } from '../board.ts'
import { Announcer } from './Announcer.tsx'
import { Banner, useStale } from './Banner.tsx'
import { countsOf } from './Counts.tsx'
import { Empty } from './Empty.tsx'
import { showInTab } from './favicon.ts'
import { Help } from './Help.tsx'
import { HostDetail } from './HostDetail.tsx'
import { stepCard, toggleFullScreen, useKeys, type Key } from './keys.ts'
import { ProjectDetail } from './ProjectDetail.tsx'
import { Sections } from './Sections.tsx'
import type { DashboardStore } from './store.ts'
import { Toolbar } from './Toolbar.tsx'
import { useSelection } from './useSelection.ts'
import { useView } from './useView.ts'
import { after } from './view.ts'
import { Wall } from './Wall.tsx'

export function App({ store }: { store: DashboardStore }) {
  const { board, status, loaded, paused, notice, problem } = useSyncExternalStore(store.subscribe, () => store.state)
  const [view, setView] = useView()
  const [open, setOpen] = useState<string>()
  const filterBox = useRef<HTMLInputElement>(null)
  const heardAt = useRef(0)
  if (status.phase === 'live') heardAt.current = status.heardAt
  const stale = useStale(status)
  const { only, group, density, theme } = view
  const selection = useSelection(board, view)
  const failing = countsOf(board).get('failed') ?? 0
  const worst = statusOf(board)
  useEffect(() => showInTab(failing > 0 ? 'failed' : worst, failing, stale), [worst, failing, stale])

  const close = () => setOpen(undefined)
  const keys: Key[] = [
    { key: '/', does: 'filter', run: () => filterBox.current?.focus() },
    { key: 'o', does: 'only what fails', run: () => setView({ only: only === 'all' ? 'failing' : 'all' }) },
    { key: 'g', does: 'groups', run: () => setView({ group: !group }) },
    { key: 'd', does: 'density: cards, rows, wall', run: () => setView({ density: after(density) }) },
    { key: 't', does: 'dark or light', run: () => setView({ theme: theme === 'dark' ? 'light' : 'dark' }) },
    { key: 'f', does: 'full screen', run: toggleFullScreen },
    { key: 'p', does: 'pause', run: store.pause },
    { key: 'j', does: 'next card', run: () => stepCard(1) },
    { key: 'n', does: 'next card', run: () => stepCard(1) },
    { key: 'k', does: 'previous card', run: () => stepCard(-1) },
    { key: '?', does: 'this help', run: () => setOpen('help') },
  ]
  useKeys(keys)
  const project = open?.startsWith('project ') ? board.shown.get(open.slice(8)) : undefined
  const host = open?.startsWith('host ') ? board.hosts.get(open.slice(5)) : undefined
  const isEmpty = board.shown.size + board.hosts.size + board.checks.size === 0

  return (
    <div className="dashboard" data-density={density} data-stale={stale || !loaded}>
      <Toolbar
        board={board} link={status} view={view} setView={setView} filterBox={filterBox} hurry={store.hurry}
        help={() => setOpen('help')}
      />
      {stale && <Banner status={status} since={heardAt.current} hurry={store.hurry} />}
      {problem && <div className="banner" role="alert">{problem}</div>}
      {paused && <div className="banner"><strong>Paused.</strong> <button onClick={store.pause}>Go on</button></div>}
      {notice && <div className="notice" role="status">{notice} <button onClick={store.dismiss}>Understood</button></div>}
      <main>
        {isEmpty && loaded && <Empty />}
        {density === 'wall'
          ? <Wall selection={selection} open={setOpen} />
          : <Sections selection={selection} samples={store.samples} open={setOpen} />}
      </main>
      <Announcer store={store} />
      {project && <ProjectDetail project={project} close={close} />}
      {host && <HostDetail host={host} samples={store.samples} close={close} />}
      {open === 'help' && <Help keys={keys} close={close} />}
    </div>
  )
}
