// All of it as tiles that fill the screen without scrolling: what fails first.

import { memo, useLayoutEffect, useRef, useState } from 'react'
import { isUnfinished, severity, type Status } from '../board/merge.ts'
import { columnsFor } from './fit.ts'
import { checkWord, hostWord, Mark } from './Mark.tsx'
import { Progress } from './Progress.tsx'
import { checkStatus, groupOf, hostStatus, isBad, type Selection } from './select.ts'
import type { ShownProject } from '../board/show.ts'

interface Tile {
  id: string
  status: Status
  word: string
  name: string
  project?: ShownProject
  /** What a stale or offline host last said is shown paler. */
  isOld?: boolean
}

export function Wall({ selection, open }: { selection: Selection; open: (key: string) => void }) {
  const box = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(([entry]) => entry && setSize(entry.contentRect))
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  const tiles = tilesOf(selection)
  const columns = columnsFor(tiles.length, size.width, size.height)
  const rows = Math.max(1, Math.ceil(tiles.length / columns))
  return (
    <div
      className="wall" ref={box}
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))` }}
    >
      {tiles.map(tile => <WallTile key={tile.id} {...tile} open={open} />)}
    </div>
  )
}

interface TileProps extends Tile {
  open: (key: string) => void
}

const WallTile = memo(function WallTile({ id, status, word, name, project, isOld, open }: TileProps) {
  const running = project?.pipelines.find(pipeline => isUnfinished(pipeline.status))
  const newest = project?.pipelines[0]
  return (
    <button className="tile card-open" data-status={status} data-old={isOld} onClick={() => open(id)} title={`${name}: ${word}`}>
      <span className="tile-path">{project && groupOf(name)}</span>
      <span className="tile-name">{project ? name.slice(name.lastIndexOf('/') + 1) : name}</span>
      <span className="tile-marks">
        <Mark status={status} word={word} />
        {running && <Mark status={running.status} />}
      </span>
      {newest?.ref && <span className="tile-ref">{newest.ref}{newest.author && ` · ${newest.author}`}</span>}
      {running && <Progress pipeline={running} />}
    </button>
  )
})

function tilesOf({ groups, hosts, checks }: Selection): Tile[] {
  const tiles: Tile[] = [
    ...groups.flatMap(group => group.projects).map(project => (
      { id: `project ${project.project}`, status: project.status, word: project.status, name: project.project, project })),
    ...hosts.map(host => (
      {
        id: `host ${host.host}`, status: hostStatus(host), word: hostWord(host), name: host.host,
        isOld: host.state !== 'live',
      })),
    ...checks.map(check => (
      { id: `check ${check.check}`, status: checkStatus(check), word: checkWord(check), name: check.check })),
  ]
  const trouble = (status: Status) => (isBad(status) ? severity(status) : 0)
  return tiles.sort((a, b) => trouble(b.status) - trouble(a.status))
}
