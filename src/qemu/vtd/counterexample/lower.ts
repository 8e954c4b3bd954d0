/** A step of the model as what is done to a real machine: stores, registers, descriptors, DMA, messages. It goes by the
 *  states before and after, not by the names of steps, so it serves every design. */
import { cellsOf, inputOf } from '../../../../spec/iommu/paging.ts'
import type { Bounds } from '../../../../spec/bounds.ts'
import {
  compatibilityAddress, compatibilityData, descriptorOf, encode, entriesOf, irtaOf, memoryOf, placedDescriptor,
  qwordsOf, remappableAddress,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor, Placement, RawEntry, VtdState as State } from '../../../../spec/vtd/index.ts'
import { expectedOf, hasRaised, isFresh, requestsOf, sentIn } from '../../counterexample/deeds.ts'
import type { DmaDeed, Lowered as AnyLowered, MessageDeed, ModelStep as AnyStep } from '../../counterexample/deeds.ts'
import type { LimitName } from './limits.ts'

export type HostOp =
  | { readonly kind: 'store'; readonly entry: RawEntry }
  | { readonly kind: 'enable'; readonly bit: 'TE' | 'IRE' | 'CFI'; readonly on: boolean }
  | { readonly kind: 'interrupt-table'; readonly irta: bigint }
  | { readonly kind: 'descriptors'; readonly descriptors: readonly Descriptor[] }
  | { readonly kind: 'command'; readonly descriptor: Descriptor }
  | DmaDeed | MessageDeed

type ModelStep = AnyStep<State['unit']>
type Lowered = AnyLowered<HostOp, LimitName>

/** A page that no bounded table maps: a request to it fills the context cache and nothing else. */
export const nowhere = 2 ** 39 - 4096
/** QEMU's CAP.MAMV. */
const widestMask = 18

export function lower(step: ModelStep, b: Bounds, at: Placement, status: number): Lowered {
  const parts: readonly Lowered[] = [softwareOf(step, b, at, status), fillsOf(step, b),
    { deeds: requestsOf(step, b, at.frames), limits: [] }, messageOf(step, b, at)]
  const deeds = parts.flatMap(part => part.deeds)
  const asked = deeds.some(({ kind }) => kind === 'dma' || kind === 'message')
  return { deeds, limits: [...new Set([...parts.flatMap(part => part.limits), ...asked ? waitingOf(step) : []])] }
}
const only = (...limits: readonly LimitName[]): Lowered => ({ deeds: [], limits })

/** What software wrote: tables, registers, queue. */
function softwareOf({ before, after }: ModelStep, b: Bounds, at: Placement, status: number): Lowered {
  const was = entriesOf(memoryOf(before), b, at, 'software'), is = entriesOf(memoryOf(after), b, at, 'software')
  const stores = is.filter((entry, i) => entry.words.some((word, k) => word !== was[i]!.words[k]))
    .map((entry): HostOp => ({ kind: 'store', entry }))
  const bits = ([['TE', 'tes'], ['IRE', 'ires'], ['CFI', 'cfis']] as const)
    .filter(([, name]) => before.unit[name] !== after.unit[name])
    .map(([bit, name]): HostOp => ({ kind: 'enable', bit, on: after.unit[name] }))
  const table = before.unit.tables.irta !== after.unit.tables.irta || before.unit.eime !== after.unit.eime
    ? [interruptTable(after, b, at)] : []
  const placed = (entry: (typeof after.unit.queue)[number]): Descriptor =>
    narrowed(placedDescriptor(descriptorOf(entry), b, at, status))
  const added = after.unit.queue.slice(before.unit.queue.length).map(placed)
  const asked = before.unit.register === null && after.unit.register !== null ? [placed(after.unit.register)] : []
  const wide = [...after.unit.queue.slice(before.unit.queue.length), ...asked.length > 0 ? [after.unit.register!] : []]
    .some(entry => {
      const d = placedDescriptor(descriptorOf(entry), b, at, status)
      return d.type === 'iotlb' && d.addressMask > widestMask
    })
  return {
    deeds: [...stores, ...table, ...bits,
      ...added.length > 0 ? [{ kind: 'descriptors', descriptors: added } as const] : [],
      ...asked.map((descriptor): HostOp => ({ kind: 'command', descriptor }))],
    limits: wide ? ['no-wide-mask'] : [],
  }
}
const narrowed = (d: Descriptor): Descriptor =>
  d.type === 'iotlb' && d.addressMask > widestMask
    ? { ...d, granularity: 'domain', page: 0, addressMask: 0, hint: false } : d
