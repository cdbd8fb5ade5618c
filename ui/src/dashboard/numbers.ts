// Numbers as people read them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** `1.4 MB`: three digits at the most. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${value >= 99.5 || unit === 0 ? Math.round(value) : value.toPrecision(2)} ${UNITS[unit]}`
}

/** `84 ms`, `1.2 s`. */
export function latency(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`
}
