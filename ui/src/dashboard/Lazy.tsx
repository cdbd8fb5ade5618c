// A card that, where there are many, is only made while it is near the screen: of a thousand a screen shows twenty.

import { useLayoutEffect, useRef, useState, type ReactNode } from 'react'

const FEW = 100 // so many are all made, for who searches the page or has it read aloud
const MARGIN = '400px'
const callbacks = new WeakMap<Element, (near: boolean) => void>()
const observer = new IntersectionObserver(
  entries => entries.forEach(({ target, isIntersecting }) => callbacks.get(target)?.(isIntersecting)),
  { rootMargin: MARGIN },
)

export function Lazy({ among, children }: { among: number; children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const height = useRef(0)
  const [isNear, setNear] = useState(false)
  const isShown = isNear || among <= FEW
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    callbacks.set(element, near => {
      if (!near) height.current = element.offsetHeight
      setNear(near)
    })
    observer.observe(element)
    return () => observer.unobserve(element)
  }, [])
  return (
    <div className="lazy" ref={box} style={isShown || !height.current ? undefined : { minHeight: height.current }}>
      {isShown && children}
    </div>
  )
}
