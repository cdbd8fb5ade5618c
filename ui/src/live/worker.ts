// The SharedWorker: one stream for all tabs of this browser.

import { Sharing } from './sharing.ts'

const sharing = new Sharing()
addEventListener('connect', event => {
  const [port] = (event as MessageEvent).ports
  if (port) sharing.join(port)
})
