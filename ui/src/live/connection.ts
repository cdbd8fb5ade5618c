// A tab's side of the stream: what it hears of the rooms that it wants, through the browser's SharedWorker or, where
// there is none, by a stream of its own.

import { Sharing, type News, type Wish } from './sharing.ts'
import type { Status, StreamEvent } from './stream.ts'

const TICK_MS = 5_000
const SILENT_TICKS = 4 // the worker tells its status each tick: after so many without, it is dead

export class Connection {
  status: Status = { phase: 'connecting', rooms: [], heardAt: 0, retryAt: 0, offset: 0 }
  private rooms: readonly string[] = []
  private port: MessagePort
  private silent = 0
  private hear: (events: StreamEvent[]) => void
  private tell: (status: Status) => void

  constructor(hear: (events: StreamEvent[]) => void, tell: (status: Status) => void) {
    this.hear = hear
    this.tell = tell
    this.port = this.attach(typeof SharedWorker === 'undefined' ? ownPort() : sharedPort())
    setInterval(() => this.watch(), TICK_MS)
    addEventListener('pagehide', () => this.wish({ rooms: [] }))
    addEventListener('pageshow', ({ persisted }) => persisted && this.startAnew(this.port))
    addEventListener('online', () => this.hurry())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.hurry())
  }

  /** Hear these rooms from now on. Their events come once `status` is live and has the room. */
  listen(rooms: readonly string[]): void {
    this.rooms = rooms
    this.wish({ rooms })
  }

  hurry(): void {
    this.wish({ hurry: true })
  }

  private wish(wish: Wish): void {
    this.port.postMessage(wish)
  }

  private attach(port: MessagePort): MessagePort {
    port.onmessage = ({ data }: MessageEvent<News>) => {
      this.silent = 0
      if ('events' in data) this.hear(data.events)
      else this.tell((this.status = data.status))
    }
    return port
  }

  private watch(): void {
    if (this.rooms.length === 0 || ++this.silent < SILENT_TICKS) return
    this.port.close()
    this.startAnew(this.attach(ownPort()))
  }

  /** Whatever came since the tab last heard is not known: as after any other loss, the page reads its state anew. */
  private startAnew(port: MessagePort): void {
    this.port = port
    this.silent = 0
    this.hear([{ type: 'reset' }])
    this.wish({ rooms: this.rooms })
  }
}

function sharedPort(): MessagePort {
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tornchat' })
  return worker.port
}

function ownPort(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  new Sharing().join(port1)
  return port2
}
