/** What the IOMMU fetched, by page and frame: the link between a kernel's map event, which names no device, and a
 *  domain. */
import type { At, KernelEvent, MapEvent } from '../event.ts'
import { firstAtLeast } from '../numbers.ts'
import type { Stay } from '../replay/trail.ts'

/** All fills of one page with one frame. A fill reads an entry that is present: it comes after its map and before its
 *  unmap. */
export interface Fetch {
  /** In the order of the log. */
  readonly fills: { readonly line: number; readonly did: number }[]
  readonly first: At
  last: At
  /** How many map events of the kernel put this frame at this page. With one, every fill lies between that map and its
   *  unmap. */
  maps: number
}

export class Fetches {
  readonly #byPage = new Map<number, Map<number, Fetch>>()
  readonly #pages: readonly number[]
  /** Pairs of page and frame in QEMU's log, and those of them that a map event of the kernel made. */
  readonly pairs: { readonly fetched: number; readonly mapped: number }
  /** Map events of the kernel, and those of them that devices fetched. */
  readonly maps: { readonly all: number; readonly fetched: number }

  constructor(stays: readonly Stay[], events: readonly KernelEvent[]) {
    for (const { page, frame, did, from } of stays) {
      let frames = this.#byPage.get(page)
      if (frames === undefined) this.#byPage.set(page, frames = new Map())
      const known = frames.get(frame)
      const fill = { line: from.line, did }
      if (known === undefined) frames.set(frame, { fills: [fill], first: from, last: from, maps: 0 })
      else { known.fills.push(fill); known.last = from }
    }
    this.#pages = [...this.#byPage.keys()].sort((a, b) => a - b)
    const fetchesOf = events.filter(event => event.kind === 'map').map(map => this.of(map))
    for (const fetch of fetchesOf.flat()) fetch.maps++
    this.maps = { all: fetchesOf.length, fetched: fetchesOf.filter(({ length }) => length > 0).length }
    const all = [...this.#byPage.values()].flatMap(frames => [...frames.values()])
    this.pairs = { fetched: all.length, mapped: all.filter(({ maps }) => maps > 0).length }
  }

  /** The fetched pages of a mapping. */
  of(map: MapEvent): Fetch[] {
    const found: Fetch[] = []
    const pages = this.#pages
    for (let i = firstAtLeast(pages.length, at => pages[at]!, map.page); i < pages.length && pages[i]! < map.end; i++) {
      const fetch = this.#byPage.get(pages[i]!)!.get(map.frame + pages[i]! - map.page)
      if (fetch !== undefined) found.push(fetch)
    }
    return found
  }

  /** The one domain through which a mapping was used after line `after` and before line `before`; null where it was
   *  not used, or through several. */
  domainOf(maps: readonly MapEvent[], after: number, before: number): number | null {
    let found: number | null = null
    for (const map of maps) for (const { fills } of this.of(map))
      for (let i = firstAtLeast(fills.length, k => fills[k]!.line, after); i < fills.length; i++) {
        const { line, did } = fills[i]!
        if (line >= before) break
        if (found !== null && found !== did) return null
        found = did
      }
    return found
  }
}
