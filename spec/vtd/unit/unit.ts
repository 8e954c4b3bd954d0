/** The register-level unit: what reads and writes of its registers do, and what hardware may do by itself next (VT-d
 *  rev 5.10, ch. 11). Pure: each function takes a state and gives the next, with what happened as data. It has no
 *  caches and no requests in flight: those are its driver's, which learns of invalidations and drains from the effects,
 *  and brings faults back by `record` (requests.ts).
 *
 *  What the manual leaves to hardware, and the unit decides: GCMD commands end in the order they were given; an
 *  invalidation does what was asked and no more; FRCD and IQERCD read 0 while nothing is pending; the record index goes
 *  back to 0 when TES and IRES become 0, not all the while they are. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import type { Width } from '../../iommu/program.ts'
import { encode, registers } from '../layout/index.ts'
import type { RegisterName } from '../layout/index.ts'
import { finishCommand, writeCommand } from './registers/command.ts'
import { faultStatus, maskEvents, pushMessages, recordDwords, writeRecord, writeStatus } from './registers/faults.ts'
import { finishRegister, isUnderWay } from './registers/invalidate.ts'
import type { CommandRegister } from './registers/invalidate.ts'
import { badPlaces, bitsOf, dwordsIn, isReadOnly, isSupported, placeAt } from './registers/map.ts'
import type { RegisterDword } from './registers/map.ts'
import { finishProtection, isProtectionChanging, keptBits } from './registers/protected.ts'
import {
  clearCompletion, failDevice, fetch, finishDescriptor, isOfDevice, maskCompletion, mayFetch, mayFinish, movedTail,
  timeOutDevice,
} from './registers/queue.ts'
import { capabilitiesOf, change, illegal, isStored, storedNames } from './registers/state.ts'
import type { Effect, Outcome, StoredName, UnitConfig, UnitState, Work } from './registers/state.ts'
import { noSingleSource } from '../walk/walk.ts'

export type { Width } from '../../iommu/program.ts'
export type {
  Command, Effect, EventMessage, Invalidation, Outcome, Outstanding, RequestRecord, UnitConfig, UnitState,
} from './registers/state.ts'
export { offsetOf } from './registers/map.ts'
export { illegalities } from './registers/illegal.ts'
export type { IllegalName } from './registers/illegal.ts'

type Choices = 'protectedAlignment' | 'compress' | 'secondTypeBit' | 'singleSource'
/** A unit after reset: everything off, event interrupts masked. @throws RangeError where CAP.FRO or ECAP.IRO puts
 *  registers on one another. */
export function reset(made: Omit<UnitConfig, Choices> & Partial<Pick<UnitConfig, Choices>>): UnitState {
  const config: UnitConfig = { protectedAlignment: 20, compress: false, secondTypeBit: false,
    singleSource: noSingleSource, ...made }
  const has = capabilitiesOf(config)
  const why = badPlaces(has)
  if (why !== null) throw new RangeError(why)
  const stored = Object.fromEntries(storedNames.map(name =>
    [name, Array.from({ length: dwordsIn(name) }, () => 0)])) as Record<StoredName, number[]>
  stored.PECTL = [...encode(registers.PECTL.layout, { IM: 1 })]
  return {
    config, stored, status: { TES: false, RTPS: false, WBFS: false, QIES: false, IRES: false, IRTPS: false, CFIS: false,
      PRS: false },
    asked: { TE: false, QIE: false, IRE: false, CFI: false }, commands: [],
    latched: { rtaddr: [0, 0], irta: [0, 0], rootSet: false, interruptSet: false },
    queue: { head: 0, outstanding: [], rested: true, iqei: 0, itesid: 0, icesid: 0 },
    completion: { iwc: false, im: true, ip: false },
    faults: { records: Array.from({ length: has.cap.NFR + 1 }, () => null), index: 0, fri: 0, pfo: false, iqe: false,
      ice: false, ite: false, im: true, ip: false },
    messages: [],
  }
}

/** Software reads `width` bytes at `offset`. Reads of FSTS and FECTL push fault event messages that are on their way;
 *  no other read changes the unit. */
export function read(state: UnitState, offset: number, width: Width): Outcome & { readonly value: bigint } {
  let value = 0n
  const outcome = change(state, work => {
    for (const { place, shift } of placesOf(work, offset, width)) {
      if (place.name === 'GCMD' || place.name === 'IVA') illegal(work, 'write-only-read', place.name)
      if (place.name === 'FSTS' || place.name === 'FECTL') pushMessages(work)
      value |= BigInt(readDword(state, place)) << shift
    }
  })
  return { ...outcome, value }
}

