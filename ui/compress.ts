// A Vite plug-in: .gz and .br beside each text that is served, and an end to a build whose scripts grew too big.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(js|css|html|svg)$/

/** `scriptBudget`: bytes of gzip that all scripts together may take. */
export function compress({ scriptBudget }: { scriptBudget: number }): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    writeBundle({ dir = '' }) {
      if (this.environment.config.consumer !== 'client') return
      let scripts = 0
      for (const name of readdirSync(dir, { recursive: true, encoding: 'utf-8' })) {
        if (!TEXT.test(name)) continue
        const bytes = readFileSync(join(dir, name))
        const gzip = gzipSync(bytes, { level: 9 })
        writeFileSync(join(dir, `${name}.gz`), gzip)
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(bytes, {
          params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
        }))
        if (name.endsWith('.js')) scripts += gzip.length
      }
      const sentence = `JavaScript: ${(scripts / 1000).toFixed(1)} KB gzip in all, ${scriptBudget / 1000} KB allowed`
      if (scripts > scriptBudget) this.error(sentence)
      console.log(sentence)
    },
  }
}
