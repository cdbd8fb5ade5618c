// What one person said in a row, under their name and its time.

import { memo } from 'react'
import type { Group } from './groups.ts'
import { Text } from './Text.tsx'

const TINTS = 6

export const GroupOfLines = memo(function GroupOfLines({ group }: { group: Group }) {
  const { name, at, day, kind, lines } = group
  return (
    <>
      {day && <h2 className="day"><span>{day}</span></h2>}
      <section className="group" data-kind={kind}>
        {kind === 'message' && (
          <h3>
            <span className="author" data-tint={tint(name)} dir="auto">{name}</span>
            <Time at={at} />
          </h3>
        )}
        {lines.map(line => (
          <p key={line.id || line.at} dir="auto">
            <Text text={line.text} />
            {kind !== 'message' && <Time at={line.at} />}
          </p>
        ))}
      </section>
    </>
  )
}, (before, after) => before.group.key === after.group.key && before.group.lines.length === after.group.lines.length
  && before.group.day === after.group.day)

export function Time({ at }: { at: number }) {
  const date = new Date(at)
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
    </time>
  )
}

/** The same name has the same colour everywhere. */
export function tint(name: string): number {
  let hash = 0
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return hash % TINTS
}
