// The view, in the URL.

import { useCallback, useEffect, useState } from 'react'
import { showTheme } from '../shared/theme.ts'
import { format, parse, type View } from './view.ts'

export function useView(): [View, (change: Partial<View>) => void] {
  const [view, setView] = useState(() => parse(location.search))
  useEffect(() => {
    showTheme(view.theme)
    const url = `${location.pathname}${format(view)}`
    if (url !== location.pathname + location.search) history.replaceState(null, '', url)
  }, [view])
  return [view, useCallback(change => setView(before => ({ ...before, ...change })), [])]
}
