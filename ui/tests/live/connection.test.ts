// A tab's side: what it does where the SharedWorker is not there, or dies.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Connection } from '../../src/live/connection.ts'
import type { StreamEvent } from '../../src/live/stream.ts'

let requests: string[]
let workerHeard: unknown[]
let heard: StreamEvent[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date'] })
  requests = []
  workerHeard = []
  heard = []
  vi.stubGlobal('fetch', async (url: string) => {
    requests.push(url)
    const line = '{"type":"ready","id":"a-1","at":"2026-11-24T09:00:00.000Z"}\n'
    return new Response(new ReadableStream({ start: writer => writer.enqueue(new TextEncoder().encode(line)) }), {
      headers: { 'Content-Type': 'application/x-ndjson' },
    })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const types = () => heard.map(({ type }) => type)
/** Ports speak by the loop of Node, which no fake timer drives. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('without a SharedWorker the tab has a stream of its own', async () => {
  vi.stubGlobal('SharedWorker', undefined)
  const connection = new Connection(events => heard.push(...events), () => {})
  connection.listen(['lobby'])
  await pass(2_000)
  expect(requests).toEqual(['/listen?format=ndjson&room=lobby'])
  expect(types()).toEqual(['ready'])
  expect(connection.status.phase).toBe('live')
})

test('a worker that says nothing any more is given up; the tab goes on by itself, and reads its state anew', async () => {
  const { port1, port2 } = new MessageChannel()
  port2.onmessage = ({ data }) => workerHeard.push(data)
  vi.stubGlobal('SharedWorker', class {
    port = port1
  })
  const connection = new Connection(events => heard.push(...events), () => {})
  connection.listen(['ops'])
  await pass(1_000)
  expect(workerHeard).toContainEqual({ rooms: ['ops'] })
  expect(requests).toEqual([])
  await pass(30_000)
  expect(requests).toEqual(['/listen?format=ndjson&room=ops'])
  expect(types()).toEqual(['reset', 'ready'])
  port2.close()
})
