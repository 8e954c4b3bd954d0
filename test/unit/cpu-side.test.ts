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

/** Of each claim, and of each witness, what came of it. */
async function verdicts(design: Design, at: Partial<Bounds>) {
  const b = bounds(at), { complete, results } = await checkMachine(remapMachine(design, b, propertiesFor(design, b)))
  expect(complete).toBe(true)
  expect(results.map(({ property }) => property)).toContain('unmapped-on-both-sides')
  return results.map(({ property, outcome }) => `${outcome} ${property}`)
}
const twoCallers = { cpus: 2, callers: 2, frames: 1, iovas: 1 }

test.each([
  // The frame is the driver's before either store: it may reach it by CPU or by device first.
  ['pmap-unified', 'map/storeCpuPte<>storePte', twoCallers],
  ['single-server', 'map/storeCpuPte<>storePte', twoCallers],
  ['vm-assigned', 'map/mapForGuest<>pinPage', twoCallers],
] as const)('%s keeps its claims with %s', async (name, edit, at) => {
  expect(await verdicts(designNamed(`${name}~${edit}`)!, at)).toEqual(await verdicts(designNamed(name)!, at))
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
] as const)('a CPU that fills its TLB with anything changes no verdict of %s', async (name, at) => {
  const design = designNamed(name)!
  expect(await verdicts({ ...design, hardware: { fillAnything } } as never, at)).toEqual(await verdicts(design, at))
})
