// The server's time, as it goes on.

import { useEffect, useState } from 'react'
import { serverNow } from '../live/clock.ts'

export function useNow(everyMs: number): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
