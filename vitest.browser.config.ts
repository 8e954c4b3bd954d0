/** The tests of report pages and the explorer in a real browser: `npm run test:browser`. */
import { defineConfig } from 'vitest/config'
import { onlyHangs, resolve } from './vitest.config.ts'

export default defineConfig({
  resolve,
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/browser/setup.ts',
    ...onlyHangs,
    // Each suite has a Chromium beside it, which takes about as much time as the suite.
    maxWorkers: 1,
  },
})
