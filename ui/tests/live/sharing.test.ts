// Many tabs, one stream: of the union of their rooms, and to each its own.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Sharing, type News, type Wish } from '../../src/live/sharing.ts'

let requests: { rooms: string[]; headers: Record<string, string>; signal: AbortSignal | null | undefined }[]
let writer: ReadableStreamDefaultController<Uint8Array>

beforeEach(() => {
  vi.useFakeTimers()
  requests = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const query = new URLSearchParams(url.split('?')[1])
    requests.push({ rooms: query.getAll('room'), headers: init.headers as Record<string, string>, signal: init.signal })
    const body = new ReadableStream({
      start(own) {
        writer = own
        init.signal?.addEventListener('abort', () => own.error(new DOMException('', 'AbortError')))
      },
    })
    return new Response(body, { headers: { 'Content-Type': 'application/x-ndjson' } })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A tab's end of a port, as the worker sees it. */
class Tab {
  heard: News[] = []
  onmessage: (message: { data: Wish }) => void = () => {}
  addEventListener(): void {}
  postMessage(news: News): void {
    this.heard.push(news)
  }
  constructor(sharing: Sharing) {
    sharing.join(this as unknown as MessagePort)
  }
  wish(...rooms: string[]): void {
    this.onmessage({ data: { rooms } })
  }
  get events(): (string | undefined)[] {
    return this.heard.flatMap(news => ('events' in news ? news.events : [])).map(({ id }) => id)
  }
}

async function send(...events: object[]): Promise<void> {
  writer.enqueue(new TextEncoder().encode(events.map(event => JSON.stringify(event) + '\n').join('')))
  await vi.advanceTimersByTimeAsync(0)
}
const pass = (ms = 100) => vi.advanceTimersByTimeAsync(ms)

test('tabs that open at once make one connection, and each hears its own rooms and what the stream says of itself', async () => {
  const sharing = new Sharing()
  const [one, two] = [new Tab(sharing), new Tab(sharing)]
  one.wish('lobby')
  two.wish('ops', 'lobby')
  await pass()
  expect(requests.map(({ rooms }) => rooms)).toEqual([['lobby', 'ops']])
  await send({ type: 'message', room: 'ops', id: 'a-1' }, { type: 'message', room: 'lobby', id: 'a-2' }, { type: 'gap', id: 'a-3' })
  expect(one.events).toEqual(['a-2', 'a-3'])
  expect(two.events).toEqual(['a-1', 'a-2', 'a-3'])
})

test('a room more opens it anew from the last id; a tab in rooms that are heard already does not', async () => {
  const sharing = new Sharing()
  const one = new Tab(sharing)
  one.wish('lobby')
  await pass()
  await send({ type: 'ready', id: 'a-7' })
  new Tab(sharing).wish('lobby')
  await pass()
  expect(requests).toHaveLength(1)
  one.wish('lobby', 'ops')
  await pass()
  expect(requests[1]).toMatchObject({ rooms: ['lobby', 'ops'], headers: { 'Last-Event-ID': 'a-7' } })
})

test('a tab that comes later is told at once how it stands', async () => {
  const sharing = new Sharing()
  new Tab(sharing).wish('lobby')
  await pass()
  await send({ type: 'ready', id: 'a-7', at: new Date().toISOString() })
  expect(new Tab(sharing).heard[0]).toMatchObject({ status: { phase: 'live', rooms: ['lobby'] } })
})

test('all rooms are all rooms', async () => {
  const sharing = new Sharing()
  const [wall, chat] = [new Tab(sharing), new Tab(sharing)]
  wall.wish('*')
  chat.wish('lobby')
  await pass()
  expect(requests[0]?.rooms).toEqual(['*'])
  await send({ type: 'run', room: 'ci', id: 'a-1' })
  expect([wall.events, chat.events]).toEqual([['a-1'], []])
})

test('a reload leaves and comes back without a new connection; the last tab that stays away ends it', async () => {
  const sharing = new Sharing()
  const tab = new Tab(sharing)
  tab.wish('lobby')
  await pass()
  await send({ type: 'ready', id: 'a-7' })
  tab.wish()
  await pass(1_000)
  tab.wish('lobby')
  await pass(10_000)
  expect(requests).toHaveLength(1)
  tab.wish()
  await pass(10_000)
  expect(requests[0]?.signal?.aborted).toBe(true)
  expect(requests).toHaveLength(1)
})
