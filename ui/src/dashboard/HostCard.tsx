// One host: its state, its numbers, and the last minute of its processor.

import { memo } from 'react'
import type { Host } from '../board/vitals.ts'
import { Age } from './Age.tsx'
import { Curve } from './Curve.tsx'
import { hostWord, Mark } from './Mark.tsx'
import { Meter } from './Meter.tsx'
import { bytes } from './numbers.ts'
import type { Samples } from './samples.ts'
import { hostStatus } from './select.ts'

interface Props {
  host: Host
  samples: Samples
  open: (key: string) => void
}

export const HostCard = memo(function HostCard({ host, samples, open }: Props) {
  const { host: name, state, cpu, mem, disk, load1, rx, tx, seen_at } = host
  const curve = samples.of(name).map(sample => sample.host.cpu ?? 0)
  return (
    <article className="card host" data-status={hostStatus(host)} data-state={state}>
      <header>
        <button className="card-open" onClick={() => open(`host ${name}`)}>
          <h3>{name}</h3>
          <Mark status={hostStatus(host)} word={hostWord(host)} />
        </button>
      </header>
      <div className="meters">
        <Meter label="CPU" percent={cpu} />
        <Meter label="Mem" percent={mem} />
        <Meter label="Disk" percent={disk} />
      </div>
      <Curve values={curve} />
      <footer className="muted">
        {load1 !== undefined && <span>load {load1}</span>}
        {rx !== undefined && <span>↓ {bytes(rx)}/s</span>}
        {tx !== undefined && <span>↑ {bytes(tx)}/s</span>}
        {state !== 'live' && <span className="age">last seen <Age at={seen_at} /></span>}
      </footer>
    </article>
  )
})
