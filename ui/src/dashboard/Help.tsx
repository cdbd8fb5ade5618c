// Which key does what.

import { Dialog } from './Dialog.tsx'
import type { Key } from './keys.ts'

export function Help({ keys, close }: { keys: readonly Key[]; close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">
        {keys.map(({ key, does }) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}
        <div><dt><kbd>Enter</kbd></dt><dd>open the card</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>close, or leave the filter</dd></div>
      </dl>
    </Dialog>
  )
}
