/** The interrupt tables of an AMD unit, one for each device table entry, entry by entry (AMD 48882 rev 3.05, 2.2.5). */
import { remap } from '../../../spec/amdvi/index.ts'
import type { EntryReader, InterruptEntry, InterruptUnit, rawTables } from '../../../spec/amdvi/index.ts'
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { bdf } from '../devices.ts'
import type { Entry, InterruptTable } from '../interrupts.ts'
import type { AmdviFound } from './devices.ts'

type Tables = ReturnType<typeof rawTables>
/** A table, and who uses it. */
interface Used { readonly address: number; readonly length: number; readonly devices: number[] }

/** Tables that entries with IV=1 and IntCtl=2 name. */
function usedIn({ entries }: AmdviFound): readonly Used[] {
  const found = new Map<string, Used>()
  for (const [device, { interrupts: { valid, control, table, length } }] of entries) {
    if (!valid || control !== 2) continue
    const key = `${table}/${length}`, known = found.get(key)
    if (known === undefined) found.set(key, { address: table, length, devices: [device] })
    else known.devices.push(device)
  }
  return [...found.values()]
}

export function interruptsOf(memory: PhysicalMemory, tables: Tables, reader: EntryReader, unit: InterruptUnit,
  found: AmdviFound): InterruptTable {
  const entryBytes = reader.interruptDwords * 4, used = unit.enabled ? usedIn(found) : []
  const entries: Entry[] = []
  let pagesMissing = 0, pages = 0, size = 0
  for (const { address, length, devices } of used) {
    if (length > unit.mostLength) continue
    const count = 2 ** length, last = address + count * entryBytes - 1
    size += count
    found.structures.set(`interrupt table ${address}`,
      { kind: 'interrupt table', address, bytes: count * entryBytes })
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

const noPasses = { init: false, extInt: false, nmi: false }
function entryOf(index: number, entry: InterruptEntry, unit: InterruptUnit, devices: readonly number[]): Entry {
  const { vector, type, logical, guestMode, destination } = entry
  // A request that its table holds an entry for: what is refused to it is refused to all.
  const map = { valid: true, control: 2, table: 0, length: 1, ignored: false, reserved: false,
    passes: noPasses } as const
  const result = remap(unit, map, { index: 0, unmapped: { vector: 0, type: 0, destination: 0, logical: false } },
    () => entry)
  const source = devices.map(bdf).join(' '), known = unit.xt ? destination : destination & 0xff
  return {
    index, of: source, kind: guestMode ? 'posted' : 'remapped', vector, logical: !guestMode && logical,
    destination: guestMode ? null : known, delivery: guestMode ? null : type,
    level: false, source, descriptor: null,
    ...result.kind === 'fault' ? { fault: result.reason.code, refusal: result.reason.cause }
      : { fault: null, refusal: null },
  }
}
