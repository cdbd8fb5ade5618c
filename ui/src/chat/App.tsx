// The chat as a whole: rooms at the side, one room at large.

import { useEffect, useSyncExternalStore } from 'react'
import { LinkState } from '../shared/LinkState.tsx'
import { Composer } from './Composer.tsx'
import { CurlLines } from './CurlLines.tsx'
import { unread, EMPTY } from './log.ts'
import { Messages } from './Messages.tsx'
import { NameField } from './NameField.tsx'
import { Rooms } from './Rooms.tsx'
import type { ChatStore } from './store.ts'
import { ThemeButton } from './ThemeButton.tsx'

export function App({ store }: { store: ChatStore }) {
  const chat = useSyncExternalStore(store.subscribe, () => store.state)
  const log = chat.logs[chat.room] ?? EMPTY
  const counts = Object.fromEntries(chat.rooms.map(room => [room, unread(chat.logs[room] ?? EMPTY, chat.seen[room], chat.name)]))
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const listeners = chat.known?.[chat.room]?.listeners

  useEffect(() => {
    document.title = `${total > 0 ? `(${total}) ` : ''}${chat.room} · tornchat`
  }, [total, chat.room])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
      event.preventDefault()
      const step = event.key === 'ArrowUp' ? -1 : 1
      const next = chat.rooms.at((chat.rooms.indexOf(chat.room) + step) % chat.rooms.length)
      if (next) store.show(next)
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [chat.rooms, chat.room, store])

  return (
    <div className="chat">
      <aside>
        <header className="brand">
          <strong>tornchat</strong>
          <a href="/dashboard">Dashboard</a>
          <ThemeButton />
        </header>
        <Rooms chat={chat} counts={counts} store={store} />
        <NameField name={chat.name} rename={name => store.rename(name)} />
      </aside>
      <main>
        <header className="room-head">
          <h1>{chat.room}</h1>
          {listeners !== undefined && (
            <span className="listeners">{listeners === 1 ? '1 listens' : `${listeners} listen`}</span>
          )}
          <LinkState status={chat.status} hurry={store.hurry} />
          <CurlLines room={chat.room} />
        </header>
        <Messages
          key={chat.room} room={chat.room} log={log} retry={store.retry} drop={store.drop}
          drafts={chat.drafts.filter(draft => draft.room === chat.room && !draft.shownAs)}
        />
        <Composer key={`composer ${chat.room}`} room={chat.room} say={text => store.say(text)} />
      </main>
    </div>
  )
}
