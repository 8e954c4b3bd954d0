/** A plain image of physical memory: offsets in the file are addresses. Pages are read when they are asked for. */
import { readSync } from 'node:fs'
import { pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { dumpError } from './errors.ts'

const pageBytes = 4 * pageDwords
/** 32 MB; a walk comes back to a page soon or not at all. */
const cachedPages = 8192

/** @throws UserError E-DUMP-SIZE. */
export function imageMemory(path: string, file: number,
  size: number): { readonly memory: PhysicalMemory; readonly bytes: number } {
  if (size % pageBytes !== 0)
    throw dumpError('SIZE', path,
      `${size} bytes are not whole pages of ${pageBytes}: this is no plain image of memory, or its last page is cut `
        + 'off',
      'copy or dump it again whole')
  return { memory: new ImageFile(path, file, size / pageBytes), bytes: size }
}

class ImageFile implements PhysicalMemory {
  readonly #pages = new Map<number, Uint32Array>()
  constructor(private readonly path: string, private readonly file: number, private readonly count: number) {}

  page(number: number): Uint32Array | undefined {
    if (!(number >= 0 && number < this.count)) return undefined
    const cached = this.#pages.get(number)
    if (cached !== undefined) return cached
    const page = new Uint32Array(pageDwords)
    let read: number
    try { read = readSync(this.file, page, 0, pageBytes, number * pageBytes) } catch (cause) {
      throw this.#broken(number, (cause as NodeJS.ErrnoException).code ?? String(cause))
    }
    if (read !== pageBytes) throw this.#broken(number, 'the file became shorter')
    if (this.#pages.size >= cachedPages) this.#pages.clear()
    this.#pages.set(number, page)
    return page
  }

  #broken(number: number, why: string): Error {
    return dumpError('UNREADABLE', this.path, `page 0x${(number * pageBytes).toString(16)} cannot be read (${why})`,
      'copy it again whole')
  }
}
