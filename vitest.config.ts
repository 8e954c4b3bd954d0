import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'properties/**/*.test.ts'],
    // They need QEMU: vitest.qemu.config.ts.
    exclude: ['test/qemu/**'],
    testTimeout: 60_000,
    // Two cores are what CI has; vitest alone would leave one of them idle.
    maxWorkers: 2,
    // Suites of one worker share the modules: loading them anew for each took a fifth of the time. No suite may leave anything in them.
    isolate: false,
  },
})
