// The rooms that are joined, with what is unread, and those that there are besides.

import { useState, type FormEvent } from 'react'
import { ROOM, type Chat, type ChatStore } from './store.ts'

interface Props {
  chat: Chat
  counts: Record<string, number>
  store: ChatStore
}

export function Rooms({ chat, counts, store }: Props) {
  const others = Object.keys(chat.known ?? {}).filter(room => !chat.rooms.includes(room)).sort().slice(0, 50)
  return (
    <nav aria-label="Rooms">
      <ul className="rooms">
        {chat.rooms.map(room => (
          <li key={room}>
            <button className="room" aria-current={room === chat.room ? 'page' : undefined} onClick={() => store.show(room)}>
              <span className="room-name">{room}</span>
              {counts[room] ? <span className="unread">{counts[room]}<span className="hidden"> unread</span></span> : null}
            </button>
            {chat.rooms.length > 1 && (
              <button className="leave" aria-label={`Leave ${room}`} title={`Leave ${room}`} onClick={() => store.leave(room)}>
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      <JoinForm join={room => store.show(room)} />
      {others.length > 0 && (
        <details className="others">
          <summary>{others.length} more {others.length === 1 ? 'room' : 'rooms'}</summary>
          <ul className="rooms">
            {others.map(room => (
              <li key={room}>
                <button className="room" onClick={() => store.show(room)}>
                  <span className="room-name">{room}</span>
                  <span className="muted">{chat.known?.[room]?.messages}<span className="hidden"> messages</span></span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </nav>
  )
}

function JoinForm({ join }: { join: (room: string) => void }) {
  const [room, setRoom] = useState('')
  const wrong = room !== '' && !ROOM.test(room)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (wrong || room === '') return
    join(room)
    setRoom('')
  }
  return (
    <form className="join" onSubmit={submit}>
      <input
        aria-label="Room to join" placeholder="Join or make a room" value={room} aria-invalid={wrong}
        aria-describedby={wrong ? 'room-rule' : undefined} autoComplete="off" autoCapitalize="none"
        onChange={event => setRoom(event.target.value)}
      />
      <button disabled={wrong || room === ''}>Join</button>
      {wrong && <p id="room-rule" role="alert">1 to 64 of letters, digits, . _ - /</p>}
    </form>
  )
}
