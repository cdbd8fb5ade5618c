// What this person has just said: whether the server has it yet, and what to do if it does not want it.

import { Time, tint } from './GroupOfLines.tsx'
import type { Draft } from './outbox.ts'
import { Text } from './Text.tsx'

interface Props {
  draft: Draft
  retry: (key: string) => void
  drop: (key: string) => void
}

export function DraftLine({ draft: { key, name, text, at, state, error }, retry, drop }: Props) {
  return (
    <section className="group draft" data-kind="message" data-state={state}>
      <h3>
        <span className="author" data-tint={tint(name || 'anonymous')} dir="auto">{name || 'anonymous'}</span>
        <Time at={at} />
        <span className="draft-state">{{ sending: '◌ sending …', sent: '✓ sent', refused: '✕ not sent' }[state]}</span>
      </h3>
      <p dir="auto"><Text text={text} /></p>
      {state === 'refused' && (
        <p className="refusal" role="alert">
          <span>{error || 'The server did not take it.'}</span>
          <button onClick={() => retry(key)}>Try again</button>
          <button onClick={() => drop(key)}>Remove</button>
        </p>
      )}
    </section>
  )
}
