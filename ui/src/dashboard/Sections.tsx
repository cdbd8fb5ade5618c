// Projects, checks and hosts as cards, in their groups. Each section is drawn anew only when something in it changed.

import { memo, type ReactNode } from 'react'
import type { Check, Host } from '../board/vitals.ts'
import { CheckCard } from './CheckCard.tsx'
import { HostCard } from './HostCard.tsx'
import { Lazy } from './Lazy.tsx'
import { Mark } from './Mark.tsx'
import { ProjectCard } from './ProjectCard.tsx'
import type { Samples } from './samples.ts'
import type { Group, Selection } from './select.ts'

type Open = (key: string) => void

interface Props {
  selection: Selection
  samples: Samples
  open: Open
}

export function Sections({ selection: { groups, hosts, checks }, samples, open }: Props) {
  return (
    <>
      {groups.map(group => <Projects key={group.name} group={group} open={open} />)}
      <Checks checks={checks} />
      <Hosts hosts={hosts} samples={samples} open={open} />
    </>
  )
}

const Projects = memo(function Projects({ group: { name, status, projects }, open }: { group: Group; open: Open }) {
  const cards = projects.map(project => (
    <Lazy key={project.project} among={projects.length}><ProjectCard project={project} open={open} /></Lazy>
  ))
  if (!name) return <Section title="Projects" cards={cards} />
  return (
    <details className="group-of-projects" open>
      <summary>
        <h2>{name} <Mark status={status} /> <span>{projects.length} {projects.length === 1 ? 'project' : 'projects'}</span></h2>
      </summary>
      <div className="grid">{cards}</div>
    </details>
  )
})

const Checks = memo(function Checks({ checks }: { checks: readonly Check[] }) {
  const cards = checks.map(check => (
    <Lazy key={check.check} among={checks.length}><CheckCard check={check} /></Lazy>
  ))
  return <Section title="Checks" isSmall cards={cards} />
})

const Hosts = memo(function Hosts({ hosts, samples, open }: { hosts: readonly Host[]; samples: Samples; open: Open }) {
  const cards = hosts.map(host => (
    <Lazy key={host.host} among={hosts.length}><HostCard host={host} samples={samples} open={open} /></Lazy>
  ))
  return <Section title="Hosts" isSmall cards={cards} />
})

function Section({ title, cards, isSmall = false }: { title: string; cards: readonly ReactNode[]; isSmall?: boolean }) {
  if (cards.length === 0) return null
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <div className={isSmall ? 'grid small' : 'grid'}>{cards}</div>
    </section>
  )
}
