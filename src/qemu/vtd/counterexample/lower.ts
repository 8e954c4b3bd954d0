/** A step of the model as what is done to a real machine: stores, registers, descriptors, DMA, messages. It goes by the
 *  states before and after, not by the names of steps, so it serves every design. */
import { cellsOf } from '../../../../spec/iommu/paging.ts'
import type { Op } from '../../../model/index.ts'
import type { Bounds } from '../../../../spec/bounds.ts'
import type { MachineObservation } from '../../../../spec/observations.ts'
import {
  compatibilityAddress, compatibilityData, descriptorOf, encode, entriesOf, inputOf, irtaOf, memoryOf,
  placedDescriptor, qwordsOf, remappableAddress,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor, Placement, RawEntry, VtdState as State } from '../../../../spec/vtd/index.ts'
import { apicIdOf } from '../../../../spec/apic/ids.ts'
import type { LimitName } from './limits.ts'

export interface ModelStep {
  readonly op: Op
  readonly before: State
  readonly after: State
  readonly seen: readonly MachineObservation[]
}

/** What came of a request: by the model, in small ids, and likewise by QEMU. Reasons are null where none was
 *  recorded. */
export type Outcome =
  | { readonly kind: 'landed'; readonly frame: number } | { readonly kind: 'blocked'; readonly reason: number | null }
  | { readonly kind: 'accepted'; readonly cpu: number; readonly vector: number }
  | { readonly kind: 'rejected'; readonly reason: number | null }

export type HostOp =
  | { readonly kind: 'store'; readonly entry: RawEntry }
  | { readonly kind: 'enable'; readonly bit: 'TE' | 'IRE' | 'CFI'; readonly on: boolean }
  | { readonly kind: 'interrupt-table'; readonly irta: bigint }
  | { readonly kind: 'descriptors'; readonly descriptors: readonly Descriptor[] }
  | { readonly kind: 'command'; readonly descriptor: Descriptor }
  /** `fill`: a request that stands for hardware filling its caches unasked. `expected` is the model's, null where it
   *  has none to compare. */
  | {
    readonly kind: 'dma'
    readonly device: number
    readonly write: boolean
    readonly address: number
    readonly why: 'context' | 'fill' | 'request' | 'also'
    readonly expected: Outcome | null
  }
  | {
    readonly kind: 'message'
    readonly device: number
    readonly address: number
    readonly data: number
    readonly expected: Outcome
  }

export interface Lowered { readonly deeds: readonly HostOp[]; readonly limits: readonly LimitName[] }

/** A page that no bounded table maps: a request to it fills the context cache and nothing else. */
export const nowhere = 2 ** 39 - 4096
/** QEMU's CAP.MAMV. */
const widestMask = 18

export function lower(step: ModelStep, b: Bounds, at: Placement, status: number): Lowered {
  const parts = [softwareOf(step, b, at, status), fillsOf(step, b), requestOf(step, b, at), messageOf(step, b, at)]
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
  const fresh = (was: unknown, is: unknown): boolean => is !== null && JSON.stringify(was) !== JSON.stringify(is)
  after.unit.contextCache.forEach((cached, device) => {
    const was = before.unit.contextCache[device]!
    if (cached === null || !fresh(was, cached)) return
    if (was !== null) limits.push('drops-nothing')
    if (cached.entry === null) limits.push('caches-no-refusal')
    else deeds.push({ kind: 'dma', device, write: false, address: nowhere, why: 'context', expected: null })
  })
  after.unit.iotlb.forEach((row, device) => row.forEach((cached, iova) => {
    const was = before.unit.iotlb[device]![iova]!
    if (cached === null || !fresh(was, cached)) return
    if (was !== null) limits.push('drops-nothing')
    if (cached.frame === null) limits.push('caches-no-refusal')
    else deeds.push({ kind: 'dma', device, write: false, address: inputOf(iova, b), why: 'fill',
      expected: { kind: 'landed', frame: cached.frame } })
  }))
  if (after.unit.pagingCache.some((row, i) => row.some((page, j) => fresh(before.unit.pagingCache[i]![j], page))))
    limits.push('no-paging-structure-cache')
  if (after.unit.iec.some((entry, i) => fresh(before.unit.iec[i], entry))) limits.push('no-interrupt-entry-cache')
  return { deeds, limits }
}

