/** The invalidation queue: fetching, executing, waits and errors (VT-d rev 5.10: 6.5.2, 11.4.9). */
import type { VtdClause } from '../../clauses.ts'
import { decodeDescriptor } from '../../layout/read-descriptors.ts'
import type { RawDescriptor } from '../../layout/read-descriptors.ts'
import { setStatus } from '../../faults.ts'
import type { PhysicalMemory } from '../../../iommu/image.ts'
import { getter, registers } from '../../layout/index.ts'
import { mayComplete } from '../../invalidation/order.ts'
import { raising } from './faults.ts'
import { invalidate } from './invalidate.ts'
import { illegal, reservedRules, rule, send } from './state.ts'
import type { Capabilities, Unit, UnitState, Work } from './state.ts'

const fieldsOf = {
  IQA: getter(registers.IQA.layout, 'IQA'), QS: getter(registers.IQA.layout, 'QS'),
  DW: getter(registers.IQA.layout, 'DW'), QT: getter(registers.IQT.layout, 'QT'),
  TTM: getter(registers.RTADDR.layout, 'TTM'),
}
/** IQA, and what follows from it. Places are in units of 16 bytes, as IQH and IQT have them. */
function ringOf({ stored }: UnitState | Unit) {
  const wide = fieldsOf.DW(stored.IQA, 0) === 1
  return { base: fieldsOf.IQA(stored.IQA, 0) * 4096, size: 256 * 2 ** fieldsOf.QS(stored.IQA, 0), step: wide ? 2 : 1,
    bits: wide ? 256 : 128 } as const
}
const tailOf = ({ stored }: UnitState | Unit): number => fieldsOf.QT(stored.IQT, 0)

/** Software has written IQT, which was `old` before. */
export function movedTail(work: Work, old: number): void {
  const { unit } = work
  const tail = tailOf(unit), { size, step } = ringOf(unit)
  if (!unit.status.QIES && tail !== 0) illegal(work, 'tail-before-queue', `IQT=${hex(tail)} with QIES=0`)
  if (tail >= size) illegal(work, 'tail-beyond-ring', `IQT=${hex(tail)}, the ring ends at ${hex(size)}`)
  else if (tail % step !== 0) illegal(work, 'tail-misaligned', `IQT=${hex(tail)} with DW=1`)
  else if (unit.status.QIES && distance(old, tail, size) + distance(unit.queue.head, old, size) >= size)
    illegal(work, 'ring-overrun', `IQT goes from ${hex(old)} to ${hex(tail)}, IQH is ${hex(unit.queue.head)}`)
}
const distance = (from: number, to: number, size: number): number => ((to - from) % size + size) % size
const hex = (place: number): string => `0x${(place * 16).toString(16)}`

/** Whether software may switch the queue off: it is empty, and its last descriptor is a wait that is complete. */
export const isQueueIdle = (unit: Unit): boolean =>
  unit.queue.rested && unit.queue.outstanding.length === 0 && unit.queue.head === tailOf(unit)

export function disableQueue({ unit }: Work): void {
  Object.assign(unit.queue, { head: 0, outstanding: [], rested: true })
}

/** Whether hardware may fetch; TES and IRES do not matter. */
export const mayFetch = (unit: UnitState): boolean =>
  unit.status.QIES && !unit.faults.iqe && !unit.faults.ite && unit.queue.head !== tailOf(unit)

/** Hardware fetches the descriptor at the head: the head moves on if it is one, and IQE is set if not. */
export function fetch(work: Work, memory: PhysicalMemory): void {
  const { before, unit } = work
  const { base, size, step, bits } = ringOf(before), { head } = before.queue, tail = tailOf(before)
  if (tail >= size) return stop(work, 1, `IQT=${hex(tail)} is behind the ring`)
  if (tail % step !== 0) return stop(work, 6, `IQT=${hex(tail)} is no place of a descriptor of 256 bits`)
  const mode = fieldsOf.TTM(before.latched.rtaddr, 0)
  if (!isMode(work.has, mode)) return stop(work, 7, `TTM=${mode}`)
  const at = base + head * 16
  const page = memory.page(Math.floor(at / 4096))
  if (page === undefined) return stop(work, 2, 'it cannot be read')
  const descriptor = decodeDescriptor(page, { bits, scalable: mode !== 0, rules: reservedRules(before) }, at % 4096 / 4)
  if (descriptor.type === 'undecoded') return stop(work, descriptor.iqei, descriptor.why)
  if (descriptor.type === 'iotlb' && descriptor.granularity === 'page' && work.has.cap.PSI === 0)
    return stop(work, 4, 'page-selective with CAP.PSI=0', 'VTD:6.5.2.3/psi-absent')
  judge(work, descriptor)
  rule(work, 'VTD:6.5.2/fetch')
  if (descriptor.type === 'iotlb' && before.queue.outstanding.some(one => one.descriptor.type === 'context-cache'))
    rule(work, 'VTD:6.5.2/iotlb-after-context')
  unit.queue.head = (head + step) % size
  unit.queue.rested = descriptor.type === 'wait'
  unit.queue.outstanding.push({ offset: head, descriptor })
}
/** TTM 10 is reserved; 01 and 11 have each a capability. */
const isMode = ({ ecap }: Capabilities, ttm: number): boolean => [true, ecap.SMTS === 1, false, ecap.ADMS === 1][ttm]!

