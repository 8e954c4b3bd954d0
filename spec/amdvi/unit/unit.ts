/** The register-level unit: what reads and writes of its registers do, and what hardware may do by itself next (AMD
 *  48882 rev 3.05: 2.4, 2.5, ch. 3). It has no caches and no requests in flight: those are its driver's, which learns
 *  of invalidations from the effects, and brings faults back by requests.ts. Left out are page requests, the ring of
 *  the guest APIC log, second logs, filters, routes, virtual IOMMUs, and how the
 *  unit's own interrupts find their CPU. Their registers are there and hold what software writes, whether EFR has them
 *  or not; an effect says that nothing comes of it. What describes the unit beside EFR reads as 0. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import type { Width } from '../../iommu/program.ts'
import { usualAnswers } from '../disputes.ts'
import type { Disputes } from '../disputes.ts'
import { decode, dwordsOf, encode, registers } from '../layout/index.ts'
import type { RegisterName } from '../layout/index.ts'
import { clearStatus, enableLog } from './registers/faults.ts'
import { bitsOf, dwordsOfAll, isReadOnly, placeAt, placeIn } from './registers/map.ts'
import type { RegisterDword } from './registers/map.ts'
import { fetch, finishCommand, isOfDevice, mayFetch, mayFinish, mayTimeOut, timeOutDevice } from './registers/queue.ts'
import { change, controlOf, illegal, isStored, ringOf, storedNames } from './registers/state.ts'
import { notDone } from './registers/unmodelled.ts'
import type { Effect, Outcome, StoredName, UnitConfig, UnitState, Work } from './registers/state.ts'

export type { Width } from '../../iommu/program.ts'
export type { Effect, Outcome, UnitConfig, UnitState } from './registers/state.ts'
export { offsetOf, registerNameAt } from './registers/map.ts'
export { illegalities } from './registers/illegal.ts'
export type { IllegalName } from './registers/illegal.ts'

type Choices = 'efr2' | 'haw'
/** What to say of a unit: what is left out is as usual. */
export type Made = Omit<UnitConfig, Choices | 'disputes'> & Partial<Pick<UnitConfig, Choices>>
  & { readonly disputes?: Partial<Disputes> }
/** A unit after reset: everything off. */
export function reset({ disputes, ...made }: Made): UnitState {
  return {
    config: { efr2: 0n, haw: 52, ...made, disputes: { ...usualAnswers, ...disputes } },
    stored: Object.fromEntries(storedNames.map(name => [name, Array<number>(dwordsOfAll(name)).fill(0)])) as
      Record<StoredName, number[]>,
    commands: { head: 0, running: false, outstanding: [] }, log: { tail: 0, running: false, overflow: false },
    status: { event: false, wait: false }, reported: [], messages: [],
  }
}

export function read(state: UnitState, offset: number, width: Width): Outcome & { readonly value: bigint } {
  let value = 0n
  const outcome = change(state, work => {
    for (const { place, shift } of placesOf(work, offset, width))
      value |= BigInt(wordsOf(state, place.name)[placeIn(place)]! >>> 0) << shift
  })
  return { ...outcome, value }
}
export function write(state: UnitState, offset: number, width: Width, value: bigint | number): Outcome {
  return change(state, work => {
    for (const { place, shift } of placesOf(work, offset, width))
      writeDword(work, place, Number(BigInt(value) >> shift & 0xffffffffn))
  })
}

function placesOf(work: Work, offset: number,
  width: Width): readonly { readonly place: RegisterDword; readonly shift: bigint }[] {
  const at = `${width} bytes at 0x${offset.toString(16)}`
  if (!Number.isInteger(offset) || offset < 0 || offset % width !== 0) {
    illegal(work, 'misaligned-access', at)
    return []
  }
  return Array.from({ length: width / 4 }, (_, i) => i).flatMap(i => {
    const place = placeAt(offset + 4 * i)
    if (place !== null) return [{ place, shift: BigInt(32 * i) }]
    illegal(work, 'no-register', at)
    return []
  })
}

function wordsOf(state: UnitState, name: RegisterName): ArrayLike<number> {
  if (isStored(name)) return state.stored[name]
  const { config, commands, log, status } = state
  switch (name) {
    case 'ExtFeature': return dwordsOf(config.efr)
    case 'ExtFeature2': return dwordsOf(config.efr2)
    case 'CmdHead': return encode(registers.CmdHead.layout, { PTR: commands.head / 16 })
    case 'EventTail': return encode(registers.EventTail.layout, { PTR: log.tail / 16 })
    case 'IommuStatus': return encode(registers.IommuStatus.layout, {
      EventOverflow: Number(log.overflow), EventLogInt: Number(status.event), ComWaitInt: Number(status.wait),
      EventLogRun: Number(log.running), CmdBufRun: Number(commands.running),
    })
  }
}

