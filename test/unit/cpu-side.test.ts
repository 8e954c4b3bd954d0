/** What the claims about both sides of memory do not accuse: an order that is as right as that of the design, and a CPU
 *  that does more by itself than it may. */
import { expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { designNamed } from '../../spec/designs.ts'
import type { Design } from '../../spec/kernel/design.ts'
import type { CpuSide } from '../../spec/kernel/pmap-unified.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { HardwareSpec } from '../../spec/step.ts'
import { checkMachine } from '../../src/index.ts'

/** Claims that do not hold, witnesses that are not reached, actions that never fire. */
async function accusations(design: Design, at: Partial<Bounds>) {
  const b = bounds(at)
  const { complete, results, coverage } = await checkMachine(remapMachine(design, b, propertiesFor(design, b)))
  expect(complete).toBe(true)
  expect(results.map(({ property }) => property)).toContain('unmapped-on-both-sides')
  return [...results.filter(({ outcome }) => outcome !== 'holds' && outcome !== 'reached'),
    ...Object.entries(coverage.actions).filter(([, { fired }]) => fired === 0)]
}
const twoCallers = { cpus: 2, callers: 2, frames: 1, iovas: 1 }

test.each([
  // The frame is the driver's before either store: it may reach it by CPU or by device first.
  ['pmap-unified', 'map/storeCpuPte<>storePte', twoCallers],
  ['single-server', 'map/storeCpuPte<>storePte', twoCallers],
  ['vm-assigned', 'map/mapForGuest<>pinPage', twoCallers],
] as const)('%s keeps its claims with %s', async (name, edit, at) => {
  expect(await accusations(designNamed(`${name}~${edit}`)!, at)).toEqual([])
})

/** At any time, in any call or none, and of any driver. */
const fillAnything: HardwareSpec<unknown, CpuSide, Readonly<Record<'cpu' | 'domain' | 'iova', number>>> = {
  says: 'fill the TLB with any page', params: ({ id }) => ({ domain: id.domain, iova: id.iova }),
  when: ({ s, args: { cpu, domain, iova } }) => s.own.pages[domain]![iova] !== null
    && s.own.pages[domain]![iova] !== s.own.tlb[cpu]![domain]![iova],
  then: ({ s, args: { cpu, domain, iova } }) => { s.own.tlb[cpu]![domain]![iova] = s.own.pages[domain]![iova]! },
}
test.each([
  ['pmap-unified', { ...twoCallers, devices: 2, domains: 2 }], ['single-server', twoCallers],
  ['vm-assigned', twoCallers],
] as const)('a CPU that fills its TLB with anything does %s no harm', async (name, at) => {
  expect(await accusations({ ...designNamed(name)!, hardware: { fillAnything } } as never, at)).toEqual([])
})
