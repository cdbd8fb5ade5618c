// Projects, hosts and checks as cards, in their groups.

import { Glyph } from './Mark.tsx'
import { CheckCard } from './CheckCard.tsx'
import { HostCard } from './HostCard.tsx'
import { ProjectCard } from './ProjectCard.tsx'
import type { Samples } from './samples.ts'
import type { Group, Selection } from './select.ts'

interface Props {
  selection: Selection
  samples: Samples
  open: (key: string) => void
}

export function Sections({ selection: { groups, hosts, checks }, samples, open }: Props) {
  return (
    <>
      {groups.map(group => <GroupOfProjects key={group.name} group={group} open={open} />)}
      {checks.length > 0 && (
        <section aria-label="Checks">
          <h2>Checks</h2>
          <div className="grid small">{checks.map(check => <CheckCard key={check.check} check={check} />)}</div>
        </section>
      )}
      {hosts.length > 0 && (
        <section aria-label="Hosts">
          <h2>Hosts</h2>
          <div className="grid small">
            {hosts.map(host => <HostCard key={host.host} host={host} samples={samples} open={() => open(`host ${host.host}`)} />)}
          </div>
        </section>
      )}
    </>
  )
}

function GroupOfProjects({ group: { name, status, projects }, open }: { group: Group; open: (key: string) => void }) {
  if (projects.length === 0) return null
  const cards = (
    <div className="grid">
      {projects.map(project => (
        <ProjectCard key={project.project} project={project} open={() => open(`project ${project.project}`)} />
      ))}
    </div>
  )
  if (!name) return <section aria-label="Projects"><h2>Projects</h2>{cards}</section>
  return (
    <details className="group-of-projects" open>
      <summary><h2><Glyph status={status} /><span className="hidden">{status}</span>{name} <span className="muted">{projects.length}</span></h2></summary>
      {cards}
    </details>
  )
}
