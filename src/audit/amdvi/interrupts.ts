/** The interrupt tables of an AMD unit, one for each device table entry, entry by entry (AMD 48882 rev 3.05, 2.2.5). */
import { remap } from '../../../spec/amdvi/index.ts'
import type {
  DeviceEntry, EntryReader, FaultReason, InterruptEntry, InterruptRequest, InterruptUnit, rawTables,
} from '../../../spec/amdvi/index.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { bdf } from '../devices.ts'
import type { Entry, InterruptTable } from '../interrupts.ts'
import type { AmdviFound } from './devices.ts'

type Tables = ReturnType<typeof rawTables>
/** A table, and who uses it. */
export interface Used { readonly address: number; readonly entries: number; readonly bytes: number
  readonly devices: number[] }

/** Tables that entries with IV=1 and IntCtl=2 name, by address. One that the unit refuses is no table. */
export function usedIn({ entries }: Pick<AmdviFound, 'entries'>, unit: InterruptUnit,
  dwords: EntryReader['interruptDwords']): readonly Used[] {
  const found = new Map<string, Used>()
  if (!unit.enabled) return []
  for (const [device, { interrupts: { valid, control, table, length } }] of entries) {
    if (!valid || control !== 2 || length > unit.mostLength) continue
    const key = `${table}/${length}`, known = found.get(key)
    if (known === undefined)
      found.set(key, { address: table, entries: 2 ** length, bytes: 4 * dwords * 2 ** length, devices: [device] })
    else known.devices.push(device)
  }
  return [...found.values()].sort((a, b) => a.address - b.address)
}

/** Tables that have an entry in common stand together. @param used by address. */
export function overlapping(used: readonly Used[]): readonly (readonly Used[])[] {
  const groups: Used[][] = []
  let end = 0
  for (const table of used) {
    if (table.address >= end) groups.push([])
    groups.at(-1)!.push(table)
    end = Math.max(end, table.address + table.bytes)
  }
  return groups
}

export function interruptsOf(memory: PhysicalMemory, tables: Tables, reader: EntryReader, unit: InterruptUnit,
  found: AmdviFound): InterruptTable {
  const used = usedIn(found, unit, reader.interruptDwords), entries: Entry[] = []
  let pagesMissing = 0, pages = 0, size = 0
  for (const { address, entries: count, bytes, devices } of used) {
    const last = address + bytes - 1
    size += count
    found.structures.set(`interrupt table ${address}/${count}`, { kind: 'interrupt table', address, bytes })
    for (let page = Math.floor(address / 4096); page <= Math.floor(last / 4096); page++) {
      pages++
      if (memory.page(page) === undefined) pagesMissing++
    }
    for (let index = 0; index < count; index++) {
      const entry = tables.interruptEntry(address, index)
      if (entry !== 'unreadable' && entry.enabled) entries.push(entryOf(index, entry, unit, devices))
    }
  }
  return { known: true, remapping: unit.enabled, compatibility: !unit.enabled, address: null, tables: used.length, size,
    entries, pagesMissing, pages }
}

/** The upper half of a device table entry as a request for the first entry of its table sees it: why all are refused;
 *  null where they are not, or on purpose (IntCtl=0). */
export function illegalIn(unit: InterruptUnit, map: DeviceEntry['interrupts']): FaultReason | null {
  const result = remap(unit, map, firstRequest, () => 'unreadable')
  return result.kind === 'fault' && result.reason.event === 'ILLEGAL_DEV_TABLE_ENTRY' ? result.reason : null
}
const firstRequest: InterruptRequest =
  { index: 0, unmapped: { vector: 0, type: 0, destination: 0, logical: false } }

/** Whether an SMI passes where the upper half counts. */
export function passesSmi(unit: InterruptUnit, map: DeviceEntry['interrupts']): boolean {
  const smi: InterruptRequest = { index: 0, unmapped: { ...firstRequest.unmapped, type: 2 } }
  return map.valid && remap(unit, map, smi, () => 'unreadable').kind === 'interrupt'
}

const noPasses = { init: false, extInt: false, nmi: false }
function entryOf(index: number, entry: InterruptEntry, unit: InterruptUnit, devices: readonly number[]): Entry {
  const { vector, type, logical, guestMode, destination } = entry
  // A request that its table holds an entry for: what is refused to it is refused to all.
  const map = { valid: true, control: 2, table: 0, length: 1, ignored: false, reserved: false,
    passes: noPasses } as const
  const result = remap(unit, map, firstRequest, () => entry)
  const source = devices.map(bdf).join(' '), known = unit.xt ? destination : destination & 0xff
  return {
    index, of: source, kind: guestMode ? 'posted' : 'remapped', vector, logical: !guestMode && logical,
    destination: guestMode ? null : known, delivery: guestMode ? null : type,
    level: false, source, descriptor: null,
    ...result.kind === 'fault' ? { fault: result.reason.code, refusal: result.reason.cause }
      : { fault: null, refusal: null },
  }
}