/** Software writes `width` bytes at `offset`. */
export function write(state: UnitState, offset: number, width: Width, value: bigint | number): Outcome {
  return change(state, work => {
    for (const { place, shift } of placesOf(work, offset, width))
      writeDword(work, place, Number(BigInt(value) >> shift & 0xffffffffn))
  })
}

/** The dwords of an access, lowest first; what is wrong with it is told. */
function placesOf(work: Work, offset: number,
  width: Width): readonly { readonly place: RegisterDword; readonly shift: bigint }[] {
  const at = `${width} bytes at 0x${offset.toString(16)}`
  if (!Number.isInteger(offset) || offset < 0 || offset % width !== 0) {
    illegal(work, 'misaligned-access', at)
    return []
  }
  const found = Array.from({ length: width / 4 },
    (_, i) => ({ place: placeAt(work.has, offset + 4 * i), shift: BigInt(32 * i) }))
  const [low, high] = found.map(({ place }) => place)
  if (width === 8 && low !== high && (low?.name !== high?.name || low?.record !== high?.record))
    illegal(work, 'wrong-width', at)
  return found.flatMap(({ place, shift }) => {
    if (place === null) { illegal(work, 'no-register', at); return [] }
    if (isSupported(work.has, place.name)) return [{ place, shift }]
    illegal(work, 'unsupported-register', place.name)
    return []
  })
}

function readDword(state: UnitState, place: RegisterDword): number {
  const { name, dword, record } = place
  if (isStored(name))
    return (state.stored[name][dword]! & ~bitsOf(place, 'wo') | (name === 'PMEN' ? Number(state.status.PRS) : 0)) >>> 0
  return computed(state, name, record)[dword]!
}
function computed(state: UnitState, name: Exclude<RegisterName, StoredName>, record: number): ArrayLike<number> {
  const { config, status, queue, completion, faults } = state
  const wide = (value: bigint) => [Number(value & 0xffffffffn), Number(value >> 32n & 0xffffffffn)]
  switch (name) {
    case 'VER': return [config.version]
    case 'CAP': return wide(config.cap)
    case 'ECAP': return wide(config.ecap)
    case 'GCMD': return [0]
    case 'GSTS': return [globalStatus(status)]
    case 'FSTS': return [faultStatus(state)]
    case 'FECTL': return encode(registers.FECTL.layout, { IM: Number(faults.im), IP: Number(faults.ip) })
    case 'FRCD': return recordDwords(state, record)
    case 'IQH': return encode(registers.IQH.layout, { QH: queue.head })
    case 'IQERCD':
      return encode(registers.IQERCD.layout, { IQEI: queue.iqei, ITESID: queue.itesid, ICESID: queue.icesid })
    case 'ICS': return encode(registers.ICS.layout, { IWC: Number(completion.iwc) })
    case 'IECTL': return encode(registers.IECTL.layout, { IM: Number(completion.im), IP: Number(completion.ip) })
    case 'PRS': return [0] // page requests are not modelled
  }
}
/** GSTS. */
export const globalStatus = ({ TES, RTPS, WBFS, QIES, IRES, IRTPS, CFIS }: UnitState['status']): number =>
  encode(registers.GSTS.layout, {
    TES: Number(TES), RTPS: Number(RTPS), WBFS: Number(WBFS), QIES: Number(QIES), IRES: Number(IRES),
    IRTPS: Number(IRTPS), CFIS: Number(CFIS),
  })[0]!

function writeDword(work: Work, place: RegisterDword, value: number): void {
  const { name } = place
  if (isReadOnly(name)) return illegal(work, 'read-only-register', name)
  const eime = name === 'IRTA' && place.dword === 0 && work.has.ecap.EIM === 0 ? 0x800 : 0
  const reserved = (value & (bitsOf(place, 'reserved') | eime)) >>> 0
  if (reserved !== 0) illegal(work, 'reserved-bit', `${name}: 0x${reserved.toString(16)} of dword ${place.dword}`)
  if (isStored(name)) writeStored(work, name, place, value & ~eime)
  else writeComputed(work, place, value)
}

/** The invalidation that a write to the register starts or changes. */
const invalidationOf: Partial<Record<StoredName, 'CCMD' | 'IOTLB'>> = { CCMD: 'CCMD', IVA: 'IOTLB', IOTLB: 'IOTLB' }
/** The command that latches what the register holds. */
const settingOf: Partial<Record<StoredName, 'SRTP' | 'SIRTP'>> = { RTADDR: 'SRTP', IRTA: 'SIRTP' }