function stop(work: Work, iqei: number, why: string, clause: VtdClause = 'VTD:6.5.2/error-stops'): void {
  rule(work, clause)
  illegal(work, 'bad-descriptor', `at IQH=${hex(work.before.queue.head)}: ${why} (IQEI ${iqei})`)
  work.unit.queue.iqei = iqei
  raise(work, 'iqe')
}

const raise = (work: Work, bit: 'iqe' | 'ice' | 'ite'): void => { raising(work, faults => setStatus(faults, bit)) }

/** Bits of ECAP without which there is no such descriptor. */
const neededFor: Partial<Record<RawDescriptor['type'], 'DT' | 'IR' | 'PRS'>> =
  { 'device-tlb': 'DT', 'iec': 'IR', 'page-group-response': 'PRS' }

function judge(work: Work, descriptor: RawDescriptor): void {
  const { cap, ecap } = work.has
  const needs = neededFor[descriptor.type]
  if (needs !== undefined && ecap[needs] === 0)
    illegal(work, 'unsupported-descriptor', `${descriptor.type} with ECAP.${needs}=0`)
  if (descriptor.type === 'iotlb' && descriptor.addressMask > cap.MAMV)
    illegal(work, 'mask-too-wide', `AM=${descriptor.addressMask}, CAP.MAMV is ${cap.MAMV}`)
  if (descriptor.type === 'iec' && descriptor.indexMask > ecap.MHMV)
    illegal(work, 'mask-too-wide', `IM=${descriptor.indexMask}, ECAP.MHMV is ${ecap.MHMV}`)
}

/** Whether the manual lets hardware complete that descriptor now. */
export const mayFinish = ({ queue }: UnitState, index: number): boolean =>
  mayComplete(i => queue.outstanding[i]!.descriptor, index)

/** Hardware completes a descriptor that was fetched. */
export function finishDescriptor(work: Work, index: number): void {
  const { offset, descriptor } = work.before.queue.outstanding[index]!
  work.unit.queue.outstanding.splice(index, 1)
  if (index > 0) rule(work, 'VTD:6.5.2/unordered')
  if (descriptor.type !== 'wait') return invalidate(work, descriptor, 'queue')
  rule(work, 'VTD:6.5.2.9/wait')
  if (descriptor.fence) rule(work, 'VTD:6.5.2.9/fence')
  if (descriptor.write) work.effects.push({ kind: 'write', address: descriptor.slot * 4, dwords: [descriptor.data] })
  work.effects.push({ kind: 'wait-completed', offset, descriptor })
  if (descriptor.interrupt) interrupt(work)
}

/** A wait with IF: an event only if IWC was 0. */
function interrupt(work: Work): void {
  const { completion } = work.unit
  if (completion.iwc) return
  Object.assign(completion, { iwc: true, ip: completion.im })
  rule(work, 'VTD:6.5.2.9/event')
  if (!completion.im) send(work, 'invalidation')
}

/** Software writes ICS: 1 clears IWC, and with it an event that is held back. */
export function clearCompletion({ unit }: Work): void { Object.assign(unit.completion, { iwc: false, ip: false }) }

/** Software writes IECTL.IM. */
export function maskCompletion(work: Work, masked: boolean): void {
  const { completion } = work.unit
  completion.im = masked
  if (masked || !completion.ip) return
  completion.ip = false
  send(work, 'invalidation')
}

/** Device-TLB invalidations end by the device's answer, which may be an error or never come. */
export const isOfDevice = ({ queue }: UnitState, index: number): boolean =>
  queue.outstanding[index]!.descriptor.type === 'device-tlb'

/** The device answers with an error: ICE, and the queue goes on. */
export function failDevice(work: Work, index: number): void {
  const { descriptor } = work.before.queue.outstanding[index]!
  work.unit.queue.outstanding.splice(index, 1)
  work.unit.queue.icesid = descriptor.type === 'device-tlb' ? descriptor.sid : 0
  rule(work, 'VTD:6.5.2/device-error')
  raise(work, 'ice')
}

/** The device does not answer: ITE, the waits are aborted, and what began with the oldest invalidation of a device TLB
 *  is not known to be done: it is dropped. */
export function timeOutDevice(work: Work, index: number): void {
  const { outstanding } = work.before.queue
  const { descriptor } = outstanding[index]!
  const oldest = outstanding.findIndex(one => one.descriptor.type === 'device-tlb')
  work.unit.queue.outstanding = work.unit.queue.outstanding.filter((one, i) =>
    i < oldest && one.descriptor.type !== 'wait')
  work.unit.queue.itesid = descriptor.type === 'device-tlb' ? descriptor.sid : 0
  rule(work, 'VTD:6.5.2/device-time-out')
  raise(work, 'ite')
}
