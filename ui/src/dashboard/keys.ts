// The keys of the dashboard; the help shows this very list.

import { useEffect } from 'react'

export interface Key {
  key: string
  does: string
  run: () => void
}

/** A key does nothing while one types, or with Ctrl, Alt or Meta. */
export function useKeys(keys: readonly Key[]): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select, dialog')
      if (typing || event.ctrlKey || event.altKey || event.metaKey) return
      const found = keys.find(({ key }) => key === event.key)
      if (!found) return
      event.preventDefault()
      found.run()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

/** Move the focus to the next or the previous card, from wherever it is. */
export function stepCard(step: 1 | -1): void {
  const cards = [...document.querySelectorAll<HTMLElement>('.card-open')]
  const at = cards.indexOf(document.activeElement as HTMLElement)
  const next = at < 0 ? (step > 0 ? 0 : cards.length - 1) : (at + step + cards.length) % cards.length
  cards[next]?.focus()
}

export function toggleFullScreen(): void {
  void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen())
}
