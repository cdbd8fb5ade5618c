// The last samples of each host that this page has heard: what its curves are drawn of.

import type { Host } from '../board/vitals.ts'
import type { StreamEvent } from '../live/stream.ts'

export interface Sample {
  /** Seconds since 1970. */
  at: number
  host: Host
}

const MOST = 900 // a quarter of an hour, at one a second

export class Samples {
  private byHost = new Map<string, Sample[]>()

  add(event: StreamEvent): void {
    const host = event as unknown as Host & { at?: string }
    const at = Date.parse(host.seen_at ?? host.at ?? '') / 1000
    if (typeof host.host !== 'string' || !Number.isFinite(at)) return
    const known = this.byHost.get(host.host) ?? []
    if (at <= (known.at(-1)?.at ?? 0)) return
    this.byHost.set(host.host, [...known.slice(-MOST + 1), { at, host }])
  }

  of(host: string): readonly Sample[] {
    return this.byHost.get(host) ?? []
  }
}
