/** Right designs on every hardware: what a capability asks for is there, and what it spares may be left out. */
import { expect, test } from 'vitest'
import { noForgedInterrupt } from '../../properties/interrupts/no-forged-interrupt.ts'
import { noLostEdge } from '../../properties/interrupts/no-lost-edge.ts'
import { propertiesFor } from '../../properties/index.ts'
import { badBounds, bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { without, withProtocol } from '../../spec/kernel/design.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { designNamed } from '../../spec/designs.ts'
import {
  awaitInvalidation, awaitOldVectorIdle, claimVector, clearIrte, invalidateIec, invalidateIecAll, releaseOldVector,
  storeIrte,
} from '../../spec/steps.ts'
import { remapMachine } from '../../spec/machine.ts'
import { exploreExhaustively } from '../../src/index.ts'
import { oneSource, reassigning, twoLevels } from './mutant.ts'

async function violated(design: Design, b: Bounds, properties = propertiesFor(design, b)): Promise<string[]> {
  const { complete, results } = await exploreExhaustively(remapMachine(design, b, properties))
  // A search ends early only when all it was asked is violated.
  expect(complete || results.every(({ outcome }) => outcome === 'violated')).toBe(true)
  return results.filter(({ outcome }) => outcome === 'violated').map(({ property }) => property)
}

/** Each capability away from the modern default, and all of them. */
const modern = { cm: 0, rwbf: 0, coherent: 1, psi: 1 }
const hardware = [modern, { ...modern, cm: 1 }, { ...modern, rwbf: 1 }, { ...modern, coherent: 0 },
  { ...modern, psi: 0 }, { cm: 1, rwbf: 1, coherent: 0, psi: 0 }]
const named = (name: string): Design => designNamed(name)!

test.each(hardware)('DMA: cm $cm, rwbf $rwbf, coherent $coherent, psi $psi', async caps => {
  for (const name of ['ring0-strict', 'driver-server']) {
    expect(await violated(named(name), bounds({ ...reassigning, ...caps })), `${name}, devices move`).toEqual([])
    expect(await violated(named(name), bounds({ ...twoLevels, ...caps })), `${name}, two levels`).toEqual([])
  }
  expect(await violated(named('ring0-deferred'), bounds({ ...reassigning, ...caps })))
    .toEqual(['no-access-after-unmap'])
})

test.each([0, 1].flatMap(rwbf => [0, 1].flatMap(coherent => [0, 1].map(esirtps => ({ rwbf, coherent, esirtps })))))(
  'interrupts: rwbf $rwbf, coherent $coherent, esirtps $esirtps',
  async caps => {
    for (const name of ['ring0-strict', 'ring0-strict+table-switch', 'driver-server'])
      expect(await violated(named(name), bounds({ ...oneSource, ...caps })), name).toEqual([])
  })

const everyAmd = [0, 1].flatMap(npCache => [0, 1].flatMap(coherent =>
  [0, 1].map(ordered => ({ npCache, coherent, ordered }))))
test.each(everyAmd)('AMD-Vi: npCache $npCache, coherent $coherent, ordered $ordered', async caps => {
  for (const name of ['ring0-strict@amdvi', 'ring0-words@amdvi', 'driver-server@amdvi']) {
    expect(await violated(named(name), bounds({ ...reassigning, ...caps })), `${name}, devices move`).toEqual([])
    expect(await violated(named(name), bounds({ ...twoLevels, ...caps })), `${name}, two levels`).toEqual([])
  }
  for (const name of ['ring0-strict@amdvi', 'ring0-strict@amdvi+table-switch'])
    expect(await violated(named(name), bounds({ ...oneSource, ...caps })), name).toEqual([])
  expect(await violated(named('ring0-deferred@amdvi'), bounds({ ...reassigning, ...caps })))
    .toEqual(['no-access-after-unmap'])
})

test('with CAP.ESIRTPS a table switch needs no invalidation of its own; without it, it does', async () => {
  const design = without(named('ring0-strict+table-switch'), 'migrateInterrupt', invalidateIecAll)
  const asked = [noLostEdge.property]
  expect(await violated(design, bounds({ ...oneSource, esirtps: 1 }), asked)).toEqual([])
  expect(await violated(design, bounds({ ...oneSource, esirtps: 0 }), asked)).toEqual(['no-lost-edge'])
})

test.each(['no-iommu', 'user-port-io', 'ring0-strict+source-masked',
  'driver-server'])('%s: sources start where their messages arrive, with a CPU beyond 8-bit destinations',
  async name => {
    expect(await violated(named(name), bounds({ cpus: 2, devices: 2, sources: 2, vectors: 2, wideIds: 1, eim: 0 })))
      .toEqual([])
  })

/** Where no message can name a CPU, nothing starts there and nothing moves there. */
const wide = [0, 1].flatMap(wideIds => [0, 1].flatMap(eim => [1, 2].map(sources => ({ wideIds, eim, sources }))))
test.each(wide)('start states and moves are such as the hardware can reach: wideIds $wideIds, eim $eim, sources '
  + '$sources', async caps => {
  const b = bounds({ cpus: 2, devices: 2, vectors: 2, migrate: 1, ...caps })
  for (const name of ['no-iommu', 'ring0-strict', 'ring0-strict+source-masked', 'ring0-strict+table-switch'])
    expect(await violated(named(name), b,
      propertiesFor(named(name), b).filter(({ kind }) => kind === 'always' || kind === 'step')), name).toEqual([])
})

test('an entry that was cleared is stored as the design wants it: with its source', async () => {
  const moves = [claimVector, clearIrte, invalidateIec, awaitInvalidation, storeIrte, awaitOldVectorIdle,
    releaseOldVector]
  const b = bounds({ ...oneSource, devices: 2, hostile: 1 }), asked = [noForgedInterrupt.property]
  const design = withProtocol(named('ring0-strict'), 'migrateInterrupt', moves)
  expect(await violated(design, b, asked)).toEqual([])
  expect(await violated({ ...design, verifiesSource: false }, b, asked)).toEqual(['no-forged-interrupt'])
})

test('a design without ports is asked nothing of them, one with a single driver nothing of the others', () => {
  const asked = (name: string, domains: number): string[] =>
    propertiesFor(named(name), bounds({ devices: 2, domains, ports: 1 })).map(property => property.name)
      .filter(property => property.includes('port'))
  expect(asked('ring0-strict', 2)).toEqual([])
  expect(asked('user-port-io', 1)).toEqual(['no-foreign-port', 'a-port-is-accessed'])
  expect(asked('user-port-io', 2)).toEqual(['no-foreign-port', 'a-port-is-accessed', 'a-port-access-is-refused'])
})

test.each([
  ['a source on a CPU that not every message can name', { cpus: 2, devices: 2, sources: 2, vectors: 1, wideIds: 1 },
    'do not fit on CPU 0'],
  ['tables that no page can be mapped with', { ...twoLevels, levels: 3 }, 'needs 2 table pages'],
  ['a pool of tables that no level uses', { frames: 1, iovas: 1, tables: 1 }, 'has no meaning with levels=1'],
  ['levels without DMA', { levels: 2, tables: 1 }, 'has no meaning without DMA'],
  ['read-only mappings without DMA', { readOnly: 1 }, 'has no meaning without DMA'],
  ['wide ids without interrupts', { cpus: 2, wideIds: 1 }, 'has no meaning without interrupts'],
  ['a move to nowhere', { cpus: 2, sources: 2, vectors: 1, migrate: 1 }, 'leave no vector to move to'],
])('bounds that show nothing are refused: %s',
  (_, changes, because) => { expect(badBounds(bounds(changes))).toContain(because) })
