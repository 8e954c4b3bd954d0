/** What random tables of full scope are made of: registers, entries with wrong bits now and then, and the places where
 *  tables have entries. */
import fc from 'fast-check'
import {
  anything, contextEntry, encode, pasidDirectoryEntry, pasidEntry, postedIrte, registers, remappedIrte, reservedMask,
  rootEntry, scalableContextEntry, scalableRootEntry,
} from '../../spec/vtd/layout/index.ts'
import type { Layout } from '../../spec/vtd/layout/index.ts'
import type { ContextEntry, Irte } from '../../spec/vtd/walk/tables.ts'

export const haw = 46
/** What requests and tables go by; every table has entries at just these places. */
export const buses = [0, 5], functions = [0x03, 0x83], pasids = [0, 5, 70, 0x2000],
  interruptIndices = [0, 255, 256, 300]
/** Indices of paging entries. */
export const indices = [0, 1, 511]

export type Kind = 'root' | 'context' | 'directory' | 'pasids' | 'second' | 'first' | 'interrupts'
const flag = fc.boolean()
const mostly = (value: boolean): fc.Arbitrary<boolean> =>
  fc.integer({ min: 0, max: 29 }).map(n => n > 0 ? value : !value)
const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: usual, weight: 29 }, { arbitrary: rare, weight: 1 })
const pages = fc.integer({ min: 1, max: 2 ** 34 - 1 })
const anyPage = often(pages, fc.integer({ min: 0xfee00, max: 0xfeeff })).map(page => page * 4096)

/** Bits of a capability register: those given, each there or not. */
const some = (...names: readonly string[]): fc.Arbitrary<Record<string, number>> =>
  fc.record(Object.fromEntries(names.map(name => [name, mostly(true).map(Number)])))
export const registersOf = fc.record({
  cap: fc.tuple(some('ZLR', 'PI', 'FS1GP', 'FS5LP'), fc.constantFrom(14, 14, 4, 6), fc.constantFrom(47, 56, 38),
    fc.constantFrom(3, 3, 1, 0))
    .map(([flags, SAGAW, MGAW, SSLPS]) => encode(registers.CAP.layout, { ...flags, SAGAW, MGAW, SSLPS })),
  ecap: some('DT', 'EIM', 'PT', 'SC', 'NEST', 'PRS', 'ERS', 'SRS', 'EAFS', 'PASID', 'SMTS', 'SSADS', 'SSTS', 'FSTS',
    'SMPWCS', 'RPS', 'RPRIVS', 'PTRS')
    .map(flags => encode(registers.ECAP.layout, { IR: 1, PSS: 12, ...flags })),
  gsts: fc.constant(encode(registers.GSTS.layout, { TES: 1, IRES: 1 })[0]!), scalable: flag, eime: flag,
})

/** Reserved whatever the unit has. */
const wrongBits = (of: Layout, from = 0, to: number = of.bits): readonly number[] => {
  const mask = reservedMask(of, anything)
  return Array.from({ length: to - from }, (_, i) => from + i).filter(at => (mask[at >>> 5]! >>> (at & 31) & 1) === 1)
}
/** Null, or a reserved bit to set. */
const wrongBit = (of: Layout, from?: number, to?: number): fc.Arbitrary<number | null> =>
  often(fc.constant(null), fc.constantFrom(...wrongBits(of, from, to)))
export function spoil(words: Uint32Array, ...bits: readonly (number | null)[]): Uint32Array {
  for (const at of bits) if (at !== null) words[at >>> 5]! |= 1 << (at & 31)
  return words
}

