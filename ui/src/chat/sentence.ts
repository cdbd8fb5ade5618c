// What a dashboard's event says, in a line of a chat.

import type { StreamEvent } from '../live/stream.ts'

export function sentence(event: StreamEvent): string | undefined {
  const words = (...fields: unknown[]) => fields.filter(field => typeof field === 'string' && field).join(' ')
  switch (event.type) {
    case 'run':
      return `${words(event.project, event.ref, event.name)}: ${words(event.status, event.title)}`
    case 'host':
      return `${words(event.host)} is ${words(event.state)}, ${words(event.level)}`
    case 'check':
      return `${words(event.check)} is ${words(event.status, event.error)}`
    default:
      return undefined
  }
}
