// What this tab has said and the server has not yet acknowledged: sent in order, again with the same key, never twice.

import { ANSWER_MS } from '../live/stream.ts'

export interface Draft {
  /** The Idempotency-Key. */
  key: string
  room: string
  name: string
  text: string
  /** The server's time when it was said, in ms. */
  at: number
  state: 'sending' | 'sent' | 'refused'
  /** The id that the server gave it. */
  id?: string
  /** The id of a line that looks like it and came before the answer: it is not shown beside that line. */
  shownAs?: string
  error?: string
}

export interface Tools {
  fetch: typeof fetch
  /** What is not acknowledged outlives a reload of the tab. */
  load: () => Draft[]
  save: (drafts: readonly Draft[]) => void
  sleep: (ms: number) => Promise<void>
}

interface Answer {
  id?: string
  error?: string
  remedy?: string
}

const SKEW_MS = 5_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000

export class Outbox {
  drafts: readonly Draft[]
  private sending = false
  private wake = () => {}
  private changed: (drafts: readonly Draft[]) => void
  private tools: Tools

  constructor(changed: (drafts: readonly Draft[]) => void, tools: Tools) {
    this.changed = changed
    this.tools = tools
    this.drafts = tools.load().map(({ shownAs: _, ...draft }) => draft)
    void this.send()
  }

  say(draft: Pick<Draft, 'room' | 'name' | 'text' | 'at'>): void {
    this.keep([...this.drafts, { ...draft, key: newKey(), state: 'sending' }])
    void this.send()
  }

  /** Try again what was refused. */
  retry(key: string): void {
    this.change(key, { state: 'sending', error: undefined })
    void this.send()
  }

  /** The server is there again: do not wait for longer. */
  hurry(): void {
    this.wake()
  }

  drop(key: string): void {
    this.keep(this.drafts.filter(draft => draft.key !== key))
  }

  /** A line is shown. If it is one of these, or looks like one that waits for its answer, that is no longer shown. */
  shown(line: { id: string; name: string; text: string; at: number }, room: string): void {
    const own = this.drafts.find(draft => draft.id === line.id)
    if (own) return this.drop(own.key)
    const twin = this.drafts.find(draft =>
      draft.state === 'sending' && !draft.shownAs && draft.room === room && draft.text === line.text
      && (draft.name || 'anonymous') === line.name && line.at >= draft.at - SKEW_MS)
    if (twin) this.change(twin.key, { shownAs: line.id })
  }

  private async send(): Promise<void> {
    if (this.sending) return
    this.sending = true
    let wait = FIRST_WAIT_MS
    for (;;) {
      const draft = this.drafts.find(({ state }) => state === 'sending')
      if (!draft) break
      const done = await this.sendOnce(draft).catch(() => false)
      if (done) wait = FIRST_WAIT_MS
      else {
        await Promise.race([this.tools.sleep(wait), new Promise<void>(resolve => (this.wake = resolve))])
        wait = Math.min(2 * wait, LONGEST_WAIT_MS)
      }
    }
    this.sending = false
  }

  /** Whether the server has decided about it. */
  private async sendOnce({ key, room, name, text }: Draft): Promise<boolean> {
    const response = await this.tools.fetch('/say', {
      method: 'POST',
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'Idempotency-Key': key },
      body: JSON.stringify({ room, name, message: text }),
    })
    if (response.status >= 500 || response.status === 429) return false
    const answer: Answer = await response.json().catch(() => ({})) // a proxy answers what it likes
    const error = [answer.error, answer.remedy].filter(Boolean).join(': ')
    if (!response.ok) this.change(key, { state: 'refused', shownAs: undefined, error })
    else if (this.drafts.find(draft => draft.key === key)?.shownAs) this.drop(key)
    else this.change(key, { state: 'sent', id: answer.id })
    return true
  }

  private change(key: string, change: Partial<Draft>): void {
    this.keep(this.drafts.map(draft => (draft.key === key ? { ...draft, ...change } : draft)))
  }

  private keep(drafts: readonly Draft[]): void {
    this.drafts = drafts
    this.tools.save(drafts)
    this.changed(drafts)
  }
}

/** crypto.randomUUID is only there where the page came by https or from localhost. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