/** A request of a device that was translated, or refused. */
function requestOf({ before, after, seen }: ModelStep, b: Bounds, at: Placement): Lowered {
  const sent = after.inFlight.flatMap((flight, device): HostOp[] => {
    if (flight === null || before.inFlight[device] !== null) return []
    const address = flight.iova === null ? at.frames[flight.frame]! : inputOf(flight.iova, b)
    return [{ kind: 'dma', device, write: flight.write, address, why: 'request',
      expected: { kind: 'landed', frame: flight.frame } }]
  })
  const blocked = seen.flatMap((one): HostOp[] => one.what !== 'blocked' ? []
    : [{ kind: 'dma', device: one.device, write: one.write, address: inputOf(one.iova, b), why: 'request',
      expected: { kind: 'blocked', reason: one.reason } }])
  return { deeds: [...sent, ...blocked], limits: [] }
}

type Sent = {
  readonly device: number
} & ({ readonly format: 'compatible'; readonly cpu: number; readonly vector: number }
  | { readonly format: 'remappable'; readonly index: number })

/** A message that reached the unit. It is sent when it arrives, with what it held when it left. */
function messageOf(step: ModelStep, b: Bounds, at: Placement): Lowered {
  const { before, after } = step
  const raised = after.sources.some((source, i) => source.pending && !before.sources[i]!.pending)
  if (step.seen.some(({ what }) => what === 'posted')) return only('posts-nothing')
  const sent = sentIn(step, b)
  if (sent === null) return raised ? only('no-mask-bit') : only()
  const expected = expectedOf(step)
  const passed = sent.format === 'compatible' && expected.kind === 'rejected' && before.unit.ires
  const limits: readonly LimitName[] = [...b.wideIds === 1 ? ['no-wide-ids' as const] : [],
    ...passed ? ['passes-compatible-format' as const] : []]
  if (sent.format === 'remappable') {
    const address = encode(remappableAddress, { FEE: 0xfee, FORMAT: 1, HANDLE: sent.index })[0]!
    return { deeds: [{ kind: 'message', device: sent.device, address, data: 0, expected }], limits }
  }
  const id = apicIdOf(sent.cpu, b)
  const address = encode(compatibilityAddress, { FEE: 0xfee, DST: id & 0xff })[0]!,
    data = encode(compatibilityData, { V: at.vectors[sent.vector]! })[0]!
  return { deeds: [{ kind: 'message', device: sent.device, address, data, expected }], limits }
}
function sentIn({ op: { args }, before, after, seen }: ModelStep, b: Bounds): Sent | null {
  const source = after.sources.findIndex((one, i) => {
    const was = before.sources[i]!.message
    return was !== null && was.format !== 'remapped' && (one.message === null || one.message.format === 'remapped')
  })
  if (source >= 0) {
    const device = source % b.devices, message = before.sources[source]!.message!
    return message.format === 'compatible' ? { device, ...message } : { device, format: 'remappable', index: source }
  }
  const forged = seen.find(one => (one.what === 'accepted' || one.what === 'rejected') && one.source === null)
  if (forged === undefined) return null
  const device = Number(args['device'])
  return 'index' in args ? { device, format: 'remappable', index: Number(args['index']) }
    : { device, format: 'compatible', cpu: Number(args['cpu']), vector: Number(args['vector']) }
}
function expectedOf({ before, after, seen }: ModelStep): Outcome {
  for (const one of seen) {
    if (one.what === 'accepted') return { kind: 'accepted', cpu: one.cpu, vector: one.vector }
    if (one.what === 'rejected') return { kind: 'rejected', reason: one.reason === 0 ? null : one.reason }
  }
  // Where interrupts are not drained it is remapped now and accepted later.
  const remapped = after.sources.find((one, i) =>
    one.message?.format === 'remapped' && before.sources[i]!.message?.format !== 'remapped')?.message
  return remapped?.format === 'remapped' ? { kind: 'accepted', cpu: remapped.cpu, vector: remapped.vector }
    : { kind: 'rejected', reason: null }
}

/** What is under way in the model while something is asked of the unit, and in QEMU cannot be. */
function waitingOf({ before: { unit, memory } }: ModelStep): readonly LimitName[] {
  const cells = [...unit.tables.context, ...cellsOf(memory), ...unit.tables.irt.flat()]
  return [
    ...unit.queue.length > 0 || unit.register !== null ? ['invalidates-at-once' as const] : [],
    ...cells.some(({ pending }) => pending.length > 0) ? ['sees-stores-at-once' as const] : [],
  ]
}
