// A window over the board; Esc or a click beside it closes it, and the focus returns to where it was.

import { useLayoutEffect, useRef, type MouseEvent, type ReactNode } from 'react'

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close() // while it is still there: only then the focus returns
  }, [])
  const onClick = (event: MouseEvent) => event.target === dialog.current && close()
  return (
    <dialog ref={dialog} aria-label={title} onCancel={close} onClick={onClick}>
      <div className="dialog-body">
        <header>
          <h2>{title}</h2>
          <button onClick={close} aria-label="Close">×</button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
