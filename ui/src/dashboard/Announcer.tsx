// What failed and what recovered, for a screen reader, a few seconds' worth at a time; and for who wants it, aloud.

import { useEffect, useRef, useState } from 'react'
import { alertTo } from './alerts.ts'
import type { DashboardStore } from './store.ts'

const GATHER_MS = 2_000
const MOST_NAMED = 5

export function Announcer({ store }: { store: DashboardStore }) {
  const [text, setText] = useState('')
  const gathered = useRef<string[]>([])
  useEffect(() => store.onTransitions(found => {
    alertTo(found)
    if (gathered.current.length === 0) {
      setTimeout(() => {
        const all = gathered.current.splice(0)
        const rest = all.length - MOST_NAMED
        setText([...all.slice(0, MOST_NAMED), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', '))
      }, GATHER_MS)
    }
    gathered.current.push(...found.map(transition => transition.text))
  }), [store])
  return <p className="hidden" role="status">{text}</p>
}
