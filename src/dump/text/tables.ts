/** Tables that texts show, as memory and registers of a unit: the text has the entries, so pages are put together of
 *  them. What a text cannot show is assumed, and said. */
import {
  decode, dwordsOf, encode, pasidDirectoryEntry, qwordsOf, registers, scalableContextEntry,
} from '../../../spec/vtd/index.ts'
import { registersOf } from '../registers.ts'
import type { RegisterValues } from '../registers.ts'
import type { AnyDump, Dump } from '../dump.ts'
import { AmdTexts } from './amd.ts'
import { DomainText } from './domains.ts'
import { UnitTexts } from './units.ts'
import type { ContextRow, UnitText } from './units.ts'
import { XenTexts } from './xen.ts'

/** The unit that files without the name of one are about. */
const namelessUnit = 'unit'

/** A unit that can do all, for texts that do not say what theirs can. */
const mostCapable = {
  CAP: qwordsOf(encode(registers.CAP.layout, { ND: 6, SAGAW: 0xe, MGAW: 56, ZLR: 1, SSLPS: 3, PSI: 1, MAMV: 18,
    DWD: 1, DRD: 1, FS1GP: 1, PI: 1, FS5LP: 1 }))[0]!,
  ECAP: qwordsOf(encode(registers.ECAP.layout, { C: 1, QI: 1, DT: 1, IR: 1, EIM: 1, PT: 1, SC: 1, MTS: 1, NEST: 1,
    PRS: 1, SRS: 1, EAFS: 1, PSS: 19, PASID: 1, SMTS: 1, SSADS: 1, SSTS: 1, FSTS: 1, SMPWCS: 1, RPS: 1,
    RPRIVS: 1, HPTS: 1, PTRS: 1, SSIRWS: 1 }))[0]!,
}
const gsts = (fields: Readonly<Record<string, number>>): bigint => BigInt(encode(registers.GSTS.layout, fields)[0]!)
const addressBits = 0xffffffffff000n
const addressOf = (word: bigint): number => Number(word & addressBits)
/** Where tables are put whose address no text has: no memory is there. */
const nowhere = 2 ** 52 - 4096

