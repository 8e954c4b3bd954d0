/** What my kernel keeps, what it would lose without a step, and a claim of my own. A failure prints the shortest way. */
import { expect, test } from 'vitest'
import { awaitInvalidation, without } from 'remapcheck/spec'
import 'remapcheck/vitest'
import kernel from './my-kernel.mjs'

test.each(['mapping', 'tables'])('isolates devices in the scope %s', async scope => {
  await expect(kernel).toHold({ scope })
})

test('needs to wait for the invalidation', async () => {
  const careless = without(kernel, 'unmap', awaitInvalidation)
  await expect(careless).not.toHold({ scope: 'mapping', properties: ['no-dma-escape'] })
})

test('drops its locks', async () => {
  await expect(kernel).toHold({ scope: 'mapping', properties: ['locks-are-held-by-calls'] })
})
