// Bytes of NDJSON → the objects of each chunk, together.

import type { StreamEvent } from './stream.ts'

/** Throws where a line is no JSON object: the connection is then not what it should be. */
export async function* batches(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent[]> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) yield lines.filter(line => line.trim() !== '').map(parse)
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}

function parse(line: string): StreamEvent {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
    throw new TypeError('no event')
  return value as StreamEvent
}
