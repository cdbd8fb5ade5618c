// What is said is sent until the server has it, in order, and shown once.

import { expect, test, vi } from 'vitest'
import { Outbox, type Draft } from '../../src/chat/outbox.ts'

const AT = Date.parse('2026-11-24T09:00:00Z')
const OK = (id: string) => Response.json({ id, room: 'lobby', at: '' })

/** An outbox whose server answers, in turn, what the test says; an Error is no answer. */
function outboxWith(answers: (Response | Error)[], saved: Draft[] = []) {
  const requests: { key: string; message: string }[] = []
  const outbox = new Outbox(() => {}, {
    fetch: async (_url, init) => {
      const headers = init?.headers as Record<string, string>
      requests.push({ key: headers['Idempotency-Key'] ?? '', message: JSON.parse(String(init?.body)).message })
      const answer = answers.shift()
      if (answer === undefined) return new Promise(() => {})
      if (answer instanceof Error) throw answer
      return answer
    },
    load: () => saved,
    save: drafts => (saved = [...drafts]),
    sleep: async () => {},
  })
  return { outbox, requests, saved: () => saved }
}

const say = (outbox: Outbox, text: string) => outbox.say({ room: 'lobby', name: 'Ada', text, at: AT })
const settled = () => vi.waitFor(() => {}, { timeout: 50 }).then(() => new Promise(resolve => setTimeout(resolve, 0)))

test('a lost answer, a 502 and a 503 are no reason to give up, and the key stays the same', async () => {
  const { outbox, requests } = outboxWith([new Error('reset'), new Response('', { status: 502 }), new Response('', { status: 503 }), OK('a-1')])
  say(outbox, 'once')
  expect(outbox.drafts[0]?.state).toBe('sending')
  await settled()
  expect(requests).toHaveLength(4)
  expect(new Set(requests.map(({ key }) => key)).size).toBe(1)
  expect(outbox.drafts[0]).toMatchObject({ state: 'sent', id: 'a-1' })
})

test('once its line is shown it is no longer a draft, whichever came first, line or answer', async () => {
  const { outbox } = outboxWith([OK('a-1')])
  say(outbox, 'answer first')
  await settled()
  outbox.shown({ id: 'a-1', name: 'Ada', text: 'answer first', at: AT }, 'lobby')
  expect(outbox.drafts).toEqual([])

  let answer = (_: Response) => {}
  const late = outboxWith([])
  late.outbox['tools'].fetch = () => new Promise(resolve => (answer = resolve))
  say(late.outbox, 'line first')
  late.outbox.shown({ id: 'a-2', name: 'Ada', text: 'line first', at: AT + 30 }, 'lobby')
  expect(late.outbox.drafts[0]?.shownAs).toBe('a-2')
  answer(OK('a-2'))
  await settled()
  expect(late.outbox.drafts).toEqual([])
})

test('the same words of somebody else, or of before, are not mine', () => {
  const { outbox } = outboxWith([])
  say(outbox, 'hi')
  outbox.shown({ id: 'a-1', name: 'Grace', text: 'hi', at: AT }, 'lobby')
  outbox.shown({ id: 'a-2', name: 'Ada', text: 'hi', at: AT }, 'ops')
  outbox.shown({ id: 'a-3', name: 'Ada', text: 'hi', at: AT - 60_000 }, 'lobby')
  expect(outbox.drafts[0]?.shownAs).toBeUndefined()
})

test('as soon as the server is there again it is sent, however long the wait was to be', async () => {
  const { outbox, requests } = outboxWith([new Error('down'), OK('a-1')])
  outbox['tools'].sleep = () => new Promise(() => {})
  say(outbox, 'hi')
  await settled()
  expect(requests).toHaveLength(1)
  outbox.hurry()
  await settled()
  expect(outbox.drafts[0]?.state).toBe('sent')
})

test('the order in which one speaks is kept, also when the first has to be sent again', async () => {
  const { outbox, requests } = outboxWith([new Error('down'), OK('a-1'), OK('a-2')])
  say(outbox, 'one')
  say(outbox, 'two')
  await settled()
  expect(requests.map(({ message }) => message)).toEqual(['one', 'one', 'two'])
})

test('what the server does not want is said, and held until the person decides', async () => {
  const { outbox, requests } = outboxWith([Response.json({ error: 'too long' }, { status: 413 }), OK('a-1')])
  say(outbox, 'much')
  await settled()
  expect(outbox.drafts[0]).toMatchObject({ state: 'refused', error: 'too long' })
  outbox.retry(outbox.drafts[0]?.key ?? '')
  await settled()
  expect(requests).toHaveLength(2)
  expect(outbox.drafts[0]?.state).toBe('sent')
})

test('a reload of the page sends what was not acknowledged, with its key', async () => {
  const before = outboxWith([])
  say(before.outbox, 'unsure')
  const after = outboxWith([OK('a-1')], before.saved())
  await settled()
  expect(after.requests).toEqual([{ key: before.requests[0]?.key, message: 'unsure' }])
})
