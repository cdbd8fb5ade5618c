// The stages of a pipeline as a strip: each as wide as the others, in the colour and shape of its status.

import type { ShownPipeline } from '../board/pipeline.ts'
import { Glyph } from './Mark.tsx'

export function Stages({ pipeline }: { pipeline: ShownPipeline }) {
  if (pipeline.stages.length === 0) return null
  const spoken = pipeline.stages.map(({ name, status }) => `${name || 'jobs'} ${status}`).join(', ')
  return (
    <div className="stages" role="img" aria-label={`Stages: ${spoken}`}>
      {pipeline.stages.map(({ name, status, jobs }) => (
        <span key={name} className="stage" data-status={jobs.length === 0 ? 'queued' : status} title={`${name}: ${status}`}>
          <Glyph status={jobs.length === 0 ? 'queued' : status} size={11} />
          <span>{name || 'jobs'}</span>
        </span>
      ))}
    </div>
  )
}
