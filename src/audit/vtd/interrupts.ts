/** The interrupt remapping table, entry by entry: where each interrupt goes and who may send it (VT-d rev 5.10: 5.1,
 *  9.9, 9.10). */
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { getter, remap, remappedIrte } from '../../../spec/vtd/index.ts'
import type { EntryReader, InterruptUnit, Irte } from '../../../spec/vtd/index.ts'
import { bdf } from '../devices.ts'
import type { Entry, InterruptTable } from '../interrupts.ts'

const entryBytes = 16, pageEntries = 4096 / entryBytes
/** Most entries are not: those are not decoded. */
const isPresent = getter(remappedIrte, 'P')

export function interruptTableOf(memory: PhysicalMemory, reader: EntryReader, unit: InterruptUnit,
  address: number): InterruptTable {
  const entries: Entry[] = []
  const { ires, tableSize: size } = unit
  const pages = Math.ceil(size / pageEntries)
  let pagesMissing = 0
  for (let first = 0; ires && first < size; first += pageEntries) {
    const page = memory.page((address + first * entryBytes) / 4096)
    if (page === undefined) { pagesMissing++; continue }
    for (let i = 0; i < pageEntries && first + i < size; i++)
      if (isPresent(page, i * entryBytes / 4) === 1)
        entries.push(entryOf(first + i, reader.irte(page, i * entryBytes / 4), unit))
  }
  return { known: true, remapping: ires, compatibility: !ires ? !unit.irreq : unit.cfis && !unit.eime, address,
    tables: 1, size, entries, pagesMissing, pages }
}

/** As manuals count them. */
export const faultName = (code: number): string => `fault ${code.toString(16)}h`
const destinationOf = (dst: number, { eime }: InterruptUnit): number => eime ? dst : dst >>> 8 & 0xff
function entryOf(index: number, irte: Irte, unit: InterruptUnit): Entry {
  // A request by the source that the entry names: what is refused to it is refused to all.
  const request = {
    sid: irte.sid, unremapped: { vector: 0, dlm: 0, dst: 0, dm: false, rh: false, tm: false, assert: false },
    remappable: { index, reserved: false },
  }
  const result = remap({ ...unit, ires: true, eimer: false }, request, () => irte)
  return {
    index, of: null, kind: irte.im ? 'posted' : 'remapped', vector: irte.vector,
    destination: irte.im ? null : destinationOf(irte.dst, unit),
    logical: !irte.im && irte.dm, delivery: irte.im ? null : irte.dlm, level: !irte.im && irte.tm,
    source: sourceOf(irte),
    descriptor: irte.im ? irte.pda : null,
    ...result.kind === 'fault' ? { fault: result.reason, refusal: faultName(result.reason) }
      : { fault: null, refusal: null },
  }
}

/** `00:02.0`, `00:02.*` where function bits are ignored, `buses 01 to 03`. */
function sourceOf({ svt, sq, sid }: Irte): string | null {
  // Buses 00 to ff are every bus.
  if (svt === 0 || svt === 2 && sid === 0x00ff) return null
  if (svt === 2)
    return `buses ${(sid >> 8).toString(16).padStart(2, '0')} to ${(sid & 0xff).toString(16).padStart(2, '0')}`
  return sq === 0 ? bdf(sid) : `${bdf(sid)}, functions ${['', '+4', '+2 to +6', 'all'][sq]!}`
}
