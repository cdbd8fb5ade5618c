// Said text: links can be clicked on, and nothing in it is ever markup.

import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { Text } from '../../src/chat/Text.tsx'

const html = (text: string) => renderToStaticMarkup(<Text text={text} />)
const links = (text: string) => [...html(text).matchAll(/href="([^"]*)"/g)].map(match => match[1])

test.each([
  ['see https://example.org/a?x=1#y.', ['https://example.org/a?x=1#y']],
  ['(https://example.org/a_(b)) and http://b.example', ['https://example.org/a_(b)', 'http://b.example']],
  ['https://example.org/a, then', ['https://example.org/a']],
  ['https://', []],
  ['https://[', []],
  ['javascript:alert(1) data:text/html,x file:///etc/passwd', []],
  ['xhttps://example.org', ['https://example.org']],
])('links of %s', (text, expected) => {
  expect(links(text)).toEqual(expected)
})

test.each(['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', 'https://a.example/"onmouseover="alert(1)'])(
  '%s stays text', text => {
    expect(html(text)).not.toMatch(/<(?!a |\/a)/)
    expect(html(text)).not.toMatch(/<[^>]*\son\w+=/)
  },
)
