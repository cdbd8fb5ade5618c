// Where one writes: Enter sends, Shift+Enter begins a line.

import { useEffect, useRef, type FormEvent, type KeyboardEvent } from 'react'

export function Composer({ room, say }: { room: string; say: (text: string) => void }) {
  const area = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) area.current?.focus() // on a phone it would raise the keyboard
  }, [])

  const send = () => {
    const text = area.current?.value ?? ''
    if (!area.current || text.trim() === '') return
    say(text)
    area.current.value = ''
    area.current.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    send()
  }
  return (
    <form className="composer" onSubmit={onSubmit}>
      <textarea
        ref={area} rows={1} aria-label={`Message to ${room}`} placeholder={`Message to ${room}`} onKeyDown={onKeyDown}
        enterKeyHint="send" maxLength={65_536}
      />
      <button className="send">Send</button>
    </form>
  )
}
