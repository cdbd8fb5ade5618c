// Two pages into tornchat/web/, each beside its compressed twins; in development a proxy to a running server.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compress } from './compress.ts'

const server = process.env.TORNCHAT ?? 'http://localhost:4000'

export default defineConfig({
  plugins: [react(), compress({ scriptBudget: 150_000 })],
  appType: 'mpa',
  build: {
    outDir: '../tornchat/web',
    emptyOutDir: true,
    modulePreload: { polyfill: false }, // every browser that has what the pages need has it
    assetsInlineLimit: 0, // nothing inline: the Content-Security-Policy forbids it
    reportCompressedSize: false,
    rolldownOptions: { input: ['index.html', 'dashboard.html'] },
  },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(['/say', '/listen', '/board', '/rooms', '/health'].map(path => [path, server])),
  },
})
