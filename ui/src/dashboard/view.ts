// What of the board is looked at, and how: kept in the URL, so that a wall screen needs nothing but its address.

import { systemTheme, type Theme } from '../shared/theme.ts'

export type Density = 'cards' | 'rows' | 'wall'

export interface View {
  filter: string
  only: 'all' | 'failing'
  group: boolean
  density: Density
  theme: Theme
}

export const DENSITIES: readonly Density[] = ['cards', 'rows', 'wall']

export function parse(search: string, theme: Theme = systemTheme()): View {
  const query = new URLSearchParams(search)
  const density = query.get('density') as Density
  return {
    filter: query.get('filter') ?? '',
    only: query.get('only') === 'failing' ? 'failing' : 'all',
    group: query.get('group') === '1',
    density: DENSITIES.includes(density) ? density : 'cards',
    theme: query.get('theme') === 'light' ? 'light' : query.get('theme') === 'dark' ? 'dark' : theme,
  }
}

/** The query that `parse` reads; what is as it would be without is left out. */
export function format(view: View, theme: Theme = systemTheme()): string {
  const query = new URLSearchParams()
  if (view.filter) query.set('filter', view.filter)
  if (view.only === 'failing') query.set('only', 'failing')
  if (view.group) query.set('group', '1')
  if (view.density !== 'cards') query.set('density', view.density)
  if (view.theme !== theme) query.set('theme', view.theme)
  const text = query.toString().replaceAll('%2F', '/')
  return text && `?${text}`
}

export function after(density: Density): Density {
  return DENSITIES[(DENSITIES.indexOf(density) + 1) % DENSITIES.length] ?? 'cards'
}
