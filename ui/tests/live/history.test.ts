// A room's past ends where the live stream is known to have begun.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { history } from '../../src/live/history.ts'
import type { StreamEvent } from '../../src/live/stream.ts'

const say = (id: string) => ({ type: 'message', id, room: 'ops', name: 'Ada', message: id })
let rooms: Response
let sent: object[]
let aborted: boolean

beforeEach(() => {
  vi.useFakeTimers()
  aborted = false
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (url === '/rooms') return rooms
    expect(url).toBe('/listen?format=ndjson&room=ops&last=200')
    const text = [{ type: 'ready', id: 'a-0' }, ...sent].map(event => JSON.stringify(event) + '\n').join('')
    return new Response(new ReadableStream({
      start(writer) {
        writer.enqueue(new TextEncoder().encode(text)) // and then nothing, for /listen stays open
        init.signal?.addEventListener('abort', () => {
          aborted = true
          writer.error(new DOMException('', 'AbortError'))
        })
      },
    }))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function read(isLive: (id: string) => boolean = () => false): Promise<string[]> {
  const events: StreamEvent[] = []
  const reading = (async () => {
    for await (const batch of history('ops', 200, isLive)) events.push(...batch)
  })()
  await vi.runAllTimersAsync()
  await reading
  return events.map(({ id = '' }) => id)
}

test('at the newest id of the room, which the server tells', async () => {
  rooms = Response.json({ rooms: { ops: { listeners: 1, messages: 2, last_id: 'a-2' } } })
  sent = [say('a-1'), say('a-2'), say('a-3')]
  expect(await read()).toEqual(['a-1', 'a-2'])
  expect(aborted).toBe(true)
})

test('at an id that the live stream has heard, too', async () => {
  rooms = new Response('', { status: 404 })
  sent = [say('a-1'), say('a-2'), say('a-3')]
  expect(await read(id => id === 'a-2')).toEqual(['a-1', 'a-2'])
})

test('at a silence, where nothing else tells', async () => {
  rooms = new Response('', { status: 404 })
  sent = [say('a-1')]
  expect(await read()).toEqual(['a-1'])
  expect(aborted).toBe(true)
})

test('a room of which the server knows nothing has none, and is not asked for', async () => {
  rooms = Response.json({ rooms: {} })
  sent = [say('a-1')]
  expect(await read()).toEqual([])
})
