// The name under which this browser speaks.

const MOST = 64

/** What /say would refuse: a line of plain text that begins so is one of the server's. */
function rule(name: string): string | undefined {
  return /^\*(\s|$)/.test(name) ? 'A name does not begin with “* ”.' : undefined
}

export function NameField({ name, rename }: { name: string; rename: (name: string) => void }) {
  const wrong = rule(name)
  return (
    <label className="name-field">
      <span>Your name</span>
      <input
        value={name} maxLength={MOST} placeholder="anonymous" autoComplete="nickname" aria-invalid={wrong !== undefined}
        onChange={event => rename(event.target.value)}
      />
      {wrong && <span role="alert">{wrong}</span>}
    </label>
  )
}
