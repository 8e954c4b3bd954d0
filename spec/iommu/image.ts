/** Physical memory as sparse pages of 4096 bytes, little endian. What no page holds is unreadable. */

/** Dwords a page. */
export const pageDwords = 1024

/** Memory as a unit reads it. */
export interface PhysicalMemory {
  /** The 1024 dwords of a page, by page number (address / 4096); undefined where nothing answers. */
  page(number: number): Uint32Array | undefined
}

/** Memory that is also written: tables being built, an image being read. */
export class MemoryImage implements PhysicalMemory {
  readonly #pages = new Map<number, Uint32Array>()

  page(number: number): Uint32Array | undefined { return this.#pages.get(number) }

  /** Numbers of the pages that are there, ascending. */
  get pageNumbers(): readonly number[] { return [...this.#pages.keys()].sort((a, b) => a - b) }

  /** Puts a page in place; its dwords are used, not copied. @throws RangeError unless they are 1024. */
  place(number: number, dwords: Uint32Array): void {
    if (dwords.length !== pageDwords) throw new RangeError(`a page has ${pageDwords} dwords, not ${dwords.length}`)
    this.#pages.set(number, dwords)
  }

  /** Makes pages of zeros where there are none. */
  cover(first: number, count = 1): void {
    for (let n = first; n < first + count; n++) if (!this.#pages.has(n)) this.#pages.set(n, new Uint32Array(pageDwords))
  }

  /** Writes dwords at an address that is a multiple of 4, making pages of zeros where there are none. */
  write(address: number, dwords: ArrayLike<number>): void {
    for (let i = 0; i < dwords.length; i++) {
      const at = address / 4 + i
      const page = Math.floor(at / pageDwords)
      this.cover(page)
      this.#pages.get(page)![at % pageDwords] = dwords[i]!
    }
  }

  /** The dword at an address that is a multiple of 4; undefined where nothing answers. */
  dword(address: number): number | undefined {
    return this.#pages.get(Math.floor(address / 4096))?.[address % 4096 / 4]
  }

  drop(number: number): void { this.#pages.delete(number) }
}
