/** What my kernel keeps, what it would lose without a step, and a claim of my own. A failure prints the shortest way. */
import { expect, test } from 'vitest'
import { propertiesOf } from 'remapcheck'
import { awaitInvalidation, remapMachine, scopes, without } from 'remapcheck/spec'
import 'remapcheck/vitest'
import kernel from './my-kernel.mjs'

test.each(['mapping', 'tables'])('isolates devices in the scope %s', async scope => {
  await expect(kernel).toHold({ scope })
})

test('needs to wait for the invalidation', async () => {
  const careless = without(kernel, 'unmap', awaitInvalidation)
  await expect(careless).not.toHold({ scope: 'mapping', properties: ['no-dma-escape'] })
})

const { always, sometimes } = propertiesOf()
const locksAreHeldByCalls = always('locks-are-held-by-calls',
  { claim: 'a CPU that is in no call holds no lock of tables' },
  ({ state: { kernel: { tableLock, calls } } }) => {
    const domain = tableLock.findIndex(cpu => cpu !== null && calls[cpu] === null)
    return domain < 0 || { because: `CPU ${tableLock[domain]} left its call with the lock`, witness: { domain } }
  })
/** A claim about locks means nothing where no lock is ever taken. */
const aLockIsTaken = sometimes('a-lock-is-taken', { claim: 'some CPU takes a lock' },
  ({ state }) => state.kernel.tableLock.some(cpu => cpu !== null))

test('drops its locks', async () => {
  const { bounds } = scopes.find(({ name }) => name === 'mapping')
  await expect(remapMachine(kernel, bounds, [locksAreHeldByCalls, aLockIsTaken])).toHold()
})
