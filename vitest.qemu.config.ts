/** The tests that hold the model against QEMU: `npm run test:qemu`. */
import { defineConfig } from 'vitest/config'
import { onlyHangs, resolve } from './vitest.config.ts'

export default defineConfig({
  resolve,
  test: {
    include: ['test/qemu/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    globalSetup: 'test/qemu/setup.ts',
    ...onlyHangs,
    // Each test has a QEMU beside it, which takes about as much time as the test.
    maxWorkers: 1,
  },
})
