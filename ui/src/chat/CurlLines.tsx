// How to hear this very room, and to speak in it, from a terminal.

import { CopyLine } from './CopyLine.tsx'

export function CurlLines({ room }: { room: string }) {
  const { origin } = location
  return (
    <details className="curl">
      <summary>curl</summary>
      <div className="curl-lines">
        <CopyLine label="Listen" text={`curl -N '${origin}/listen?room=${room}'`} />
        <CopyLine label="Say" text={`curl ${origin}/say -d room=${room} -d message=hi`} />
      </div>
    </details>
  )
}
