/** Entries of the tables decoded by the layouts, into what the walkers read (VT-d rev 5.10, chapter 9). Over 32-bit
 *  halves, because walks of raw memory are counted in millions a second. */
import {
  anySet, contextEntry, firstStageLeaf, firstStageTables, getter, maskOf, pasidDirectoryEntry, pasidEntry,
  postedDescriptor, postedIrte, remappedIrte, reservedMask,
  rootEntry, scalableContextEntry, scalableRootEntry, secondStageLeaf, secondStageTables,
} from './index.ts'
import type { Dwords, Getter, Layout, Rules } from './index.ts'
import type {
  ContextEntry, FirstStageEntry, Irte, PasidDirectoryEntry, PasidEntry, PostedDescriptor, RootEntry,
  ScalableContextEntry, SecondStageEntry,
} from '../walk/tables.ts'

/** Each reads the structure whose first dword is at index `at`. */
export interface EntryReader {
  rootEntry(words: Dwords, at: number): RootEntry
  contextEntry(words: Dwords, at: number): ContextEntry
  secondStageEntry(words: Dwords, at: number, level: number): SecondStageEntry
  scalableRootEntry(words: Dwords, at: number, upper: boolean): RootEntry
  scalableContextEntry(words: Dwords, at: number): ScalableContextEntry
  pasidDirectoryEntry(words: Dwords, at: number): PasidDirectoryEntry
  pasidEntry(words: Dwords, at: number): PasidEntry
  firstStageEntry(words: Dwords, at: number, level: number): FirstStageEntry
  irte(words: Dwords, at: number): Irte
  postedDescriptor(words: Dwords, at: number): PostedDescriptor
}

const getters = <N extends string>(of: Layout<N>): Readonly<Record<N, Getter>> =>
  Object.fromEntries(of.fields.map(({ name }) => [name, getter(of, name)])) as Record<N, Getter>

const root = getters(rootEntry), context = getters(contextEntry), scalableRoot = getters(scalableRootEntry)
const scalableContext = getters(scalableContextEntry), directory = getters(pasidDirectoryEntry),
  pasid = getters(pasidEntry)
const remapped = getters(remappedIrte), posted = getters(postedIrte), descriptor = getters(postedDescriptor)
const pageSize = 4096
/** AW of context and PASID entries. */
const levelsOf = (aw: number): number => aw >= 1 && aw <= 3 ? aw + 2 : 0

