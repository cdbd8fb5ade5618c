// How many columns let so many tiles fill a wall without scrolling.

const ASPECT = 2.2 // a tile's width by its height, at best

export function columnsFor(count: number, width: number, height: number): number {
  let [best, most] = [1, 0]
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns)
    const scale = Math.min(width / columns / ASPECT, height / rows)
    if (scale > most) [best, most] = [columns, scale]
  }
  return best
}
