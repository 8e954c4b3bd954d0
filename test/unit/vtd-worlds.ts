/** Random tables of full scope as plain objects, and the same tables in raw words: legacy and scalable mode, second and
 *  first stage, nested, interrupts. */
import type fc from 'fast-check'
import { MemoryImage } from '../../spec/iommu/image.ts'
import { encode, registers } from '../../spec/vtd/layout/index.ts'
import type { UnitRegisters } from '../../spec/vtd/capabilities.ts'
import type {
  ContextEntry, Fetched, FirstStageEntry, Irte, PasidDirectoryEntry, PasidEntry, RootEntry, ScalableContextEntry,
  ScalableTables, SecondStageEntry,
} from '../../spec/vtd/walk/tables.ts'
import {
  contextEntryWords, firstStageWords, irteWords, pasidDirectoryWords, pasidEntryWords, rootEntryWords,
  scalableContextWords, scalableRootWords, secondStageWords,
} from '../../spec/vtd/layout/write-entries.ts'
import {
  buses, drawings, functions, guestAddress, haw, indices, interruptIndices, kinds, spoil,
} from './vtd-drawn.ts'
import type { Drawn, Kind, Parts } from './vtd-drawn.ts'

/** A table: its page, and whether memory answers there. `level` 0 where it is no paging table. */
interface Slot { readonly kind: Kind; readonly level: number; readonly address: number; readonly readable: boolean }
/** `table/index` of a kind, `table/index/half` of a root entry in scalable mode. */
type Entries<E> = ReadonlyMap<string, E>

export interface World {
  readonly unit: UnitRegisters
  readonly tables: ScalableTables
  readonly image: MemoryImage
  readonly rootTable: number; readonly interruptTable: number
}

/** Puts both forms together, entry by entry. */
class Builder {
  readonly #drawn: Drawn
  readonly #slots: readonly Slot[]
  readonly #image = new MemoryImage()
  readonly #found = new Map<string, unknown>()

  constructor(drawn: Drawn) {
    this.#drawn = drawn
    // Pages of interrupts are one table; the others lie apart.
    this.#slots = kinds.map(([kind, level], i): Slot =>
      ({ kind, level, address: (drawn.base + (kind === 'interrupts' ? i : 16 + i * 3)) * 4096,
        readable: drawn.readable[i]! }))
    for (const { readable, address } of this.#slots) if (readable) this.#image.cover(address / 4096)
  }

