/** Two orders of a protocol may both be right: the claims accuse neither. */
import { expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { bounds } from '../../spec/bounds.ts'
import { designNamed } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { checkMachine } from '../../src/index.ts'

const twoCallers = { cpus: 2, callers: 2, frames: 1, iovas: 1 }
const orders = [
  // The frame is the driver's before either store: it may reach it by CPU or by device first.
  ['pmap-unified', 'map/storeCpuPte<>storePte', twoCallers],
  ['single-server', 'map/storeCpuPte<>storePte', twoCallers],
  ['vm-assigned', 'map/mapForGuest<>pinPage', twoCallers],
  // The lock is held, and the device cannot walk yet, or no longer.
  ['vm-assigned', 'attach/claimDevice<>pinGuest', { ...twoCallers, reassign: 1 }],
  ['vm-assigned', 'detach/unpinGuest<>invalidateDomain', { ...twoCallers, reassign: 1 }],
] as const

test.each(orders)('%s keeps its claims with %s', async (name, edit, at) => {
  const design = designNamed(`${name}~${edit}`)!, b = bounds(at)
  const { complete, results } = await checkMachine(remapMachine(design, b, propertiesFor(design, b)))
  expect(complete).toBe(true)
  expect(results.filter(({ outcome }) => outcome !== 'holds' && outcome !== 'reached')).toEqual([])
  expect(results.map(({ property }) => property)).toContain('unmapped-on-both-sides')
})
