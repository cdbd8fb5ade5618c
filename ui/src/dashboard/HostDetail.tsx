// A host in full: its numbers over the time that this page has been open, and its facts.

import type { Host } from '../board/vitals.ts'
import { span } from '../live/clock.ts'
import { Age } from './Age.tsx'
import { Chart } from './Chart.tsx'
import { Dialog } from './Dialog.tsx'
import { hostWord, Mark } from './Mark.tsx'
import { bytes } from './numbers.ts'
import type { Samples } from './samples.ts'
import { hostStatus } from './select.ts'

const percent = (value: number) => `${Math.round(value)} %`
const rate = (value: number) => `${bytes(value)}/s`
const plain = (value: number) => value.toFixed(1)

export function HostDetail({ host, samples, close }: { host: Host; samples: Samples; close: () => void }) {
  const heard = samples.of(host.host)
  const times = heard.map(({ at }) => at)
  const line = (label: string, color: string, field: 'cpu' | 'mem' | 'rx' | 'tx' | 'load1') =>
    ({ label, color, values: heard.map(sample => sample.host[field] ?? null) })
  const facts: [string, string | undefined][] = [
    ['Memory', used(host.mem_used, host.mem_total)],
    ['Disk', used(host.disk_used, host.disk_total)],
    ['Cores', host.cores?.toString()],
    ['Up for', host.uptime === undefined ? undefined : span(host.uptime)],
    ['System', host.os],
    ['Agent', host.agent],
  ]
  return (
    <Dialog title={host.host} close={close}>
      <p className="detail-head">
        <Mark status={hostStatus(host)} word={hostWord(host)} />
        <span>last seen <Age at={host.seen_at} /></span>
      </p>
      <Chart title="Processor and memory" times={times} top={100} format={percent}
        lines={[line('CPU', '--running', 'cpu'), line('Memory', '--warning', 'mem')]} />
      <Chart title="Network" times={times} format={rate}
        lines={[line('received', '--success', 'rx'), line('sent', '--waiting', 'tx')]} />
      <Chart title="Load" times={times} format={plain} lines={[line('1 min', '--accent', 'load1')]} />
      <dl className="facts">
        {facts.map(([name, value]) => value && <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </Dialog>
  )
}

function used(part: number | undefined, whole: number | undefined): string | undefined {
  return part === undefined || whole === undefined ? undefined : `${bytes(part)} of ${bytes(whole)}`
}
