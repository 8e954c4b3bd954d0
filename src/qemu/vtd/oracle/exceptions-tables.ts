/** Where QEMU is known to read tables otherwise than the manual, above all in scalable mode: what its unit goes by in
 *  their place, and which reasons it gives. */
import { hardwareGeometry, leafSize, translate } from '../../../../spec/vtd/index.ts'
import type {
  Feature, FirstStageEntry, PasidEntry, ScalableTables, SecondStageEntry, Translation, TranslationUnit,
} from '../../../../spec/vtd/index.ts'
import { contextLookupOf } from './context-lookup.ts'
import { agrees } from './dma-seen.ts'
import type { DmaCompared } from './dma-seen.ts'
import { fewest, isOn } from '../../oracle/exception.ts'
import type { QemuException } from '../../oracle/exception.ts'
import type { Version } from '../../find.ts'

/** `features`: those the unit takes itself to have besides. `wrap`: what it reads from its tables otherwise. */
interface Bent {
  readonly features: readonly Feature[]
  readonly unit: TranslationUnit
  readonly wrap: (tables: ScalableTables) => ScalableTables
}
type Bend = QemuException & { readonly bends: (bent: Bent) => Bent }

const withFeatures = (bent: Bent, ...more: readonly Feature[]): Bent =>
  ({ ...bent, features: [...bent.features, ...more] })
const wrapped = (bent: Bent, change: (tables: ScalableTables) => Partial<ScalableTables>): Bent =>
  ({ ...bent, wrap: tables => {
    const before = bent.wrap(tables)
    return { ...before, ...change(before) }
  } })
const changed = <E>(entry: E | 'unreadable', change: (entry: E) => E | 'unreadable'): E | 'unreadable' =>
  entry === 'unreadable' ? entry : change(entry)
const unreserved = <E extends { readonly reserved: boolean }>(entry: E): E =>
  entry.reserved ? { ...entry, reserved: false } : entry

/** As a unit reads them that may set accessed and dirty bits whatever PWSNP is. */
export const updatesUnsnooped = (tables: ScalableTables): Pick<ScalableTables, 'pasidEntry'> => ({
  pasidEntry: (table, index) => changed(tables.pasidEntry(table, index), entry => ({ ...entry, pwsnp: true })),
})

const inBoth = {
  name: 'all-ones-unreadable', clause: 'VTD:table-30/lss-2',
  qemu: 'Takes a paging entry of ones for one that cannot be read (7h; 3h in the top table; first stage 70h).',
  manual: 'It was read, and has reserved bits set (Ch, 7Ah, 72h).',
  bends: bent => wrapped(bent, tables => ({
    secondStageEntry: (table, index, level) =>
      changed(tables.secondStageEntry(table, index, level), entry => isOnes(entry, level) ? 'unreadable' : entry),
    firstStageEntry: (table, index, level) =>
      changed(tables.firstStageEntry(table, index, level), entry => isFirstOnes(entry, level) ? 'unreadable' : entry),
  })),
} as const satisfies Bend
const addressOfOnes = (level: number): number => 2 ** 52 - leafSize(hardwareGeometry, Math.min(level, 4) % 4 || 1)
const isFirstOnes = (entry: FirstStageEntry, level: number): boolean => entry.present && entry.write && entry.user
  && entry.pageSize && entry.accessed && entry.dirty && entry.extendedAccessed && entry.address === addressOfOnes(level)
const isOnes = ({ read, write, pageSize, snoop, accessed, dirty, address }: SecondStageEntry, level: number): boolean =>
  read && write && pageSize && snoop && accessed && dirty && address === addressOfOnes(level)

