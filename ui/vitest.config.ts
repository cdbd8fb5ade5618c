// Unit tests of what is pure, and of small components.

import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}'] } })
