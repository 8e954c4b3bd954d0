/** Requests at the register-level unit, without caches: what its registers mean to the walk, and refusals brought back
 *  to its event log (AMD 48882 rev 3.05: 2.2, 2.5). A driver with caches puts them between `viewOf` and `record`. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import { hasWideEntries, interruptUnitOf, rootsOf, translationUnitOf } from '../capabilities.ts'
import type { FaultReason } from '../faults.ts'
import { eventLayouts } from '../layout/index.ts'
import { entryReader } from '../layout/read-entries.ts'
import { decodeMessage, remapIn } from '../remap/remap.ts'
import type { InterruptUnit, Remapped } from '../remap/remap.ts'
import { rawTables } from '../walk/raw-tables.ts'
import type { DeviceEntry, Tables } from '../walk/tables.ts'
import { translate } from '../walk/walk.ts'
import type { DmaRequest, Translation, TranslationUnit } from '../walk/walk.ts'
import { eventOf } from './registers/disputed.ts'
import { eventWords, log } from './registers/faults.ts'
import { change, registersOf, reservedRules, rule } from './registers/state.ts'
import type { Outcome, UnitState } from './registers/state.ts'

/** The registers as walk and remapping go by them. */
export interface View {
  readonly translation: TranslationUnit
  readonly interrupts: InterruptUnit
  readonly tables: (memory: PhysicalMemory) => Tables
}
export function viewOf(state: UnitState): View {
  let ofConfig = views.get(state.config)
  if (ofConfig === undefined) views.set(state.config, ofConfig = new WeakMap())
  const known = ofConfig.get(state.stored)
  if (known !== undefined) return known
  const unit = registersOf(state), reader = entryReader(reservedRules(state), hasWideEntries(unit))
  const { disputes } = state.config
  const view: View = { translation: translationUnitOf(unit, disputes), interrupts: interruptUnitOf(unit, disputes),
    tables: memory => rawTables(memory, rootsOf(unit), reader) }
  ofConfig.set(state.stored, view)
  return view
}
/** By all that a view is made of. */
const views = new WeakMap<UnitState['config'], WeakMap<UnitState['stored'], View>>()

/** A refusal. `address`: of an interrupt that of its message, as one implementation logs it; logs of real units show
 *  one of HyperTransport's range. `entry`: the device table entry that it met, null where none. `suppressed`: by an
 *  interrupt entry. */
export interface Refusal {
  readonly reason: FaultReason
  readonly device: number
  readonly address: number | bigint
  readonly write: boolean
  readonly pasid: number | null
  readonly entry: DeviceEntry | null
  readonly suppressed: boolean
}

const flag = (reason: FaultReason, name: string): number => Number(reason.flags.split(' ').includes(name))

/** Hardware has refused a request: an event is logged unless that is suppressed. */
export function record(state: UnitState, refusal: Refusal): Outcome {
  const { reason, device, entry } = refusal
  return change(state, work => {
    const code = eventOf(state.config, reason)
    if (code === null) return
    const isPageFault = reason.event === 'IO_PAGE_FAULT' && reason.source === 'dma'
    const { none, first } = entry?.logging ?? { none: false, first: false }
    const again = isPageFault && first && state.reported.includes(device)
    if (isPageFault && first) rule(work, 'AMD:2.5/first-fault')
    if (isPageFault && first && !again) work.unit.reported.push(device)
    log(work, wordsOf(refusal, code), refusal.suppressed || isPageFault && none || again)
  })
}

/** Of a quadword the low dword. */
const low = 0xffff_ffffn
function wordsOf({ reason, device, address, write, pasid, entry }: Refusal, code: number): readonly number[] {
  const of = eventLayouts[code as keyof typeof eventLayouts]
  const id = pasid ?? entry?.domain ?? 0, wide = BigInt(address)
  const all: Readonly<Record<string, number>> = {
    DEVICE: device, PASIDH: Math.floor((pasid ?? 0) / 2 ** 16), DOMAIN: id % 2 ** 16,
    GN: Number(pasid !== null), I: Number(reason.source === 'interrupt'), PR: flag(reason, 'PR'),
    // RW says something of a present memory access alone (2.5.3).
    RW: Number(write && flag(reason, 'PR') === 1 && reason.source === 'dma'), PE: flag(reason, 'PE'),
    RZ: flag(reason, 'RZ'), ADDRL: Number(wide & low), ADDRH: Number(wide >> 32n & low),
  }
  const fields = of.fields.map(({ name }) => name as string).filter(name => name in all)
  return eventWords(of, code, Object.fromEntries(fields.map(name => [name, all[name]!])))
}

const entryOf = (tables: Tables, device: number): DeviceEntry | null => {
  const entry = tables.deviceEntry(device)
  return entry === 'unreadable' ? null : entry
}

/** What a number holds of an address, and how much the address is above that: at most the offset in a page.
 *  @throws RangeError where it is no address of 64 bits, or a number that may have been rounded. */
function splitOf(address: number | bigint): { readonly base: number; readonly above: number } {
  if (typeof address === 'number') {
    if (Number.isSafeInteger(address) && address >= 0) return { base: address, above: 0 }
    throw new RangeError(`${address} is no address that a number holds: give it as a bigint, such as 0xfffff234n`)
  }
  if (BigInt.asUintN(64, address) !== address) throw new RangeError(`${address} is no address of 64 bits`)
  if (address <= BigInt(Number.MAX_SAFE_INTEGER)) return { base: Number(address), above: 0 }
  const offset = address % page_bytes
  return { base: Number(address - offset), above: Number(offset) }
}
const page_bytes = 4096n

/** A DMA from one end to the other: walk, and event.
 *  @param dma its address as a bigint where it is 2^53 or more.
 *  @throws RangeError where the address is none. */
export function request(state: UnitState, memory: PhysicalMemory,
  dma: Omit<DmaRequest, 'address'> & { readonly address: number | bigint }):
  Outcome & { readonly result: Translation } {
  const { translation, tables } = viewOf(state), all = tables(memory), { base, above } = splitOf(dma.address)
  const found = translate(all, translation, { ...dma, address: base })
  const result = found.kind === 'translated' ? { ...found, address: found.address + above } : found
  if (result.kind !== 'fault') return { state, effects: [], result }
  return { ...record(state, { reason: result.reason, device: dma.device, address: dma.address, suppressed: false,
    write: dma.access === 'write', pasid: dma.pasid ?? null, entry: entryOf(all, dma.device) }), result }
}

/** An interrupt request, a dword write to FEEx_xxxx: remapping and event; posting to a guest is left to the driver.
 *  @throws RangeError where the address is none of those. */
export function message(state: UnitState, memory: PhysicalMemory,
  { device, address, data }: { readonly device: number; readonly address: number; readonly data: number }):
  Outcome & { readonly result: Remapped } {
  const asked = decodeMessage(address, data)
  if (asked === null) throw new RangeError(`0x${address.toString(16)} is no address of an interrupt`)
  const { interrupts, tables } = viewOf(state), all = tables(memory)
  const result = remapIn(all, interrupts, device, asked)
  if (result.kind !== 'fault') return { state, effects: [], result }
  return { ...record(state, { reason: result.reason, device, address, suppressed: result.suppressed, write: true,
    pasid: null, entry: entryOf(all, device) }), result }
}
