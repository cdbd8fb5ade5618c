// A link to where the CI shows it. An URL that is not of the web is text: it may come from anybody.

import type { ReactNode } from 'react'

export function Link({ url, children }: { url: string | undefined; children: ReactNode }) {
  if (!url || !/^https?:\/\//i.test(url) || !URL.canParse(url)) return <span>{children}</span>
  return <a href={url} target="_blank" rel="noopener noreferrer">{children}</a>
}