  #of(kind: Kind, level = 0): readonly Slot[] {
    return this.#slots.filter(slot => slot.kind === kind && slot.level === level)
  }
  #pick(kind: Kind, level: number, n: number): number { return this.#of(kind, level)[n % 2]!.address }
  /** An entry in both forms; `key` tells halves of one entry apart. */
  #put(slot: Slot, index: number, dwords: number, entry: unknown, words: Uint32Array | null, key = ''): void {
    this.#found.set(`${slot.address}/${index}${key}`, entry)
    if (slot.readable && words !== null) this.#image.write(slot.address + index % (1024 / dwords) * dwords * 4, words)
  }

  build(): World {
    const { unit, base } = this.#drawn
    const [rootTable] = this.#of('root'), [interrupts] = this.#of('interrupts')
    this.#of('root').forEach(slot => { buses.forEach((bus, i) => { this.#root(slot, bus, this.#drawn.root[i]!) }) })
    this.#of('context').forEach((slot, t) => { functions.forEach((fn, i) => { this.#context(slot, fn, 2 * t + i) }) })
    this.#of('directory')
      .forEach(slot => {
        [0, 1, 128].forEach((index, i) => { this.#directory(slot, index, this.#drawn.directory[i]!) })
      })
    this.#of('pasids').forEach((slot, t) => {
      [0, 5, 6].forEach((index, i) => { this.#pasid(slot, index, this.#drawn.pasid[3 * t + i]!) })
    })
    this.#slots.filter(slot => slot.kind === 'second')
      .forEach((slot, t) => {
        indices.forEach((index, i) => { this.#second(slot, index, this.#drawn.second[3 * t + i]!) })
      })
    this.#slots.filter(slot => slot.kind === 'first')
      .forEach((slot, t) => {
        indices.forEach((index, i) => { this.#first(slot, index, this.#drawn.first[3 * t + i]!) })
      })
    this.#of('interrupts')
      .forEach((slot, t) => {
        interruptIndices.slice(2 * t, 2 * t + 2)
          .forEach((index, i) => { this.#irte(slot, index, this.#drawn.irte[2 * t + i]!) })
      })
    const rtaddr = encode(registers.RTADDR.layout, { RTA: rootTable!.address / 4096, TTM: +unit.scalable })
    const irta = encode(registers.IRTA.layout, { IRTA: interrupts!.address / 4096, S: 8, EIME: +unit.eime })
    return { unit: { cap: unit.cap, ecap: unit.ecap, gsts: unit.gsts, rtaddr, irta }, tables: this.#tables(base),
      image: this.#image,
      rootTable: rootTable!.address, interruptTable: interrupts!.address }
  }

  #root(slot: Slot, bus: number, { present, pick, wrong, lower, upper }: Parts['root']): void {
    const [one, other] = pick ? this.#of('context') : [...this.#of('context')].reverse()
    if (!this.#drawn.unit.scalable) {
      const entry: RootEntry = { present, contextTable: one!.address, reserved: wrong !== null }
      this.#put(slot, bus, 4, entry, spoil(rootEntryWords(entry), wrong))
      return
    }
    const halves = [{ present, contextTable: one!.address, reserved: lower !== null },
      { present: true, contextTable: other!.address, reserved: upper !== null }] as const
    this.#put(slot, bus, 4, halves[0], spoil(scalableRootWords(...halves), lower, upper), '/false')
    this.#put(slot, bus, 4, halves[1], null, '/true')
  }
  #context(slot: Slot, fn: number, n: number): void {
    if (this.#drawn.unit.scalable) {
      const { wrong, ...fields } = this.#drawn.scalableContext[n]!
      const has = this.#capabilities()
      const entry: ScalableContextEntry = {
        ...fields, dte: fields.dte && has('DT'), paside: fields.paside && has('PASID'), pre: fields.pre && has('PRS'),
        eptr: fields.eptr && has('PTRS'),
        ridPasid: has('RPS') ? fields.ridPasid : 0, ridPriv: fields.ridPriv && has('RPRIVS'),
        directory: this.#of('directory')[0]!.address, reserved: wrong !== null,
      }
      this.#put(slot, fn & 0x7f, 8, entry, spoil(scalableContextWords(entry), wrong))
      return
    }
    const { wrong, pick, ...fields } = this.#drawn.context[n]!
    const entry: ContextEntry = { ...fields, table: this.#pick('second', fields.levels || 4, pick),
      reserved: wrong !== null }
    this.#put(slot, fn, 4, entry, spoil(contextEntryWords(entry), wrong))
  }
  #directory(slot: Slot, index: number, { present, fpd, wrong, pick }: Parts['directory']): void {
    const entry: PasidDirectoryEntry = { present, fpd, table: this.#pick('pasids', 0, pick), reserved: wrong !== null }
    this.#put(slot, index, 2, entry, spoil(pasidDirectoryWords(entry), wrong))
  }
  #pasid(slot: Slot, index: number, { wrong, pick, guest, ...fields }: Parts['pasid']): void {
    const has = this.#capabilities()
    const nested = fields.pgtt === 3
    const entry: PasidEntry = {
      ...fields, ssade: fields.ssade && has('SSADS'), pwsnp: fields.pwsnp && has('SMPWCS'),
      pgsnp: fields.pgsnp && has('SC'), sre: fields.sre && has('SRS'),
      eafe: fields.eafe && has('EAFS'), table: this.#pick('second', fields.levels || 4, pick),
      firstStageTable: nested ? guestAddress(guest) : this.#pick('first', fields.firstStageLevels || 4, pick),
      reserved: wrong !== null,
    }
    this.#put(slot, index, 16, entry, spoil(pasidEntryWords(entry), wrong))
  }
  /** Where worlds nest, second-stage leaves lead to first-stage tables, of whatever level: there first-stage entries
   *  have nothing that depends on it. */
  #second(slot: Slot, index: number, { wide, pick, page, intoTable, ...fields }: Parts['second']): void {
    const { level } = slot
    const pageSize = fields.pageSize && level > 1
    const leaf = level === 1 || pageSize
    const firsts = this.#slots.filter(({ kind }) => kind === 'first')
    const target = level > 1 && !pageSize ? (intoTable ? this.#pick('second', level - 1, pick) : page)
      : level === 1 && this.#drawn.nested && intoTable ? firsts[pick % firsts.length]!.address : aligned(page, level)
    const entry: SecondStageEntry = {
      ...fields, pageSize, address: target + (wide ? 2 ** haw : 0), reserved: wide,
      snoop: leaf && level <= 3 && fields.snoop && this.#capabilities()('SC'),
      dirty: fields.dirty && leaf,
    }
    this.#put(slot, index, 2, entry, secondStageWords(entry))
  }
  #first(slot: Slot, index: number, { wide, pick, page, intoTable, guest, ...fields }: Parts['first']): void {
    const { level } = slot
    const { nested } = this.#drawn
    const pageSize = fields.pageSize && level > 1 && !nested
    const target = nested ? guestAddress(guest)
      : level > 1 && !pageSize ? (intoTable ? this.#pick('first', level - 1, pick) : page) : aligned(page, level)
    const entry: FirstStageEntry = { ...fields, pageSize, address: target + (wide ? 2 ** haw : 0), reserved: wide }
    this.#put(slot, index, 2, entry, firstStageWords(entry))
  }
  #irte(slot: Slot, index: number,
    { wrong, wrongPosted, dm, rh, tm, dlm, dst, urg, pda, im, ...head }: Parts['irte']): void {
    const entry: Irte = im ? { ...head, im, urg, pda, reserved: wrongPosted !== null }
      : { ...head, im, dm, rh, tm, dlm, dst, reserved: wrong !== null }
    this.#put(slot, index, 4, entry, spoil(irteWords(entry), im ? wrongPosted : wrong))
  }

  #capabilities(): (name: string) => boolean {
    const { ecap } = this.#drawn.unit
    return name => {
      const { low } = registers.ECAP.layout.fields.find(field => field.name === name)!
      return (ecap[low >>> 5]! >>> (low & 31) & 1) === 1
    }
  }

  #tables(base: number): ScalableTables {
    const readable = new Set(this.#slots.filter(slot => slot.readable).map(({ address }) => address))
    const absent = emptyEntries
    const get = <E>(table: number, index: number, none: E, key = ''): Fetched<E> =>
      readable.has(table) ? (this.#found as Entries<E>).get(`${table}/${index}${key}`) ?? none : 'unreadable'
    const [rootTable] = this.#of('root')
    return {
      rootEntry: bus => get(rootTable!.address, bus, absent.root),
      contextEntry: (table, devfn) => get(table, devfn, absent.context),
      secondStageEntry: (table, index) => get(table, index, absent.second),
      irte: index => get((base + 6 + (index >> 8)) * 4096, index, absent.irte),
      scalableRootEntry: (bus, upper) => get(rootTable!.address, bus, absent.root, `/${upper}`),
      scalableContextEntry: (table, index) => get(table, index, absent.scalableContext),
      pasidDirectoryEntry: (table, index) => get(table, index, absent.directory),
      pasidEntry: (table, index) => get(table, index, absent.pasid),
      firstStageEntry: (table, index) => get(table, index, absent.first),
      acceptsUpdate: table => readable.has(table),
    }
  }
}

const aligned = (address: number, level: number): number => address - address % 2 ** (12 + 9 * (Math.min(level, 3) - 1))
/** Of a present table, where nothing was put: what zeros mean. */
const emptyEntries = {
  root: { present: false, contextTable: 0, reserved: false } satisfies RootEntry,
  context: { present: false, fpd: false, tt: 0, table: 0, levels: 0, did: 0, reserved: false } satisfies ContextEntry,
  second: { read: false, write: false, pageSize: false, address: 0, snoop: false, accessed: false, dirty: false,
    reserved: false } satisfies SecondStageEntry,
  first: { present: false, write: false, user: false, pageSize: false, accessed: false, dirty: false,
    extendedAccessed: false, address: 0, reserved: false } satisfies FirstStageEntry,
  scalableContext: {
    present: false, fpd: false, dte: false, paside: false, pre: false, eptr: false, pdts: 0, directory: 0, ridPasid: 0,
    ridPriv: false, reserved: false,
  } satisfies ScalableContextEntry,
  directory: { present: false, fpd: false, table: 0, reserved: false } satisfies PasidDirectoryEntry,
  pasid: {
    present: false, fpd: false, levels: 0, pgtt: 0, ssade: false, table: 0, did: 0, pwsnp: false, pgsnp: false,
    sre: false, wpe: false, eafe: false,
    firstStageLevels: 4, firstStageTable: 0, reserved: false,
  } satisfies PasidEntry,
  irte: { present: false, fpd: false, im: false, dm: false, rh: false, tm: false, dlm: 0, vector: 0, dst: 0, sid: 0,
    sq: 0, svt: 0, reserved: false } satisfies Irte,
}

export const world: fc.Arbitrary<World> = drawings.map(drawn => new Builder(drawn).build())
