import { defineConfig } from 'vitest/config'

/** An hour: no test takes that on any machine, and one that hangs is told by its name. */
const hang_ms = 3_600_000
export const onlyHangs = { testTimeout: hang_ms, hookTimeout: hang_ms, teardownTimeout: hang_ms }

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'properties/**/*.test.ts'],
    // They need QEMU: vitest.qemu.config.ts.
    exclude: ['test/qemu/**'],
    ...onlyHangs,
    // Two cores are what CI has; vitest alone would leave one of them idle.
    maxWorkers: 2,
    // Suites of one worker share the modules: loading them anew for each took a fifth of the time. No suite may leave
    // anything in them.
    isolate: false,
  },
})