const ofScalableMode = [
  {
    name: 'snoop-bit-accepted', clause: 'VTD:table-30/sss-3',
    qemu: 'Takes SNP in a second-stage leaf although ECAP.SC=0.', manual: 'Without ECAP.SC the bit is reserved (7Ah).',
    bends: bent => withFeatures(bent, 'ECAP.SC'),
  },
  {
    name: 'context-features-accepted', clause: 'VTD:table-30/sct-3',
    qemu: 'Takes DTE, PASIDE and PRE in a context entry without the capabilities for them.',
    manual: 'Each is reserved without its capability (42h).',
    bends: bent => wrapped(withFeatures(bent, 'ECAP.DT', 'ECAP.PASID', 'ECAP.PRS'), tables => ({
      // Of what they mean together it knows nothing.
      scalableContextEntry: (table, index) =>
        changed(tables.scalableContextEntry(table, index), entry => ({ ...entry, pre: false })),
    })),
  },
  {
    name: 'rid-pasid-used', clause: 'VTD:table-30/sct-3',
    qemu: 'Goes by RID_PASID although ECAP.RPS=0.', manual: 'Without ECAP.RPS the field is reserved (42h).',
    bends: bent => withFeatures(bent, 'ECAP.RPS'),
  },
  {
    name: 'directory-unbounded', clause: 'VTD:table-30/sct-4',
    qemu: 'Does not apply PDTS.', manual: 'A RID_PASID beyond the directory is refused (43h).',
    bends: bent => wrapped(bent, tables => ({
      scalableContextEntry: (table, index) =>
        changed(tables.scalableContextEntry(table, index), entry => ({ ...entry, pdts: 7 })),
    })),
  },
  {
    name: 'both-root-halves', clause: 'VTD:table-30/srt-3',
    qemu: 'Refuses a root entry with a reserved bit in either half.',
    manual: 'Each half is judged for its own devices.',
    bends: bent => wrapped(bent, tables => ({ scalableRootEntry: (bus, upper) => {
      const other = tables.scalableRootEntry(bus, !upper)
      return changed(tables.scalableRootEntry(bus, upper),
        own => other === 'unreadable' || !other.reserved ? own : { ...own, reserved: true })
    } })),
  },
  {
    name: 'pasid-reserved-ignored', clause: 'VTD:table-30/spt-3',
    qemu: 'Checks no reserved bit of PASID directory and PASID table entries.',
    manual: 'A reserved bit that is set is refused (52h, 5Ah).',
    bends: bent => wrapped(bent, tables => ({
      pasidDirectoryEntry: (table, index) => changed(tables.pasidDirectoryEntry(table, index), unreserved),
      pasidEntry: (table, index) =>
        changed(tables.pasidEntry(table, index), entry =>
          ({ ...unreserved(entry), ssade: false, sre: false, eafe: false })),
    })),
  },
  {
    name: 'pgtt-as-second-stage', clause: 'VTD:table-30/spt-4', before: 10,
    qemu: 'Walks first-stage and nested translation (PGTT 1 and 3) as second stage.',
    manual: 'A PGTT that the unit does not report is refused (5Bh).',
    bends: bent => wrapped(bent, tables => ({
      pasidEntry: (table, index) => changed(tables.pasidEntry(table, index),
        entry => entry.pgtt === 1 || entry.pgtt === 3 ? { ...entry, pgtt: 2 } : entry),
    })),
  },
  {
    name: 'absent-pasid-judged', clause: 'VTD:table-30/spt-2', from: 10,
    qemu: 'Judges PGTT and AW of a PASID entry (5Bh) before its P.', manual: 'An entry with P=0 is not present (59h).',
    bends: bent => wrapped(bent, tables => ({
      pasidEntry: (table, index) => changed(tables.pasidEntry(table, index),
        entry => entry.present || isUsable(entry, bent.unit) ? entry : { ...entry, present: true }),
    })),
  },
  {
    name: 'updates-unsnooped', clause: 'VTD:3.6/accessed-dirty', from: 10,
    qemu: 'Sets accessed and dirty bits of first stage although PWSNP=0.',
    manual: 'Without PWSNP a bit that has to be set is a fault (90h).',
    bends: bent => wrapped(bent, updatesUnsnooped),
  },
] as const satisfies readonly Bend[]
const isUsable = ({ pgtt, levels, firstStageLevels }: PasidEntry, unit: TranslationUnit): boolean =>
  pgtt === 4 || pgtt === 1 && unit.scalable?.firstStage === true
    && unit.scalable.firstStageLevels.includes(firstStageLevels)
    || pgtt === 2 && unit.scalable?.secondStage === true && unit.levels.includes(levels)

const codes = [
  {
    name: 'legacy-reasons', clause: 'VTD:table-30/srt-2',
    qemu: 'Gives the reasons of legacy mode for root, context and second stage (1, 2, 3 to Eh).',
    manual: 'Scalable mode has reasons of its own (38h to 42h, 78h to 87h).',
  },
  {
    name: 'one-pasid-reason', clause: 'VTD:table-30/spt-2', before: 10,
    qemu: 'Gives 58h for whatever is wrong with PASID directory and PASID table, recorded even if FPD=1 there.',
    manual: 'Directory: 50h to 52h, table: 58h to 5Bh; those but for 50h and 58h are qualified.',
  },
  {
    name: 'pasid-fault-recorded', clause: 'VTD:table-30/spd-2', from: 10,
    qemu: 'Records what is wrong with PASID directory and PASID table even if FPD=1 there.',
    manual: 'All but 50h and 58h are qualified: not recorded where FPD=1.',
  },
  {
    name: 'rid-pasid-recorded', clause: 'VTD:7.2/record',
    qemu: 'Records a request without PASID with PP=1 and the PASID that it went by.',
    manual: 'PP says whether the request had a PASID.',
  },
] as const satisfies readonly QemuException[]
/** One of them. */
const coded = (name: (typeof codes)[number]['name']): QemuException => codes.find(one => one.name === name)!
export const tableExceptions = [inBoth, ...ofScalableMode, ...codes]
export type TableExceptionName = (typeof tableExceptions)[number]['name']

