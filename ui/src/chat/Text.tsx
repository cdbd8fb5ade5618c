// Said text, with its links to click on. Nothing in it is ever markup.

const LINK = /https?:\/\/[^\s<>"'`\u00a0\u2000-\u200f\u2028-\u202f\u3000]+/gi
const TRAILING = /[.,;:!?…]+$/

export function Text({ text }: { text: string }) {
  const parts = []
  let from = 0
  for (const match of text.matchAll(LINK)) {
    const url = trimmed(match[0])
    if (!URL.canParse(url)) continue
    parts.push(
      text.slice(from, match.index),
      <a key={match.index} href={url} target="_blank" rel="noopener noreferrer nofollow ugc">{url}</a>,
    )
    from = match.index + url.length
  }
  return <>{parts}{text.slice(from)}</>
}

/** Without what ends the sentence, and a bracket that was opened before the link. */
function trimmed(found: string): string {
  let url = found.replace(TRAILING, '')
  while (url.endsWith(')') && url.split(')').length > url.split('(').length) url = url.slice(0, -1).replace(TRAILING, '')
  return url
}
