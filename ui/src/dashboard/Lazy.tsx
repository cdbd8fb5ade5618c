// A card that is only made while it is near the screen: of a thousand projects a screen shows twenty.

import { useLayoutEffect, useRef, useState, type ReactNode } from 'react'

const MARGIN = '800px'
const callbacks = new WeakMap<Element, (near: boolean) => void>()
const observer = new IntersectionObserver(
  entries => entries.forEach(({ target, isIntersecting }) => callbacks.get(target)?.(isIntersecting)),
  { rootMargin: MARGIN },
)

export function Lazy({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const height = useRef(0)
  const [near, setNear] = useState(false)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    callbacks.set(element, isNear => {
      if (!isNear) height.current = element.offsetHeight
      setNear(isNear)
    })
    observer.observe(element)
    return () => observer.unobserve(element)
  }, [])
  return (
    <div className="lazy" ref={box} style={near || !height.current ? undefined : { minHeight: height.current }}>
      {near && children}
    </div>
  )
}