/** @param rules what the unit has: it decides which bits are reserved. */
export function entryReader(rules: Rules): EntryReader {
  const halves = lowerAndUpper(reservedMask(scalableRootEntry, rules))
  const reserved = {
    root: judgeOf(rules, rootEntry), context: judgeOf(rules, contextEntry),
    scalableContext: judgeOf(rules, scalableContextEntry), directory: judgeOf(rules, pasidDirectoryEntry),
    pasid: judgeOf(rules, pasidEntry),
  }
  return {
    rootEntry: (w, at) => ({ present: root.P(w, at) === 1, contextTable: root.CTP(w, at) * pageSize,
      reserved: reserved.root(w, at) }),
    contextEntry: (w, at) => ({
      present: context.P(w, at) === 1, fpd: context.FPD(w, at) === 1, tt: context.TT(w, at) as ContextEntry['tt'],
      table: context.SSPTPTR(w, at) * pageSize,
      levels: levelsOf(context.AW(w, at)), did: context.DID(w, at), reserved: reserved.context(w, at),
    }),
    secondStageEntry: secondStage(rules),
    scalableRootEntry: (w, at, upper) => upper
      ? { present: scalableRoot.UP(w, at) === 1, contextTable: scalableRoot.UCTP(w, at) * pageSize,
        reserved: anySet(halves.upper, w, at + 2) }
      : { present: scalableRoot.LP(w, at) === 1, contextTable: scalableRoot.LCTP(w, at) * pageSize,
        reserved: anySet(halves.lower, w, at) },
    scalableContextEntry: (w, at) => ({
      present: scalableContext.P(w, at) === 1, fpd: scalableContext.FPD(w, at) === 1,
      dte: scalableContext.DTE(w, at) === 1,
      paside: scalableContext.PASIDE(w, at) === 1, pre: scalableContext.PRE(w, at) === 1,
      eptr: scalableContext.EPTR(w, at) === 1,
      pdts: scalableContext.PDTS(w, at), directory: scalableContext.PASIDDIRPTR(w, at) * pageSize,
      ridPasid: scalableContext.RID_PASID(w, at),
      ridPriv: scalableContext.RID_PRIV(w, at) === 1, reserved: reserved.scalableContext(w, at),
    }),
    pasidDirectoryEntry: (w, at) => ({
      present: directory.P(w, at) === 1, fpd: directory.FPD(w, at) === 1, table: directory.SMPTBLPTR(w, at) * pageSize,
      reserved: reserved.directory(w, at),
    }),
    pasidEntry: (w, at) => ({
      present: pasid.P(w, at) === 1, fpd: pasid.FPD(w, at) === 1, levels: levelsOf(pasid.AW(w, at)),
      pgtt: pasid.PGTT(w, at), ssade: pasid.SSADE(w, at) === 1,
      table: pasid.SSPTPTR(w, at) * pageSize, did: pasid.DID(w, at), pwsnp: pasid.PWSNP(w, at) === 1,
      pgsnp: pasid.PGSNP(w, at) === 1,
      sre: pasid.SRE(w, at) === 1, wpe: pasid.WPE(w, at) === 1, eafe: pasid.EAFE(w, at) === 1,
      firstStageLevels: [4, 5, 0, 0][pasid.FSPM(w, at)]!,
      firstStageTable: pasid.FSPTPTR(w, at) * pageSize, reserved: reserved.pasid(w, at),
    }),
    firstStageEntry: firstStage(rules),
    ...interruptEntries(rules),
  }
}
function judgeOf(rules: Rules, of: Layout): (words: Dwords, at: number) => boolean {
  const mask = reservedMask(of, rules)
  return (words, at) => anySet(mask, words, at)
}

function interruptEntries(rules: Rules): Pick<EntryReader, 'irte' | 'postedDescriptor'> {
  const reserved = {
    remapped: judgeOf(rules, remappedIrte), posted: judgeOf(rules, postedIrte),
    descriptor: judgeOf(rules, postedDescriptor),
  }
  return {
    irte: (w, at) => {
      const head = {
        present: remapped.P(w, at) === 1, fpd: remapped.FPD(w, at) === 1, vector: remapped.V(w, at),
        sid: remapped.SID(w, at),
        sq: remapped.SQ(w, at) as Irte['sq'], svt: remapped.SVT(w, at) as Irte['svt'],
      }
      if (remapped.IM(w, at) === 1)
        return { ...head, im: true, urg: posted.URG(w, at) === 1,
          pda: posted.PDAH(w, at) * 2 ** 32 + posted.PDAL(w, at) * 64, reserved: reserved.posted(w, at) }
      return {
        ...head, im: false, dm: remapped.DM(w, at) === 1, rh: remapped.RH(w, at) === 1, tm: remapped.TM(w, at) === 1,
        dlm: remapped.DLM(w, at),
        dst: remapped.DST(w, at), reserved: reserved.remapped(w, at),
      }
    },
    postedDescriptor: (w, at) => ({
      pir: [descriptor.PIR0, descriptor.PIR1, descriptor.PIR2, descriptor.PIR3, descriptor.PIR4, descriptor.PIR5,
        descriptor.PIR6, descriptor.PIR7].map(get => get(w, at)),
      outstanding: descriptor.ON(w, at) === 1, suppressed: descriptor.SN(w, at) === 1, nv: descriptor.NV(w, at),
      ndst: descriptor.NDST(w, at),
      reserved: reserved.descriptor(w, at),
    }),
  }
}