export class TableTexts {
  readonly domains = new DomainText()
  readonly #texts = new UnitTexts()
  readonly xen = new XenTexts(this.#texts)
  readonly amd = new AmdTexts()
  #placed: readonly string[] | null = null
  #fabricated = 0

  /** True where the line is one of such a text. */
  take(line: string): boolean {
    return this.#texts.take(line) || this.domains.take(line) || this.amd.take(line) || this.xen.take(line)
  }

  /** Names of units that the texts show something of. */
  get units(): readonly string[] {
    this.#place()
    return [...this.#placed!, ...this.amd.units]
  }
  unit(name: string): UnitText | null { return this.#texts.units.get(name) ?? null }

  /** @throws UserError E-DUMP-REGISTER. */
  dumpOf(name: string, path: string, given: Partial<RegisterValues> = {}, haw: number | undefined =
    undefined): AnyDump {
    return this.unit(name) === null ? this.amd.dumpOf(name, path) : this.#ownDump(name, path, given, haw)
  }
  #ownDump(name: string, path: string, given: Partial<RegisterValues> = {}, haw: number | undefined = undefined): Dump {
    this.#place()
    const unit = this.unit(name)!
    const shows = { translation: unit.translates !== null, interrupts: unit.remaps !== null, root: !unit.nameless }
    const stored = Object.fromEntries(unit.values) as Partial<RegisterValues>
    const guess = this.#guessed(unit)
    const { registers: read, iqa, assumed } = registersOf(path, { ...guess.values, ...stored, ...given })
    const { domains } = this
    return {
      iommu: 'vtd', path, format: 'text', unit: unit.nameless ? null : name, registers: read, iqa, haw: haw ?? 52,
      memory: domains.memory,
      bytes: domains.memory.pageNumbers.length * 4096, shows, queue: unit.queue,
      told: unit.nameless ? [] : [...unit.values.keys()],
      assumed: [...guess.assumed, ...assumed.filter(text => shows.translation || !text.startsWith('IQA')),
        ...shows.translation || shows.interrupts ? ['what the text does not list is not present'] : [],
        ...domains.isCut ? ['the text lists more tables than are kept: those left out are not known'] : []],
      close: () => {},
    }
  }

  /** Where no text shows a unit. */
  nothing(path: string): Dump {
    this.#texts.unit(namelessUnit)
    return { ...this.#ownDump(namelessUnit, path), format: 'none', unit: null, assumed: [] }
  }

  #guessed({ name, values, contexts, nameless, rootTable, translates, remaps, interruptTable, irtes }: UnitText):
    { readonly values: Partial<RegisterValues>; readonly assumed: readonly string[] } {
    const units = [...this.#texts.units.keys()]
    const scalable = contexts.some(({ pasid }) => pasid >= 0)
    // In xAPIC mode a destination has its id in bits 15:8, and the others are reserved.
    const wide = irtes.some(({ low }) => (low >> 32n & 0xffff00ffn) !== 0n)
    const table = interruptTable ?? BigInt(nowhere - 2 ** 20 * (1 + units.indexOf(name)))
    const unknown = (name: keyof RegisterValues, says: string): string[] => values.has(name) ? [] : [says]
    return {
      values: {
        ...mostCapable, GSTS: gsts({ IRTPS: 1, IRES: remaps === false ? 0 : 1, QIES: 1, RTPS: 1,
          TES: translates === false ? 0 : 1 }),
        RTADDR: (rootTable ?? 0n) & ~0xfffn | (scalable ? 1n << 10n : 0n),
        IRTA: table & ~0xfffn | (wide ? 1n << 11n : 0n) | 15n,
      },
      assumed: [
        ...nameless ? ['root table, domain-ids and units are not in the text: each set of tables has a domain of its '
          + 'own '
          + 'here'] : [],
        ...unknown('CAP', 'CAP and ECAP are not known: the unit is taken as one that can do all'),
        ...unknown('GSTS', 'GSTS is not known: what the text lists is taken as in use'),
        ...irtes.length === 0 ? [] : unknown('IRTA', `IRTA is not known: destinations are taken as `
          + `${wide ? '32 bits (x2APIC)' : '8 bits (xAPIC)'}`),
        ...this.#fabricated === 0 ? []
          : ['the addresses of some tables are not in the text: who can write those is not judged'],
      ],
    }
  }

  /** Puts entries into pages, once. */
  #place(): void {
    if (this.#placed !== null) return
    const { units } = this.#texts
    if (this.domains.heads.length > 0 && [...units.values()].every(({ contexts }) => contexts.length === 0))
      this.#nameless()
    for (const unit of units.values()) {
      if (unit.rootTable !== null) this.domains.cover(addressOf(unit.rootTable))
      const pasidTables = new Map<string, number>()
      for (const row of unit.contexts) this.#row(unit, row, pasidTables)
      if (unit.remaps === true) this.#irtes(unit)
    }
    this.#placed = [...units.values()].filter(({ translates, remaps, values, queue }) =>
      translates !== null || remaps !== null || values.has('GSTS') || queue !== null).map(({ name }) => name)
    for (const name of this.#placed) this.#fromStatus(this.unit(name)!)
  }
  /** GSTS tells what is off even where no other text does. */
  #fromStatus(unit: UnitText): void {
    const status = unit.values.get('GSTS')
    if (status === undefined) return
    const { TES, IRES } = decode(registers.GSTS.layout, [Number(status)])
    if (TES === 0) unit.translates = false
    if (IRES === 0) unit.remaps = false
  }

  #row(unit: UnitText, { sid, root, context, pasid, entry }: ContextRow, pasidTables: Map<string, number>): void {
    const rootTable = addressOf(unit.rootTable ?? unit.values.get('RTADDR') ?? 0n)
    const bus = sid >> 8, devfn = sid & 0xff
    this.domains.write(rootTable + bus * 16, ...root)
    if (pasid < 0) { this.domains.write(addressOf(root[0]!) + devfn * 16, ...context); return }
    const half = addressOf(root[devfn >= 0x80 ? 1 : 0]!)
    this.domains.write(half + (devfn & 0x7f) * 32, ...context, 0n, 0n)
    const directory = addressOf(context[0]!), slot = pasid >> 6
    const key = `${directory}/${slot}`
    let table = pasidTables.get(key)
    if (table === undefined) {
      pasidTables.set(key, table = nowhere - 4096 * this.#fabricated++)
      this.#directory(context, directory)
      this.domains.write(directory + slot * 8, qwordsOf(encode(pasidDirectoryEntry, { P: 1,
        SMPTBLPTR: table / 4096 }))[0]!)
    }
    this.domains.write(table + (pasid & 63) * 64, ...entry, 0n, 0n, 0n, 0n, 0n)
  }
  /** All of it: 8 bytes an entry. */
  #directory(context: readonly bigint[], directory: number): void {
    const { PDTS } = decode(scalableContextEntry, dwordsOf(...context, 0n, 0n))
    for (let at = 0; at < 2 ** (PDTS + 7) * 8; at += 4096) if (!this.domains.cover(directory + at)) return
  }

  #irtes({ name, interruptTable, irtes }: UnitText): void {
    const table = addressOf(interruptTable ?? BigInt(nowhere - 2 ** 20 * (1
      + [...this.#texts.units.keys()].indexOf(name))))
    for (let at = 0; at < 2 ** 20; at += 4096) this.domains.cover(table + at)
    for (const { index, low, high } of irtes) this.domains.write(table + index * 16, low, high)
  }

  /** Page tables alone name their device, and neither its domain nor its unit: each table gets a domain here. */
  #nameless(): void {
    const unit = this.#texts.unit(namelessUnit)
    if (unit === null) return
    unit.translates = unit.nameless = true
    unit.rootTable = BigInt(nowhere - 4096 * this.#fabricated++)
    const contexts = new Map<number, number>(), domainIds = new Map<bigint, number>()
    for (const { sid, pasid, table, levels } of this.domains.heads) {
      if (pasid !== null) continue
      const bus = sid >> 8
      if (!contexts.has(bus)) contexts.set(bus, nowhere - 4096 * this.#fabricated++)
      const did = domainIds.get(table) ?? domainIds.size + 1
      domainIds.set(table, did)
      unit.contexts.push({ sid, pasid: -1, root: [BigInt(contexts.get(bus)!) | 1n, 0n], entry: [],
        context: [table | 1n, BigInt(did << 8 | Math.max(levels, 3) - 2)] })
    }
    unit.values.set('RTADDR', unit.rootTable)
  }
}