export const interruptTable = ({ unit }: State, b: Bounds, at: Placement): HostOp =>
  ({ kind: 'interrupt-table', irta: qwordsOf(irtaOf(unit.tables.irta, unit.eime, b, at))[0]! })

/** What hardware cached in this step. */
function fillsOf({ before, after }: ModelStep, b: Bounds): Lowered {
  const deeds: HostOp[] = []
  const limits: LimitName[] = []
  after.unit.contextCache.forEach((cached, device) => {
    const was = before.unit.contextCache[device]!
    if (cached === null || !isFresh(was, cached)) return
    if (was !== null) limits.push('drops-nothing')
    if (cached.entry === null) limits.push('caches-no-refusal')
    else deeds.push({ kind: 'dma', device, write: false, address: nowhere, why: 'context', expected: null })
  })
  after.unit.iotlb.forEach((row, device) => row.forEach((cached, iova) => {
    const was = before.unit.iotlb[device]![iova]!
    if (cached === null || !isFresh(was, cached)) return
    if (was !== null) limits.push('drops-nothing')
    if (cached.frame === null) limits.push('caches-no-refusal')
    else deeds.push({ kind: 'dma', device, write: false, address: inputOf(iova, b), why: 'fill',
      expected: { kind: 'landed', frame: cached.frame } })
  }))
  if (after.unit.pagingCache.some((row, i) => row.some((page, j) => isFresh(before.unit.pagingCache[i]![j], page))))
    limits.push('no-paging-structure-cache')
  if (after.unit.iec.some((entry, i) => isFresh(before.unit.iec[i], entry))) limits.push('no-interrupt-entry-cache')
  return { deeds, limits }
}

/** A message that reached the unit. It is sent when it arrives, with what it held when it left. */
function messageOf(step: ModelStep, b: Bounds, at: Placement): Lowered {
  if (step.seen.some(({ what }) => what === 'posted')) return only('posts-nothing')
  const sent = sentIn(step, b)
  if (sent === null) return hasRaised(step) ? only('no-mask-bit') : only()
  const expected = expectedOf(step)
  const passed = sent.format === 'compatible' && expected.kind === 'rejected' && step.before.unit.ires
  const limits: readonly LimitName[] = [...b.wideIds === 1 ? ['no-wide-ids' as const] : [],
    ...passed ? ['passes-compatible-format' as const] : []]
  if (sent.format === 'remappable') {
    const address = encode(remappableAddress, { FEE: 0xfee, FORMAT: 1, HANDLE: sent.index })[0]!
    return { deeds: [{ kind: 'message', device: sent.device, address, data: 0, expected }], limits }
  }
  const address = encode(compatibilityAddress, { FEE: 0xfee, DST: sent.id })[0]!,
    data = encode(compatibilityData, { V: at.vectors[sent.vector]! })[0]!
  return { deeds: [{ kind: 'message', device: sent.device, address, data, expected }], limits }
}
/** What is under way in the model while something is asked of the unit, and in QEMU cannot be. */
function waitingOf({ before: { unit, memory } }: ModelStep): readonly LimitName[] {
  const cells = [...unit.tables.context, ...cellsOf(memory), ...unit.tables.irt.flat()]
  return [
    ...unit.queue.length > 0 || unit.register !== null ? ['invalidates-at-once' as const] : [],
    ...cells.some(({ pending }) => pending.length > 0) ? ['sees-stores-at-once' as const] : [],
  ]
}
