// The tab itself shows the worst status: in its title, and in the shape and colour of its icon.

import type { Status } from '../board/merge.ts'

const ICONS: Partial<Record<Status, string>> = {
  failed: '<path fill="#d55e00" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z"/><path stroke="#fff" stroke-width="2" d="m5 5 6 6m0-6-6 6"/>',
  warning: '<path fill="#e69f00" d="M8 1l7.500 14H.5z"/><path stroke="#000" stroke-width="2" d="M8 6v4m0 2v1.500"/>',
  success: '<circle fill="#009e73" cx="8" cy="8" r="7"/><path fill="none" stroke="#fff" stroke-width="2" d="m4 8 3 3 5-5"/>',
}
const OTHER = '<circle fill="#888" cx="8" cy="8" r="7"/>'

export function showInTab(status: Status, failing: number, isStale: boolean): void {
  const count = failing > 0 ? `(${failing}) ` : ''
  document.title = isStale ? `? not live · tornchat` : `${count}${status} · tornchat`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${(!isStale && ICONS[status]) || OTHER}</svg>`
  document.querySelector('link[rel=icon]')?.setAttribute('href', `data:image/svg+xml,${encodeURIComponent(svg)}`)
}
