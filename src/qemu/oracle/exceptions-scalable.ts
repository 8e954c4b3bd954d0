/** Where QEMU 7.2 is known to leave the manual in scalable mode: what its unit goes by in place of the manual's tables, and which reasons it gives. */
import type { VtdClause } from '../../../spec/vtd/clauses.ts'
import type { ScalableTables } from '../../../spec/vtd/tables.ts'
import { translate } from '../../../spec/vtd/walk.ts'
import type { Translation, TranslationUnit } from '../../../spec/vtd/walk.ts'
import { agrees } from './dma-seen.ts'
import type { DmaCompared } from './dma-seen.ts'

interface Bent { readonly tables: ScalableTables; readonly unit: TranslationUnit }
interface Bend { readonly name: string; readonly clause: VtdClause; readonly qemu: string; readonly manual: string; readonly bends: (bent: Bent, compared: DmaCompared) => Bent }

const entries = [
  {
    name: 'snoop-bit-accepted', clause: 'VTD:table-30/sss-3',
    qemu: 'Takes SNP in a second-stage leaf although ECAP.SC=0.', manual: 'Without ECAP.SC the bit is reserved (7Ah).',
    bends: ({ tables, unit }, { snooping }) => ({ unit, tables: { ...tables, secondStageEntry: snooping.secondStageEntry } }),
  },
  {
    name: 'both-root-halves', clause: 'VTD:table-30/srt-3',
    qemu: 'Refuses a root entry with a reserved bit in either half.', manual: 'Each half is judged for its own devices.',
    bends: ({ tables, unit }) => ({ unit, tables: { ...tables, scalableRootEntry: (bus, upper) => {
      const own = tables.scalableRootEntry(bus, upper), other = tables.scalableRootEntry(bus, !upper)
      return own === 'unreadable' || other === 'unreadable' || !other.reserved ? own : { ...own, reserved: true }
    } } }),
  },
  {
    name: 'pasid-reserved-ignored', clause: 'VTD:table-30/spt-3',
    qemu: 'Checks no reserved bit of PASID directory and PASID table entries.', manual: 'A reserved bit that is set is refused (52h, 5Ah).',
    bends: ({ tables, unit }) => ({ unit, tables: {
      ...tables,
      pasidDirectoryEntry: (table, index) => unreserved(tables.pasidDirectoryEntry(table, index)),
      pasidEntry: (table, index) => unreserved(tables.pasidEntry(table, index)),
    } }),
  },
  {
    name: 'pgtt-as-second-stage', clause: 'VTD:table-30/spt-4',
    qemu: 'Walks first-stage and nested translation (PGTT 1 and 3) as second stage.', manual: 'A PGTT that the unit does not report is refused (5Bh).',
    bends: ({ tables, unit }) => ({ unit, tables: { ...tables, pasidEntry: (table, index) => {
      const entry = tables.pasidEntry(table, index)
      return entry === 'unreadable' || entry.pgtt !== 1 && entry.pgtt !== 3 ? entry : { ...entry, pgtt: 2 }
    } } }),
  },
] as const satisfies readonly Bend[]

const codes = [
  {
    name: 'legacy-reasons', clause: 'VTD:table-30/srt-2',
    qemu: 'Gives the reasons of legacy mode for root, context and second stage (1, 2, 3 to Eh).', manual: 'Scalable mode has reasons of its own (38h to 42h, 78h to 87h).',
  },
  {
    name: 'one-pasid-reason', clause: 'VTD:table-30/spt-2',
    qemu: 'Gives 58h for whatever is wrong with PASID directory and PASID table, recorded even if FPD=1 there.', manual: 'Directory: 50h to 52h, table: 58h to 5Bh; those but for 50h and 58h are qualified.',
  },
  {
    name: 'rid-pasid-recorded', clause: 'VTD:7.2/record',
    qemu: 'Records a request without PASID with PP=1 and the PASID that it went by.', manual: 'PP says whether the request had a PASID.',
  },
] as const
export const scalableExceptionList = [...entries, ...codes]
export type ScalableExceptionName = (typeof entries | typeof codes)[number]['name']

const unreserved = <E extends { readonly reserved: boolean }>(entry: E | 'unreadable'): E | 'unreadable' => entry === 'unreadable' || !entry.reserved ? entry : { ...entry, reserved: false }

/** What legacy mode says in place of each. */
const legacyReason: ReadonlyMap<number, readonly number[]> = new Map([
  [0x38, [0x08]], [0x39, [0x01]], [0x3a, [0x0a]], [0x40, [0x09]], [0x41, [0x02]], [0x42, [0x0b]], [0x43, [0x0b]], [0x7b, [0x03]], [0x78, [0x07]], [0x79, [0x05, 0x06]],
  [0x7a, [0x0c]], [0x84, [0x04]], [0x83, [0x04]], [0x85, [0x05]], [0x86, [0x06]], [0x87, [0x0e]],
])
const ofPasid = [0x50, 0x51, 0x52, 0x58, 0x59, 0x5a, 0x5b]

const subsets: readonly (readonly (typeof entries)[number][])[] = Array.from({ length: 2 ** entries.length }, (_, set) => entries.filter((_one, i) => (set >> i & 1) === 1))
  .sort((a, b) => a.length - b.length)

/** The fewest that together explain a difference. */
export function scalableExceptions(compared: DmaCompared): readonly ScalableExceptionName[] | null {
  if (compared.unit.ttm !== 1) return null
  for (const few of subsets) {
    let bent: Bent = { tables: compared.tables, unit: compared.unit }
    for (const { bends } of few) bent = bends(bent, compared)
    const model = translate(bent.tables, bent.unit, compared.request)
    if (model.kind !== 'translated' && model.kind !== 'fault') continue
    const names = few.map(({ name }) => name)
    if (agrees({ ...compared, model })) return names
    const said = reasonSaid(model, compared)
    if (said !== null) return [...names, said]
  }
  return null
}
/** Which of the other reasons QEMU gave for a fault; null where it gave none of them, or did something else. */
function reasonSaid(model: Translation, compared: DmaCompared): ScalableExceptionName | null {
  const { seen } = compared
  if (model.kind !== 'fault' || seen.kind !== 'fault') return null
  const allowed = [model.reason, ...model.alternatives]
  const sameBut = (suppressed: boolean): boolean => agrees({ ...compared, model: { ...model, reason: seen.reason, alternatives: [], suppressed } })
  if (seen.reason === 0x58 && allowed.some(code => ofPasid.includes(code)) && sameBut(false)) return 'one-pasid-reason'
  const legacy = allowed.some(code => legacyReason.get(code)?.includes(seen.reason))
  // What is wrong with the context entry is recorded in legacy mode's way too.
  return legacy && (!model.suppressed || seen.reason === 0x0b) && sameBut(false) ? 'legacy-reasons' : null
}
