import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { entries } from './bin/entries.js'

/** An hour: no test takes that on any machine, and one that hangs is told by its name. */
const hang_ms = 3_600_000
export const onlyHangs = { testTimeout: hang_ms, hookTimeout: hang_ms, teardownTimeout: hang_ms }

/** `import 'remapcheck/spec'` is the sources here, as it is in a module that is given to a command. */
export const resolve = { alias: Object.entries(entries).map(([name, source]) =>
  ({ find: new RegExp(`^${name}$`), replacement: fileURLToPath(new URL(source, import.meta.url)) })) }

export default defineConfig({
  resolve,
  test: {
    include: ['test/**/*.test.ts', 'properties/**/*.test.ts', 'examples/**/*.test.mjs'],
    // They need QEMU, or a browser: vitest.qemu.config.ts, vitest.browser.config.ts.
    exclude: ['test/qemu/**', 'test/browser/**'],
    setupFiles: ['test/setup.ts'],
    ...onlyHangs,
    // Two cores are what CI has; vitest alone would leave one of them idle.
    maxWorkers: 2,
    // Suites of one worker share the modules: loading them anew for each took a fifth of the time. No suite may leave
    // anything in them.
    isolate: false,
  },
})
