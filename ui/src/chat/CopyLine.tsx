// A line for a terminal, with a button that copies it.

import { useRef, useState } from 'react'

export function CopyLine({ label, text }: { label: string; text: string }) {
  const code = useRef<HTMLElement>(null)
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    setCopied(await copyText(text, code.current))
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <p className="copy-line">
      <span className="muted">{label}</span>
      <code ref={code}>{text}</code>
      <button onClick={() => void copy()} aria-label={`Copy the line: ${label}`}>{copied ? 'Copied' : 'Copy'}</button>
      <span className="hidden" role="status">{copied ? 'Copied' : ''}</span>
    </p>
  )
}

/** Whether it is in the clipboard. A page that came by plain http may not write there: the line is then selected. */
async function copyText(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (element) getSelection()?.selectAllChildren(element)
    return document.execCommand('copy')
  }
}
