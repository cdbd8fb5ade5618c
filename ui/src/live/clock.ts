// Times as people say them, by the server's clock: that of a wall screen may be wrong.

let offset = 0

/** What the stream has found: the server's clock less this machine's, in ms. */
export function setOffset(ms: number): void {
  offset = ms
}

/** The server's time now, in ms. */
export function serverNow(): number {
  return Date.now() + offset
}

/** `3 min ago`; a moment ahead of now is now. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000))
  if (seconds < 5) return 'now'
  return `${span(seconds)} ago`
}

/** `42 s`, `3 min`, `5 h`, `2 d`: one unit, rounded down. */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** `0:42`, `12:07`, `1:02:03`: as a stopwatch. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** `14:02:11`, on this machine's day. */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}
