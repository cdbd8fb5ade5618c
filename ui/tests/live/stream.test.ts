// The stream against a server of the test's own: it resumes, comes back, and is not fooled by silence.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ANSWER_MS, backoff, SILENCE_MS, Stream, type Status, type StreamEvent } from '../../src/live/stream.ts'

/** A server whose answers the test writes. */
class Server {
  requests: { url: string; headers: Record<string, string>; signal: AbortSignal }[] = []
  private writers: ReadableStreamDefaultController<Uint8Array>[] = []
  private refusals: (number | 'html')[] = []

  refuse(...statuses: (number | 'html')[]): void {
    this.refusals.push(...statuses)
  }

  fetch = (url: string, init: RequestInit): Promise<Response> => {
    const signal = init.signal as AbortSignal
    this.requests.push({ url, headers: init.headers as Record<string, string>, signal })
    const refusal = this.refusals.shift()
    if (refusal === 'html') return Promise.resolve(new Response('<p>hotel wifi', { headers: { 'Content-Type': 'text/html' } }))
    if (refusal) return Promise.resolve(new Response('', { status: refusal }))
    const body = new ReadableStream<Uint8Array>({ start: writer => void this.writers.push(writer) })
    const writer = this.writers.at(-1)
    signal.addEventListener('abort', () => writer?.error(new DOMException('aborted', 'AbortError')))
    return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'application/x-ndjson; charset=utf-8' } }))
  }

  async send(...events: object[]): Promise<void> {
    await this.bytes(events.map(event => JSON.stringify(event) + '\n').join(''))
  }

  async bytes(text: string): Promise<void> {
    this.writers.at(-1)?.enqueue(new TextEncoder().encode(text))
    await settle()
  }

  async end(): Promise<void> {
    this.writers.at(-1)?.close()
    await settle()
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const READY = { type: 'ready', id: 'a-1', at: '2026-11-24T09:00:00.000Z', rooms: ['lobby'], retry: 1000 }

let server: Server
let heard: StreamEvent[]
let status: Status
let stream: Stream

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-24T08:59:30.000Z') })
  server = new Server()
  heard = []
  stream = new Stream(
    events => heard.push(...events),
    now => (status = now),
    { fetch: server.fetch as typeof fetch, now: Date.now, random: () => 0.5 },
  )
})
afterEach(() => {
  stream.close()
  vi.useRealTimers()
})

test('hears, and knows the time of the server', async () => {
  stream.listen(['lobby', 'ops'])
  await server.send(READY, { type: 'message', id: 'a-2', room: 'lobby', name: 'F', message: 'hi' }, { type: 'heartbeat' })
  expect(server.requests[0]?.url).toBe('/listen?format=ndjson&room=lobby&room=ops')
  expect(heard.map(event => event.type)).toEqual(['ready', 'message'])
  expect(status).toMatchObject({ phase: 'live', rooms: ['lobby', 'ops'], offset: 30_000 })
})

test('a line that comes in pieces, also within a character', async () => {
  stream.listen(['lobby'])
  const bytes = new TextEncoder().encode('{"type":"message","room":"lobby","message":"🎉"}\n')
  for (const byte of bytes) {
    server['writers'].at(-1)?.enqueue(Uint8Array.of(byte))
    await settle()
  }
  expect(heard).toEqual([{ type: 'message', room: 'lobby', message: '🎉' }])
})

test('comes back after the end with the id that it last heard, no sooner than the server wants', async () => {
  stream.listen(['lobby'])
  await server.send(READY, { type: 'message', id: 'a-2', room: 'lobby' }, { type: 'host', room: 'hosts' }, { type: 'bye' })
  await server.end()
  expect(status.phase).toBe('waiting')
  await vi.advanceTimersByTimeAsync(999)
  expect(server.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(server.requests[1]?.headers['Last-Event-ID']).toBe('a-2')
  await server.send({ type: 'reset', id: 'b-1' })
  expect(heard.at(-1)?.type).toBe('reset')
})

test.each([502, 503, 404, 'html' as const])('survives %s, as an EventSource would not', async refusal => {
  server.refuse(refusal, refusal, refusal)
  stream.listen(['lobby'])
  while (server.requests.length < 4) await vi.advanceTimersByTimeAsync(100)
  expect(Date.now() - Date.parse('2026-11-24T08:59:30.000Z')).toBeLessThan(30_000)
  await server.send(READY)
  expect(status.phase).toBe('live')
})

test('the wait grows to half a minute, and lies anywhere above what the server wants', () => {
  expect([0, 1, 2, 3, 9].map(attempt => backoff(1000, attempt, () => 1))).toEqual([1000, 2000, 4000, 8000, 30_000])
  expect(backoff(1000, 9, () => 0)).toBe(1000)
  expect(backoff(60_000, 9, () => 1)).toBe(60_000)
})

test('a socket that says nothing for too long is dead, as after the sleep of a laptop', async () => {
  stream.listen(['lobby'])
  await server.send(READY)
  await vi.advanceTimersByTimeAsync(SILENCE_MS - 10_000)
  await server.send({ type: 'heartbeat' })
  await vi.advanceTimersByTimeAsync(SILENCE_MS)
  expect(server.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(server.requests).toHaveLength(2)
  expect(server.requests[1]?.headers['Last-Event-ID']).toBe('a-1')
})

test('a connection that is never answered is dead too', async () => {
  stream.listen(['lobby'])
  await vi.advanceTimersByTimeAsync(ANSWER_MS + 5_000)
  expect(server.requests).toHaveLength(2)
})

test('another room: the stream is opened anew at once, from the last id', async () => {
  stream.listen(['lobby'])
  await server.send(READY)
  stream.listen(['lobby', 'ops'])
  await settle()
  expect(server.requests[0]?.signal.aborted).toBe(true)
  expect(server.requests[1]).toMatchObject({
    url: '/listen?format=ndjson&room=lobby&room=ops', headers: { 'Last-Event-ID': 'a-1' },
  })
})

test('who will not wait need not', async () => {
  server.refuse(502)
  stream.listen(['lobby'])
  await settle()
  expect(status.phase).toBe('waiting')
  stream.hurry()
  await settle()
  expect(server.requests).toHaveLength(2)
})

test('closed is closed', async () => {
  stream.listen(['lobby'])
  await server.send(READY)
  stream.close()
  await vi.advanceTimersByTimeAsync(100_000)
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.signal.aborted).toBe(true)
})
