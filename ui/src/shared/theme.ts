// Dark or light: what the page was told, else what the system likes.

export type Theme = 'dark' | 'light'

export function systemTheme(): Theme {
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
}

export function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
}
