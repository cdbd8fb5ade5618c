// A wall screen needs nothing but its address.

import { expect, test } from 'vitest'
import { format, parse } from '../../src/dashboard/view.ts'

test('what the URL says comes back from it', () => {
  const url = '?filter=shop/(web|api)&only=failing&group=1&density=wall&theme=light'
  const view = parse(url, 'dark')
  expect(view).toEqual({ filter: 'shop/(web|api)', only: 'failing', group: true, density: 'wall', theme: 'light' })
  expect(parse(format(view, 'dark'), 'dark')).toEqual(view)
})

test('a plain address is the plain view, and a strange one too', () => {
  expect(format(parse('', 'dark'), 'dark')).toBe('')
  expect(parse('?density=%00&theme=pink&only=x', 'light')).toEqual(parse('', 'light'))
})
