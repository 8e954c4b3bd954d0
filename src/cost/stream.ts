/** DMA as a stream: requests of a device go through an IOTLB of some entries; those that miss wait for one of the
 *  walkers, which work side by side. */
import { Seeded } from '../seeded.ts'

export interface StreamSpec {
  /** Entries of the IOTLB, which keeps the most recently used. */
  readonly entries: number
  /** Pages that requests go to, each as likely as any other. */
  readonly pages: number
  /** Walks at the same time. */
  readonly walkers: number
  /** Time of one walk. Times are in one unit of the caller's. */
  readonly walk: number
  /** Time of a request besides its walk. */
  readonly base: number
  /** Time in which the link takes one request. */
  readonly link: number
  /** Requests that the device has under way at most. */
  readonly depth: number
  readonly requests: number
  readonly seed: number
}
export interface Streamed {
  /** 0..1, of the requests that were measured. */
  readonly miss_share: number
  readonly mean: number
  readonly median: number
  readonly p99: number
  readonly max: number
  /** Time from one request to the next, on average. */
  readonly interval: number
}

/** Requests before those measured fill the IOTLB: each page once, then as many at random. Same seed, same result. */
export function stream(spec: StreamSpec): Streamed {
  const { entries, pages, walkers, walk, base, link, depth, requests, seed } = spec
  const random = new Seeded(seed), iotlb = new Set<number>()
  const warm = 2 * pages
  const free = new Float64Array(Math.max(1, walkers)), ends = new Float64Array(Math.max(1, depth))
  const latencies = new Float64Array(requests)
  let next = 0, misses = 0, began = 0
  for (let i = 0; i < warm + requests; i++) {
    const page = i < pages ? i : random.below(pages)
    const hit = iotlb.delete(page)
    iotlb.add(page)
    if (iotlb.size > entries) iotlb.delete(iotlb.values().next().value!)
    const issued = Math.max(next, ends[i % ends.length]!)
    next = issued + link
    let start = issued
    if (!hit) {
      const walker = free.indexOf(Math.min(...free))
      start = Math.max(issued, free[walker]!) + walk
      free[walker] = start
    }
    ends[i % ends.length] = start + base
    if (i === warm) began = issued
    if (i < warm) continue
    latencies[i - warm] = start + base - issued
    if (!hit) misses++
  }
  latencies.sort()
  const at = (share: number): number => latencies[Math.min(requests - 1, Math.floor(share * requests))]!
  return {
    miss_share: misses / requests, mean: latencies.reduce((sum, one) => sum + one, 0) / requests,
    median: at(0.5), p99: at(0.99), max: latencies[requests - 1]!, interval: (next - began) / requests,
  }
}
