// The dashboard's state: GET /board, then every event since, put on screen once a frame.

import { apply, EMPTY, load, type Board, type State } from '../board.ts'
import { setOffset } from '../live/clock.ts'
import { Connection } from '../live/connection.ts'
import { ALL_ROOMS } from '../live/sharing.ts'
import { ANSWER_MS, type Status, type StreamEvent } from '../live/stream.ts'
import { Samples } from './samples.ts'
import { transitions, type Transition } from './transitions.ts'

export interface Dashboard {
  board: Board
  status: Status
  /** Whether the board is there; before, and after a loss, it is being read. */
  loaded: boolean
  paused: boolean
  /** Why something on screen may be missing, until a person has read it. */
  notice: string | undefined
  /** Why the state is not there, as long as it is not. */
  problem: string | undefined
}

const RETRY_MS = 3_000
const HIDDEN_MS = 1_000 // a hidden tab draws no frames, and need not follow each event

export class DashboardStore {
  state: Dashboard
  samples = new Samples()
  private connection: Connection
  private listeners = new Set<() => void>()
  private announcers = new Set<(found: Transition[]) => void>()
  private board = EMPTY // as it is, also while what is on screen is held
  private queue: StreamEvent[] = []
  private due = false
  private reading = false
  private life = 0 // counts the losses: what was asked before one is of no use after it

  constructor() {
    this.connection = new Connection(events => this.hear(events), status => this.tell(status))
    this.state = {
      board: EMPTY, status: this.connection.status, loaded: false, paused: false, notice: undefined, problem: undefined,
    }
    this.connection.listen([ALL_ROOMS]) // a run may be in any room, and what is on the board must not stand still
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Calls with what failed and what recovered, once it is on screen. */
  onTransitions = (announcer: (found: Transition[]) => void): (() => void) => {
    this.announcers.add(announcer)
    return () => this.announcers.delete(announcer)
  }

  hurry = (): void => this.connection.hurry()
  dismiss = (): void => this.change({ notice: undefined })

  /** Hold what is on screen, or go on. */
  pause = (): void => this.change({ paused: !this.state.paused, board: this.board })

  private tell(status: Status): void {
    setOffset(status.offset)
    this.change({ status })
    if (status.phase === 'live') void this.read()
  }

  private hear(events: StreamEvent[]): void {
    for (const event of events) {
      if (event.type === 'host') this.samples.add(event)
      if (event.type === 'reset') this.readAnew('The server’s history is another than before: all is read anew.')
      else if (event.type === 'gap') this.readAnew('Some events are no longer kept: the state is read anew.')
      else if (event.room !== undefined && event.type !== 'message') this.queue.push(event)
    }
    this.schedule()
  }

  private readAnew(notice: string): void {
    this.life++
    this.reading = false
    this.change({ loaded: false, notice: this.state.loaded ? notice : this.state.notice })
    if (this.state.status.phase === 'live') void this.read()
  }

  /** The stream is live before the board is asked for: together they have everything, and a repeat changes nothing. */
  private async read(): Promise<void> {
    if (this.state.loaded || this.reading) return
    this.reading = true
    const { life } = this
    this.queue = [] // what was heard before the question is in the answer
    try {
      const response = await fetch('/board', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) })
      if (!response.ok) throw new Error(`no board: ${response.status}`)
      const state = (await response.json()) as State
      if (life !== this.life) return
      const known = this.queue.findLastIndex(event => event.id === state.id)
      this.queue.splice(0, known + 1)
      this.board = load(state)
      this.change({ board: this.board, loaded: true, problem: undefined })
      this.schedule()
    } catch (error) {
      if (life !== this.life) return
      this.change({ problem: `The state cannot be read (${String(error)}); it is tried again.` })
      setTimeout(() => void this.read(), RETRY_MS)
    } finally {
      if (life === this.life) this.reading = false
    }
  }

  private schedule(): void {
    if (this.due || this.queue.length === 0) return
    this.due = true
    const draw = () => {
      this.due = false
      this.draw()
    }
    if (document.visibilityState === 'visible') requestAnimationFrame(draw)
    else setTimeout(draw, HIDDEN_MS)
  }

  private draw(): void {
    if (!this.state.loaded) return
    const before = this.board
    this.board = apply(before, this.queue)
    this.queue = []
    if (this.board === before) return
    if (!this.state.paused) this.change({ board: this.board })
    const found = transitions(before, this.board)
    if (found.length > 0) for (const announcer of this.announcers) announcer(found)
  }

  private change(change: Partial<Dashboard>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.listeners) listener()
  }
}
