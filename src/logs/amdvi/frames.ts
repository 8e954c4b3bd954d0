/** Which frame a page has that the log says of only where its mapping begins: QEMU prints the address of the whole
 *  page, which may be of any power of two of 4 KiB, and not its size (AMD 48882 rev 3.05, 2.2.3). */
import type { KernelEvent } from '../event.ts'
import { firstAtLeast } from '../numbers.ts'
import type { Stay } from '../replay/trail.ts'

/** Sizes tried, as powers of two of 4 KiB: up to 2 MiB. */
const sizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
/** Mappings of the kernel are shorter than this in pages; longer ones are looked at by their first part. */
const longest = 4096

/** Every frame that page may have, if its mapping begins at `begin`. */
const framesOf = (page: number, begin: number): Set<number> =>
  new Set(sizes.filter(size => begin % 2 ** size === 0).map(size => begin + page % 2 ** size))

/** Takes the frame that the kernel mapped there, where just one of those that are possible was. */
export function fitFrames(stays: readonly Stay[], events: readonly KernelEvent[]): void {
  const maps = events.filter(event => event.kind === 'map').toSorted((a, b) => a.page - b.page)
  const known = new Map<number, Set<number>>()
  const mappedAt = (page: number): Set<number> => {
    let frames = known.get(page)
    if (frames !== undefined) return frames
    known.set(page, frames = new Set())
    for (let i = firstAtLeast(maps.length, at => maps[at]!.page, page - longest); i < maps.length; i++) {
      const map = maps[i]!
      if (map.page > page) break
      if (page < map.end) frames.add(map.frame + page - map.page)
    }
    return frames
  }
  for (const stay of stays) {
    const mapped = mappedAt(stay.page)
    const fitting = [...framesOf(stay.page, stay.frame)].filter(frame => mapped.has(frame))
    if (fitting.length === 1) stay.frame = fitting[0]!
  }
}
