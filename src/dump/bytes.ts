/** Bytes of a dump by their place in it, and pages that are read when they are asked for and kept for a while. */
import { readSync } from 'node:fs'
import { pageDwords } from '../../spec/iommu/image.ts'
import type { PhysicalMemory } from '../../spec/iommu/image.ts'
import { dumpError } from './errors.ts'

export const pageBytes = 4 * pageDwords

export interface Bytes {
  readonly path: string
  readonly size: number
  /** Shorter than asked where the file ends. @throws UserError E-DUMP-UNREADABLE. */
  read(at: number, length: number): Buffer
}

export const fileBytes = (path: string, file: number, size: number): Bytes => ({
  path, size,
  read(at, length) {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - at)))
    let read = 0
    try {
      while (read < bytes.length) {
        const got = readSync(file, bytes, read, bytes.length - read, at + read)
        if (got === 0) break
        read += got
      }
    } catch (cause) {
      throw dumpError('UNREADABLE', path, `byte ${at} cannot be read (${(cause as NodeJS.ErrnoException).code
        ?? String(cause)})`, 'copy it again whole')
    }
    if (read < bytes.length)
      throw dumpError('UNREADABLE', path, `byte ${at + read} cannot be read (the file became shorter)`,
        'copy it again whole')
    return bytes
  },
})

/** A whole number of at most 2^53 in 4 or 8 bytes, little endian. */
export const numberAt = (bytes: Buffer, at: number, width: 4 | 8): number =>
  width === 4 ? bytes.readUInt32LE(at) : Number(bytes.readBigUInt64LE(at))

/** 32 MB; a walk comes back to a page soon or not at all. */
const cachedPages = 8192

/** Memory whose pages `load` gives, 4096 bytes each; undefined where there is none. */
export function cachedMemory(load: (number: number) => Uint8Array | undefined): PhysicalMemory {
  const pages = new Map<number, Uint32Array | undefined>()
  return {
    page(number) {
      if (pages.has(number)) return pages.get(number)
      const bytes = load(number)
      let page: Uint32Array | undefined
      if (bytes !== undefined) {
        page = new Uint32Array(pageDwords)
        Buffer.from(page.buffer).set(bytes)
      }
      if (pages.size >= cachedPages) pages.clear()
      pages.set(number, page)
      return page
    },
  }
}
