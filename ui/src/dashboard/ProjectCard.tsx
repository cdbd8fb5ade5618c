// One project: how it last ended, what goes on, and the newest pipeline of its refs.

import { memo } from 'react'
import { isUnfinished } from '../board/merge.ts'
import type { ShownPipeline } from '../board/pipeline.ts'
import type { ShownProject } from '../board/show.ts'
import { Age } from './Age.tsx'
import { Glyph, Mark } from './Mark.tsx'
import { Progress } from './Progress.tsx'
import { isBad } from './select.ts'
import { Sparkline } from './Sparkline.tsx'
import { Stages } from './Stages.tsx'

const MOST_REFS = 3

export const ProjectCard = memo(function ProjectCard({ project, open }: { project: ShownProject; open: (key: string) => void }) {
  const { project: name, status, active, results } = project
  const refs = newestOfRefs(project.pipelines)
  return (
    <article className="card" data-status={status}>
      <header>
        <button className="card-open" onClick={() => open(`project ${name}`)}>
          <h3>{name}</h3>
          <span className="marks">
            <Mark status={status} />
            {active && <Mark status={active} />}
          </span>
        </button>
      </header>
      <ul>
        {refs.slice(0, MOST_REFS).map((pipeline, index) => (
          <RefRow key={pipeline.key} pipeline={pipeline} isBrief={index > 0 && isQuiet(pipeline)} />
        ))}
      </ul>
      <footer>
        <Sparkline results={results} />
        {refs.length > MOST_REFS && <span className="muted">{refs.length - MOST_REFS} more refs</span>}
      </footer>
    </article>
  )
})

function RefRow({ pipeline, isBrief }: { pipeline: ShownPipeline; isBrief: boolean }) {
  const { status, ref, number, title, author, updated_at } = pipeline
  return (
    <li className="ref-row" data-status={status}>
      <p className="ref-line">
        <Glyph status={status} size={14} />
        <span className="hidden">{status}</span>
        <span className="ref">{ref ?? 'no ref'}</span>
        {number && <span className="muted">#{number}</span>}
        <span className="muted age"><Age at={updated_at} /></span>
      </p>
      {!isBrief && (
        <>
          <p className="title-line">
            <span className="title" title={title}>{title}</span>
            <span className="author">{author}</span>
          </p>
          <Stages pipeline={pipeline} />
          {isUnfinished(status) && <Progress pipeline={pipeline} />}
        </>
      )}
    </li>
  )
}

/** What went well long ago needs no more than a line. */
function isQuiet({ status }: ShownPipeline): boolean {
  return status === 'success' || status === 'skipped' || status === 'cancelled'
}

/** Of each ref the newest: what is bad first, then what goes on, then as they come. */
function newestOfRefs(pipelines: readonly ShownPipeline[]): ShownPipeline[] {
  const seen = new Set<string | undefined>()
  const rank = ({ status }: ShownPipeline) => (isBad(status) ? 0 : isUnfinished(status) ? 1 : 2)
  return pipelines.filter(({ ref }) => !seen.has(ref) && seen.add(ref)).sort((a, b) => rank(a) - rank(b))
}