function writeStored(work: Work, name: StoredName, place: RegisterDword, value: number): void {
  const { unit } = work
  const { dword } = place
  const old = unit.stored[name][dword]!
  const writable = (bitsOf(place, 'rw') | bitsOf(place, 'wo')) & keptBits(work.before, name, dword)
  if (name === 'IQA' && unit.status.QIES) illegal(work, 'queue-moved', 'QIES=1')
  const invalidation = invalidationOf[name], setting = settingOf[name]
  if (invalidation !== undefined && isUnderWay(unit, invalidation)) illegal(work, 'invalidation-unfinished', name)
  if (unit.commands.some(({ bit }) => bit === setting))
    illegal(work, 'pointer-moved', `${name} with ${setting} under way`)
  unit.stored[name][dword] = (old & ~writable | value & writable) >>> 0
  if (name === 'IQT' && dword === 0) movedTail(work, old >>> 4)
}

/** Of the computed registers those that software can write: each in its highest dword or its only one. */
function writeComputed(work: Work, { name, dword, record }: RegisterDword, value: number): void {
  switch (name) {
    case 'GCMD': return writeCommand(work, value)
    case 'FSTS': return writeStatus(work, value)
    case 'FECTL': return maskEvents(work, value >>> 31 === 1)
    case 'FRCD': if (dword === 3) writeRecord(work, record, value); return
    case 'ICS': if ((value & 1) === 1) clearCompletion(work); return
    case 'IECTL': return maskCompletion(work, value >>> 31 === 1)
  }
}

/** One thing that hardware may do now. `index` counts in `queue.outstanding`, or in `messages`. */
export type Progress =
  /** The oldest GCMD command is done, and GSTS shows it. */
  | { readonly kind: 'command' }
  /** PMEN.PRS follows EPM. */
  | { readonly kind: 'protect' }
  /** An invalidation by register is done. */
  | { readonly kind: 'register'; readonly register: CommandRegister }
  /** A descriptor is complete, */
  | { readonly kind: 'complete'; readonly index: number }
  /** or one of a device TLB ends in an error of the device, or in none of its answers coming. */
  | { readonly kind: 'device-error' | 'device-time-out'; readonly index: number }
  /** The descriptor at the head is fetched. */
  | { readonly kind: 'fetch' }
  /** An event message arrives. */
  | { readonly kind: 'message'; readonly index: number }

/** All that hardware may do now, the failures of devices last; empty: the unit is quiet. */
export function progress(state: UnitState): readonly Progress[] {
  const { commands, queue, messages } = state
  const slots = queue.outstanding.map((_, index) => index)
  return [
    ...commands.length > 0 ? [{ kind: 'command' } as const] : [],
    ...isProtectionChanging(state) ? [{ kind: 'protect' } as const] : [],
    ...(['CCMD', 'IOTLB'] as const).filter(register => isUnderWay(state, register))
      .map(register => ({ kind: 'register', register }) as const),
    ...slots.filter(index => mayFinish(state, index)).map(index => ({ kind: 'complete', index }) as const),
    ...mayFetch(state) ? [{ kind: 'fetch' } as const] : [],
    ...messages.map((_, index) => ({ kind: 'message', index }) as const),
    ...slots.filter(index => isOfDevice(state, index))
      .flatMap(index => [{ kind: 'device-error', index }, { kind: 'device-time-out', index }] as const),
  ]
}

/** Hardware does one thing of `progress(state)`. Descriptors are read from `memory`; status writes are effects, and no
 *  part of `memory` until the driver makes them. */
export function advance(state: UnitState, memory: PhysicalMemory, step: Progress): Outcome {
  return change(state, work => {
    switch (step.kind) {
      case 'command': return finishCommand(work)
      case 'protect': return finishProtection(work)
      case 'register': return finishRegister(work, step.register)
      case 'complete': return finishDescriptor(work, step.index)
      case 'device-error': return failDevice(work, step.index)
      case 'device-time-out': return timeOutDevice(work, step.index)
      case 'fetch': return fetch(work, memory)
      case 'message': {
        work.effects.push({ kind: 'message', message: work.before.messages[step.index]! })
        work.unit.messages.splice(step.index, 1)
      }
    }
  })
}

/** Hardware does all it may, in order and without failures: each descriptor is complete before the next is fetched. It
 *  comes to an end:
 *  every step leaves less to do. */
export function quiesce(state: UnitState, memory: PhysicalMemory): Outcome {
  const effects: Effect[] = []
  for (let now = state; ;) {
    const next = progress(now).find(({ kind }) => kind !== 'device-error' && kind !== 'device-time-out')
    if (next === undefined) return { state: now, effects }
    const outcome = advance(now, memory, next)
    effects.push(...outcome.effects)
    now = outcome.state
  }
}
