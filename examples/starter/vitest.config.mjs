import { defineConfig } from 'vitest/config'

/** A search takes as long as it takes: minutes in larger scopes. */
export default defineConfig({ test: { testTimeout: 600_000 } })
