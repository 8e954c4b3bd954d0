/** A second vendor, as small as one can be: a table of devices, a TLB, and one command that empties it. It keeps the
 *  face of IOMMUs honest. */
import { bool, oneOf, optional, struct, table } from '../../src/model/index.ts'
import type { Value } from '../../src/model/index.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { rowAt } from '../../spec/iommu/paging.ts'
import type { Vocabulary } from '../../spec/iommu/vocabulary.ts'
import type { Step } from '../../spec/kernel/design.ts'
import type { Setup } from '../../spec/setup.ts'
import { actionOn } from '../../spec/state.ts'
import type { State } from '../../spec/state.ts'

const domain = ({ ids: id }: Pick<Setup, 'ids'>) => struct({
  on: bool, domains: table([id.device], optional(id.domain)),
  tlb: table([id.device, id.iova], optional(struct({ domain: id.domain, frame: id.frame, write: bool }))),
  waits: table([id.cpu], oneOf('idle', 'pending', 'done')),
})
type Unit = Value<ReturnType<typeof domain>>
/** Any clause will do. */
const rule = 'SDM:apic/physical'

const storeDomain: Step<Unit> = { name: 'storeDomain', says: 'name the domain of the device',
  then: ({ s, call }) => { s.unit.domains[call.device!] = call.domain } }
const forgetAll: Step<Unit> = { name: 'forgetAll', says: 'ask the unit to forget its TLB', uses: 'queue',
  then: ({ s, cpu, emit }) => { s.unit.waits[cpu] = 'pending'; emit.cost('lock') } }
const awaitForgotten: Step<Unit> = {
  name: 'awaitForgotten', says: 'wait until it has', when: ({ s, cpu }) => s.unit.waits[cpu] !== 'pending',
  then: ({ s, cpu }) => { s.unit.waits[cpu] = 'idle' },
}
export const toySteps = { storeDomain, forgetAll, awaitForgotten }
const steps: Vocabulary<Unit> = {
  storeDevice: [storeDomain], clearDevice: [], writeBackDevice: [], invalidateDevice: [], invalidateAbsentDevice: [],
  invalidatePage: [forgetAll], invalidateDomain: [forgetAll],
  invalidateAbsentPage: [], invalidateAbsentDomain: [], awaitInvalidation: [awaitForgotten],
  awaitAbsentPage: [], awaitAbsentDevice: [], flushStores: [],
  storeInterrupt: [], writeBackInterrupt: [], invalidateInterrupt: [forgetAll], buildInterruptTable: [],
  setInterruptTable: [], invalidateInterrupts: [forgetAll], freeInterruptTable: [],
}
const leaf = ({ unit, memory }: State<Unit>, device: number, iova: number, { bounds: b }: Setup) => {
  const of = unit.domains[device]!
  const cell = of === null || b.levels > 1 ? null : rowAt(memory, of, b)[iova]!.now
  return cell?.kind === 'leaf' ? { domain: of!, frame: cell.frame, write: cell.write } : null
}
export const toy: Iommu<Unit> = {
  name: 'toy', title: 'Toy', profile: 'xeon-2011-2016', capabilities: {}, clauses: {}, weakest: {}, narrow: {},
  refusals: {},
  rules: { 'leaf-entry': rule, 'table-entry': rule, 'write-back': rule, 'interrupt-drain': rule, 'old-or-new': rule,
    untranslated: rule },
  clauseOf: {
    'no-dma-escape': rule, 'no-access-after-unmap': rule, 'no-freed-table': rule, 'no-wrong-permission': rule,
    'new-mapping-works': rule, 'no-misdelivery': rule,
    'no-forged-interrupt': rule, 'wait-ends': rule, 'invalidations-complete': rule,
  },
  steps, posting: null, variants: () => ({}), domain, queueTag: 'queue',
  start: ({ unit }, { design }, { domains }) => {
    unit.on = design.remapsDma
    domains.forEach((of, device) => { unit.domains[device] = of })
  },
  canStartAt: () => true, translates: unit => unit.on, remapsInterrupts: () => false, reaches: () => true,
  actions: setup => setup.bounds.frames === 0 || !setup.use.dma ? [] : [
    actionOn<Unit>()('toy.fill', { says: 'fill the TLB', agent: 'iommu', path: 'dma',
      params: { device: setup.ids.device, iova: setup.ids.iova },
      when: (s, p) => s.unit.tlb[p.device]![p.iova] === null && leaf(s, p.device, p.iova, setup) !== null,
      then: (d, p) => { d.unit.tlb[p.device]![p.iova] = leaf(d, p.device, p.iova, setup) } }),
    actionOn<Unit>()('toy.forget', { says: 'forget the TLB', agent: 'iommu', fair: 'strong', path: 'invalidate',
      params: { cpu: setup.ids.cpu },
      when: (s, p) => s.unit.waits[p.cpu] === 'pending' && s.inFlight.every(one => one === null),
      then: (d, p) => { d.unit.waits[p.cpu] = 'done'; for (const row of d.unit.tlb) row.fill(null) } }),
  ],
  hasOneEntry: false, passes: unit => !unit.on, isOfAbsentDevice: () => false,
  fills: [{ action: 'toy.fill', args: ['device', 'iova'] }],
  request: ({ unit }, { device, iova, write }) => {
    const hit = unit.tlb[device]![iova]!
    if (hit === null) return { kind: 'walks' }
    return write && !hit.write ? { kind: 'blocked', reason: 1 } : { kind: 'hit', domain: hit.domain, frame: hit.frame }
  },
  block: (_, dma, reason, emit) => { emit.observe({ what: 'blocked', ...dma, reason }) },
  deliver: () => ({ kind: 'rejected', reason: 0 }),
  waitStatus: ({ waits }, cpu) => waits[cpu]!, queuedWaits: ({ waits }, cpu) => waits[cpu] === 'pending' ? 1 : 0,
  holdsTable: () => false, drainsAll: () => false,
}
