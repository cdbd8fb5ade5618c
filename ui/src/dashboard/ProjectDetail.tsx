// A project in full: its pipelines with their jobs, and where it is deployed.

import { isUnfinished, type Run } from '../board/merge.ts'
import type { ShownPipeline } from '../board/pipeline.ts'
import type { ShownProject } from '../board/show.ts'
import { stopwatch } from '../live/clock.ts'
import { Age } from './Age.tsx'
import { Dialog } from './Dialog.tsx'
import { Link } from './Link.tsx'
import { Glyph, Mark } from './Mark.tsx'
import { Progress } from './Progress.tsx'
import { Sparkline } from './Sparkline.tsx'

export function ProjectDetail({ project, close }: { project: ShownProject; close: () => void }) {
  const { project: name, url, status, pipelines, results, deployments, checks, release } = project
  return (
    <Dialog title={name} close={close}>
      <p className="detail-head">
        <Mark status={status} />
        <Link url={url}>Open the project</Link>
        {release && <span>Release {release.name} <Age at={release.created_at} /></span>}
      </p>
      <Sparkline results={results} />
      <Runs title="Deployments" runs={Object.entries(deployments)} />
      <Runs title="Checks" runs={Object.entries(checks)} />
      <h3>Pipelines</h3>
      {pipelines.map((pipeline, index) => <PipelineDetail key={pipeline.key} pipeline={pipeline} open={index === 0} />)}
    </Dialog>
  )
}

function PipelineDetail({ pipeline, open }: { pipeline: ShownPipeline; open: boolean }) {
  const { status, number, ref, title, author, sha, url, duration, updated_at, name } = pipeline
  return (
    <details className="pipeline" open={open}>
      <summary>
        <Mark status={status} />
        <strong>{ref}</strong>
        {name && name !== title && <span>{name}</span>}
        {number && <span className="muted">#{number}</span>}
        <span className="title">{title}</span>
        <span className="muted age"><Age at={updated_at} /></span>
      </summary>
      <p className="facts">
        {author && <span>{author}</span>}
        {sha && <code>{sha.slice(0, 8)}</code>}
        {duration !== undefined && <span>{stopwatch(duration)}</span>}
        <Link url={url}>Open</Link>
      </p>
      {isUnfinished(status) && <Progress pipeline={pipeline} />}
      {pipeline.stages.map(stage => (
        <section key={stage.name} className="jobs">
          <h4>{stage.name || 'jobs'}</h4>
          <ul>{stage.jobs.map(job => <JobRow key={job.key} job={job} />)}</ul>
        </section>
      ))}
    </details>
  )
}

function JobRow({ job: { name, status = 'unknown', url, duration, reason, allow_failure } }: { job: Run }) {
  const because = status === 'failed' || status === 'warning' ? reason?.replaceAll('_', ' ') : undefined
  return (
    <li className="job" data-status={status}>
      <Glyph status={status} size={14} />
      <span className="hidden">{status}</span>
      <Link url={url}>{name ?? 'job'}</Link>
      {because && <span className="because">{because}{allow_failure && ', allowed'}</span>}
      {duration !== undefined && <span className="muted">{stopwatch(duration)}</span>}
    </li>
  )
}

function Runs({ title, runs }: { title: string; runs: readonly [string, Run][] }) {
  if (runs.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {runs.map(([place, { key, status = 'unknown', ref, sha, url, updated_at, finished_at, created_at }]) => (
          <li key={key} className="job">
            <Glyph status={status} size={14} />
            <span className="hidden">{status}</span>
            <Link url={url}>{place || 'unnamed'}</Link>
            <span className="muted">{ref} {sha?.slice(0, 8)}</span>
            <span className="muted"><Age at={String(updated_at ?? finished_at ?? created_at ?? '')} /></span>
          </li>
        ))}
      </ul>
    </>
  )
}