function writeDword(work: Work, place: RegisterDword, value: number): void {
  const { name, dword } = place
  const reserved = (value & bitsOf(place, 'reserved')) >>> 0
  if (reserved !== 0) illegal(work, 'reserved-bit', `${name}: 0x${reserved.toString(16)} of dword ${dword}`)
  if (name === 'IommuStatus') {
    const words = [0, 0]
    words[dword] = value & bitsOf(place, 'rw1c')
    return clearStatus(work, decode(registers.IommuStatus.layout, words))
  }
  if (name === 'CmdHead' || name === 'EventTail') return writePointer(work, name, dword, value)
  if (!isStored(name) || isReadOnly(name)) return illegal(work, 'read-only-register', name)
  writeStored(work, name, place, value)
}

/** Which ring a register is of. */
const ringBases = { CmdTail: 'CmdBufBase', CmdHead: 'CmdBufBase', EventHead: 'EventLogBase',
  EventTail: 'EventLogBase' } as const
const pointerIn = (value: number): number => (value >>> 4 & 0x7fff) * 16

/** Heads and tails that hardware moves are software's while the ring is off. */
function writePointer(work: Work, name: 'CmdHead' | 'EventTail', dword: number, value: number): void {
  const { unit } = work
  const runs = name === 'CmdHead' ? unit.commands.running : unit.log.running
  if (runs) return illegal(work, 'pointer-of-hardware', name)
  if (dword === 1) return
  const at = pointerIn(value)
  if (at >= ringOf(unit, ringBases[name]).bytes) return illegal(work, 'pointer-outside', name)
  if (name === 'CmdHead') unit.commands.head = at
  else unit.log.tail = at
}

function writeStored(work: Work, name: StoredName, place: RegisterDword, value: number): void {
  const { unit, before } = work, { dword } = place, at = placeIn(place)
  if (name === 'CmdTail' || name === 'EventHead') {
    if (dword === 0 && pointerIn(value) >= ringOf(unit, ringBases[name]).bytes)
      return illegal(work, 'pointer-outside', name)
  }
  if (name === 'CmdBufBase' && unit.commands.running || name === 'EventLogBase' && unit.log.running)
    illegal(work, 'base-moved', name)
  const isTable = name === 'DevTabBase' || name === 'DevTabSegment' || name === 'ExclBase' || name === 'ExclLimit'
  if (isTable && controlOf(before).IommuEn === 1) illegal(work, 'table-moved', name)
  const kept = before.stored[name][at]! & ~bitsOf(place, 'rw') & ~(value & bitsOf(place, 'rw1c'))
  unit.stored[name][at] = (kept | value & bitsOf(place, 'rw')) >>> 0
  if (name === 'IommuControl') controlled(work)
  for (const what of notDone(before, unit, name, place)) work.effects.push({ kind: 'unmodelled', what })
}

function controlled(work: Work): void {
  const { unit, before } = work
  const was = controlOf(before), is = controlOf(unit)
  if (is.CmdBufEn === 0) unit.commands.running = false
  else if (was.CmdBufEn === 0) unit.commands.running = true
  enableLog(work, was.EventLogEn, is.EventLogEn)
}

/** One thing that hardware may do now. `index` counts in `commands.outstanding`, or in `messages`. */
export type Progress =
  | { readonly kind: 'fetch' }
  | { readonly kind: 'complete'; readonly index: number }
  /** A device TLB does not answer in time. */
  | { readonly kind: 'device-time-out'; readonly index: number }
  /** An interrupt of the unit arrives. */
  | { readonly kind: 'message'; readonly index: number }

/** All that hardware may do now, the failures of devices last; empty: the unit is quiet. */
export function progress(state: UnitState): readonly Progress[] {
  const slots = state.commands.outstanding.map((_, index) => index)
  return [
    ...slots.filter(index => mayFinish(state, index)).map(index => ({ kind: 'complete', index }) as const),
    ...mayFetch(state) ? [{ kind: 'fetch' } as const] : [],
    ...state.messages.map((_, index) => ({ kind: 'message', index }) as const),
    ...mayTimeOut(state) ? slots.filter(index => isOfDevice(state, index))
      .map(index => ({ kind: 'device-time-out', index }) as const) : [],
  ]
}

/** Hardware does one thing of `progress(state)`. Commands are read from `memory`; stores are effects, and no part of
 *  `memory` until the driver makes them. */
export function advance(state: UnitState, memory: PhysicalMemory, step: Progress): Outcome {
  return change(state, work => {
    switch (step.kind) {
      case 'fetch': return fetch(work, memory)
      case 'complete': return finishCommand(work, step.index)
      case 'device-time-out': return timeOutDevice(work, step.index)
      case 'message':
        work.effects.push({ kind: 'message', of: work.before.messages[step.index]! })
        work.unit.messages.splice(step.index, 1)
    }
  })
}

/** Hardware does all it may, in order and without failures. It comes to an end: every step leaves less to do. */
export function quiesce(state: UnitState, memory: PhysicalMemory): Outcome {
  const effects: Effect[] = []
  for (let now = state; ;) {
    const next = progress(now).find(({ kind }) => kind !== 'device-time-out')
    if (next === undefined) return { state: now, effects }
    const outcome = advance(now, memory, next)
    effects.push(...outcome.effects)
    now = outcome.state
  }
}