/** Each half of a scalable-mode root entry is judged only where its present bit is set (9.2). */
const lowerAndUpper = (mask: Uint32Array) => ({ lower: mask.subarray(0, 2), upper: mask.subarray(2, 4) })

/** Of one kind of paging entry: where its address is and which bits must be 0, in the low and the high dword. */
interface PagingMasks {
  readonly addressLow: number
  readonly addressHigh: number
  readonly reservedLow: number
  readonly reservedHigh: number
}
function masksOf(of: Layout, rules: Rules): PagingMasks {
  const address = maskOf(of, 'ADDR'), wrong = reservedMask(of, rules)
  return { addressLow: address[0]!, addressHigh: address[1]!, reservedLow: wrong[0]!, reservedHigh: wrong[1]! }
}
interface ByLevel {
  readonly tables: Readonly<Record<2 | 3 | 4, Layout>>
  readonly leaves: Readonly<Record<1 | 2 | 3, Layout>>
}
/** By level, tables from index 2 and leaves up to index 3; level 5 is like 4, and a leaf at a level that has none is
 *  judged as a table. */
function pagingMasks({ tables, leaves }: ByLevel,
  rules: Rules): { readonly table: readonly PagingMasks[]; readonly leaf: readonly PagingMasks[] } {
  const page = masksOf(leaves[1], rules), top = masksOf(tables[4], rules)
  return {
    table: [page, page, masksOf(tables[2], rules), masksOf(tables[3], rules), top, top],
    leaf: [page, page, masksOf(leaves[2], rules), masksOf(leaves[3], rules), top, top],
  }
}
const bitOf = (of: Layout, name: string): number => maskOf(of, name)[0]!

function secondStage(rules: Rules): EntryReader['secondStageEntry'] {
  const { table, leaf } = pagingMasks({ tables: secondStageTables, leaves: secondStageLeaf }, rules)
  const of = secondStageLeaf[1]
  const R = bitOf(of, 'R'), W = bitOf(of, 'W'), PS = bitOf(of, 'PS'), SNP = bitOf(of, 'SNP'), A = bitOf(of, 'A'),
    D = bitOf(of, 'D')
  return (words, at, level) => {
    const low = words[at]!, high = words[at + 1]!
    const masks = ((low & PS) !== 0 ? leaf : table)[level]!
    return {
      read: (low & R) !== 0, write: (low & W) !== 0, pageSize: (low & PS) !== 0,
      address: (high & masks.addressHigh) * 2 ** 32 + ((low & masks.addressLow) >>> 0), snoop: (low & SNP) !== 0,
      accessed: (low & A) !== 0, dirty: (low & D) !== 0,
      reserved: (low & masks.reservedLow) !== 0 || (high & masks.reservedHigh) !== 0,
    }
  }
}

function firstStage(rules: Rules): EntryReader['firstStageEntry'] {
  const { table, leaf } = pagingMasks({ tables: firstStageTables, leaves: firstStageLeaf }, rules)
  const of = firstStageLeaf[2]
  const P = bitOf(of, 'P'), RW = bitOf(of, 'RW'), US = bitOf(of, 'US'), PS = bitOf(of, 'PS'), A = bitOf(of, 'A'),
    D = bitOf(of, 'D'), EA = bitOf(of, 'EA')
  return (words, at, level) => {
    const low = words[at]!, high = words[at + 1]!
    // Bit 7 of a leaf of 4 KiB is PAT: no other kind of entry stands at level 1.
    const masks = ((low & PS) !== 0 ? leaf : table)[level]!
    return {
      present: (low & P) !== 0, write: (low & RW) !== 0, user: (low & US) !== 0, pageSize: (low & PS) !== 0,
      accessed: (low & A) !== 0, dirty: (low & D) !== 0,
      extendedAccessed: (low & EA) !== 0,
      address: (high & masks.addressHigh) * 2 ** 32 + ((low & masks.addressLow) >>> 0),
      reserved: (low & masks.reservedLow) !== 0 || (high & masks.reservedHigh) !== 0,
    }
  }
}