const paging = {
  /** `wide`: with an address bit above HAW. */
  wide: mostly(false), accessed: flag, dirty: flag, pick: fc.nat(), page: anyPage, intoTable: mostly(true),
}
const parts = {
  root: fc.record({ present: mostly(true), pick: flag, wrong: wrongBit(rootEntry),
    lower: wrongBit(scalableRootEntry, 0, 64), upper: wrongBit(scalableRootEntry, 64, 128) }),
  context: fc.record({
    present: mostly(true), fpd: mostly(false), tt: fc.constantFrom<ContextEntry['tt']>(0, 0, 0, 1, 2, 3),
    levels: often(fc.constantFrom(3, 4, 5, 4), fc.constant(0)), did: fc.nat(0xffff),
    wrong: wrongBit(contextEntry), pick: fc.nat(),
  }),
  scalableContext: fc.record({
    present: mostly(true), fpd: mostly(false), dte: mostly(true), paside: mostly(true), pre: flag, eptr: flag,
    pdts: fc.constantFrom(0, 1, 7),
    ridPasid: fc.constantFrom(0, 0, 0, ...pasids), ridPriv: mostly(false), wrong: wrongBit(scalableContextEntry),
  }),
  directory: fc.record({ present: mostly(true), fpd: mostly(false), wrong: wrongBit(pasidDirectoryEntry),
    pick: fc.nat() }),
  pasid: fc.record({
    present: mostly(true), fpd: mostly(false), levels: often(fc.constantFrom(3, 4, 5, 4), fc.constant(0)),
    pgtt: often(fc.constantFrom(1, 2, 3, 1, 2, 3, 4), fc.constantFrom(0, 5)), ssade: flag, did: fc.nat(0xffff),
    pwsnp: mostly(true), pgsnp: flag, sre: mostly(true), wpe: flag, eafe: flag,
    firstStageLevels: often(fc.constantFrom(4, 4, 5), fc.constant(0)), wrong: wrongBit(pasidEntry),
    pick: fc.nat(), guest: fc.nat(),
  }),
  second: fc.record({ ...paging, read: mostly(true), write: mostly(true), pageSize: mostly(false), snoop: flag }),
  first: fc.record({ ...paging, present: mostly(true), write: mostly(true), user: mostly(true), pageSize: mostly(false),
    extendedAccessed: flag, guest: fc.nat() }),
  irte: fc.record({
    present: mostly(true), fpd: mostly(false), im: mostly(false), vector: fc.nat(255),
    sid: fc.constantFrom(0x0003, 0x0583, 0x0007, 0x0006, 0x0500),
    sq: fc.constantFrom<Irte['sq']>(0, 1, 2, 3), svt: fc.constantFrom<Irte['svt']>(0, 1, 1, 2, 3),
    wrong: wrongBit(remappedIrte), wrongPosted: wrongBit(postedIrte),
    dm: flag, rh: flag, tm: flag, dlm: fc.constantFrom(0, 1, 2, 3, 7),
    dst: fc.constantFrom(0x100, 0xff00, 0x1_0000, 0xffff_ffff), urg: flag, pda: fc.nat(2 ** 46).map(n => n * 64),
  }),
}
export type Parts = { readonly [K in keyof typeof parts]: (typeof parts)[K] extends fc.Arbitrary<infer T> ? T : never }

/** An input address by its indices, from the top of five levels. */
export const addressOf = (of: readonly number[]): number => of.reduce((sum, index) => sum * 512 + index, 0) * 4096
/** Guest addresses that the second stage of four levels has entries for: the n-th. */
export const guestAddress = (n: number): number =>
  addressOf([0, 0, ...[n % 3, Math.floor(n / 3) % 3, Math.floor(n / 9) % 3].map(i => indices[i]!)])

export const kinds: readonly (readonly [Kind, number])[] = [
  ['root', 0], ['context', 0], ['context', 0], ['directory', 0], ['pasids', 0], ['pasids', 0], ['interrupts', 0],
  ['interrupts', 0],
  ...[1, 2, 3, 4, 5].flatMap(level =>
    [['second', level], ['second', level], ['first', level], ['first', level]] as const),
]
const rowsOf = (kind: Kind): number => ({ root: 2, context: 2, directory: 3, pasids: 3, second: 3, first: 3,
  interrupts: 2 })[kind]
const total = (kind: Kind): number => kinds.filter(([of]) => of === kind).length * rowsOf(kind)
const many = <T>(of: fc.Arbitrary<T>, kind: Kind): fc.Arbitrary<readonly T[]> =>
  fc.array(of, { minLength: total(kind), maxLength: total(kind) })

export const drawings = fc.record({
  unit: registersOf, base: fc.integer({ min: 0x1_0000, max: 2 ** 33 }),
  readable: fc.array(mostly(true), { minLength: kinds.length, maxLength: kinds.length }),
  root: many(parts.root, 'root'), context: many(parts.context, 'context'),
  scalableContext: many(parts.scalableContext, 'context'),
  directory: many(parts.directory, 'directory'), pasid: many(parts.pasid, 'pasids'),
  second: many(parts.second, 'second'), first: many(parts.first, 'first'),
  irte: many(parts.irte, 'interrupts'), nested: flag,
})
export type Drawn = typeof drawings extends fc.Arbitrary<infer T> ? T : never
