// What this browser remembers. Where it may not, as in some private windows, it is forgotten at the end.

type Area = 'localStorage' | 'sessionStorage'

export function load<T>(key: string, otherwise: T, area: Area = 'localStorage'): T {
  try {
    return (JSON.parse(window[area].getItem(key) ?? 'null') as T | null) ?? otherwise
  } catch {
    return otherwise
  }
}

export function save(key: string, value: unknown, area: Area = 'localStorage'): void {
  try {
    window[area].setItem(key, JSON.stringify(value))
  } catch {
    // full or forbidden: the page works without
  }
}