/** What legacy mode says in place of each. */
const legacyReason: ReadonlyMap<number, readonly number[]> = new Map([
  [0x38, [0x08]], [0x39, [0x01]], [0x3a, [0x0a]], [0x40, [0x09]], [0x41, [0x02]], [0x42, [0x0b]], [0x43, [0x0b]],
  [0x7b, [0x03]], [0x78, [0x07]], [0x79, [0x05, 0x06]],
  [0x7a, [0x0c]], [0x84, [0x04]], [0x83, [0x04]], [0x85, [0x05]], [0x86, [0x06]], [0x87, [0x0e]],
])
const ofPasid = [0x50, 0x51, 0x52, 0x58, 0x59, 0x5a, 0x5b]

/** Whether AW counts where PGTT is pass-through our sources do not say: what refuses an unsupported one there (5Bh) is
 *  allowed as well. */
const widthOfPassThrough = (bent: Bent): Bent => wrapped(bent, tables => ({
  pasidEntry: (table, index) => changed(tables.pasidEntry(table, index), entry =>
    entry.pgtt === 4 && !bent.unit.levels.includes(entry.levels) ? { ...entry, pgtt: 0 } : entry),
}))

type Explaining = typeof inBoth | (typeof ofScalableMode)[number]
const explaining: readonly Explaining[] = [inBoth, ...ofScalableMode]
const ofVersion = new Map<number, readonly Explaining[]>()
/** Those that a QEMU has. */
function knownOf(version: Version, scalable: boolean): readonly Explaining[] {
  if (!scalable) return [inBoth]
  const known = ofVersion.get(version.major) ?? explaining.filter(one => isOn(one, version))
  ofVersion.set(version.major, known)
  return known
}

const plainly = ({ unit }: DmaCompared): Bent => ({ features: [], unit, wrap: tables => tables })
const translateBy = (compared: DmaCompared, { wrap, features, unit }: Bent) =>
  translate(wrap(compared.reading(features)), unit, compared.request)

/** What the model says of a request by these exceptions. */
export function translationBy(compared: DmaCompared, names: readonly string[]): Translation {
  let bent = plainly(compared)
  for (const { name, bends } of explaining) if (names.includes(name)) bent = bends(bent)
  const found = translateBy(compared, bent)
  return found.kind === 'translated' || found.kind === 'fault' ? found : compared.model
}

/** The fewest that together explain a difference; none at all where the manual leaves open what QEMU did. */
export function explainedByTables<N extends string>(compared: DmaCompared,
  inAnyMode: (compared: DmaCompared) => N | null):
  readonly (N | TableExceptionName)[] | null {
  const scalable = compared.unit.ttm === 1
  const explained = (bent: Bent): readonly (N | TableExceptionName)[] | null => {
    const tables = bent.wrap(compared.reading(bent.features))
    const model = translate(tables, bent.unit, compared.request)
    if (model.kind !== 'translated' && model.kind !== 'fault') return null
    const now = { ...compared, model, way: contextLookupOf(tables, bent.unit, compared.request) }
    if (agrees(now)) return []
    const more = (scalable ? reasonSaid(model, compared) : null) ?? inAnyMode(now)
    return more === null ? null : [more]
  }
  return fewest<Bent, N | TableExceptionName>(knownOf(compared.version, scalable), plainly(compared), bent =>
    explained(bent) ?? (scalable ? explained(widthOfPassThrough(bent)) : null))
}
/** Which of the other reasons QEMU gave for a fault; null where it gave none of them, or did something else. */
function reasonSaid(model: Translation, compared: DmaCompared): TableExceptionName | null {
  const { seen, version } = compared
  if (model.kind !== 'fault' || seen.kind !== 'fault') return null
  const allowed = [model.reason, ...model.alternatives]
  const sameBut = (suppressed: boolean): boolean =>
    agrees({ ...compared, model: { ...model, reason: seen.reason, alternatives: [], suppressed } })
  if (isOn(coded('one-pasid-reason'), version) && seen.reason === 0x58
    && allowed.some(code => ofPasid.includes(code)) && sameBut(false)) return 'one-pasid-reason'
  if (isOn(coded('pasid-fault-recorded'), version) && model.suppressed && ofPasid.includes(seen.reason)
    && allowed.includes(seen.reason) && sameBut(false)) return 'pasid-fault-recorded'
  const legacy = allowed.some(code => legacyReason.get(code)?.includes(seen.reason))
  // What is wrong with the context entry is recorded in legacy mode's way too.
  return legacy && (!model.suppressed || seen.reason === 0x0b) && sameBut(false) ? 'legacy-reasons' : null
}
