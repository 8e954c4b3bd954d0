/** Page tables as Linux lists them, a leaf a line with the entries above it (domain_translation_struct in debugfs;
 *  Linux drivers/iommu/intel/debugfs.c: facts about its text), put back into pages of memory. */
import { MemoryImage, dwordsOf } from '../../../spec/vtd/index.ts'

/** Of one heading: the device, and its top table. */
export interface DomainHead {
  readonly sid: number; readonly pasid: number | null; readonly table: bigint
  /** Levels of the tables; 0 while no row has said. */
  levels: number
}

const head = new RegExp(String.raw`^Device ([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7]) `
  + '(?:with pasid ([0-9a-f]{1,5}) )?@(0x[0-9a-f]{1,16})$', 'i')
const row = /^0x[0-9a-f]{13} \|/i
const addressBits = 0xffffffffff000n
/** 256 MB of tables: no text of that size is read in one piece. */
const mostPages = 1 << 16

export class DomainText {
  readonly heads: DomainHead[] = []
  readonly memory = new MemoryImage()
  rows = 0
  /** More tables than are kept. */
  isCut = false
  #pages = new Set<number>()
  #open: DomainHead | null = null
  /** The entries of the row before, by level: those alike are in place. */
  #before: readonly string[] = []

  take(line: string): boolean {
    if (row.test(line)) { if (this.#open !== null) this.#row(this.#open, line); return this.#open !== null }
    const found = head.exec(line)
    if (found === null) return line.startsWith('IOVA_PFN')
    const [, , bus, device, fn, pasid, table] = found
    this.#open = { sid: parseInt(bus!, 16) << 8 | parseInt(device!, 16) << 3 | Number(fn), levels: 0,
      pasid: pasid === undefined ? null : parseInt(pasid, 16), table: BigInt(table!) & addressBits }
    this.#before = []
    if (this.heads.length < mostPages) this.heads.push(this.#open)
    else this.isCut = true
    this.cover(Number(this.#open.table))
    return true
  }

  /** A page of zeros, where there is none yet. */
  cover(address: number): boolean {
    const page = Math.floor(address / 4096)
    if (this.#pages.has(page)) return true
    if (this.#pages.size >= mostPages) { this.isCut = true; return false }
    this.#pages.add(page)
    this.memory.cover(page)
    return true
  }
  /** Writes quadwords, the lowest first. */
  write(address: number, ...words: readonly bigint[]): void {
    if (this.cover(address)) this.memory.write(address, dwordsOf(...words))
  }

  #row(of: DomainHead, line: string): void {
    const [number, ...columns] = line.split(/[|\s]+/)
    const page = BigInt(number!)
    const zeros = columns.findIndex(text => /[1-9a-f]/i.test(text.slice(2)))
    if (zeros < 0 || columns.length < 5) return
    this.rows++
    const levels = 5 - zeros
    of.levels = Math.max(of.levels, levels)
    let table = of.table, alike = true
    for (let level = levels; level >= 1; level--) {
      const text = columns[5 - level]!
      const entry = BigInt(text)
      if (entry === 0n) break
      alike &&= level > 1 && this.#before[5 - level] === text
      if (!alike) this.write(Number(table) + Number(page >> BigInt(9 * (level - 1)) & 511n) * 8, entry)
      if (level <= 3 && (entry & 0x80n) !== 0n) break
      table = entry & addressBits
    }
    this.#before = columns
  }
}
