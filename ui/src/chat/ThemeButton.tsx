// Dark or light, kept in this browser.

import { useState } from 'react'
import { showTheme, systemTheme, type Theme } from '../shared/theme.ts'
import { load, save } from '../shared/saved.ts'

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(load('theme', systemTheme()))
  const other = theme === 'dark' ? 'light' : 'dark'
  const change = () => {
    showTheme(other)
    save('theme', other)
    setTheme(other)
  }
  return <button className="icon" onClick={change} title={`Show it ${other}`} aria-label={`Show it ${other}`}>◐</button>
}
