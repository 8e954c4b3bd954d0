/** What a packet costs in a design: cycles of the processor, its serial part, and requests that miss the IOTLB. */
import { composeCounts } from '../cost/index.ts'
import type { PacketCost, PathCounts, Prices } from '../cost/index.ts'
import { stream } from '../cost/stream.ts'
import { besideCpu, countsOfPacket, load, mapsEachPacket, serial } from '../../spec/costs/index.ts'
import type { Unit } from '../../spec/costs/index.ts'

/** @throws CostError for a unit without a price. */
export function packetOf(counts: PathCounts, bytes: number, profile: Prices, remapsDma: boolean,
  page_bytes: number = load.page_bytes): PacketCost & { readonly assumed_percent: number } {
  const units = Object.entries(countsOfPacket(counts, bytes))
  const priced = (keep: (unit: Unit) => boolean): Record<'min' | 'typ' | 'max', number> =>
    composeCounts('packet', Object.fromEntries(units.filter(([unit]) => keep(unit as Unit))), 1, profile)
  const own = priced(unit => !besideCpu.has(unit)), locked = priced(unit => serial.has(unit))
  const isAssumed = (unit: string): boolean => {
    const price = profile.units[unit]
    return price !== undefined && !('within' in price) && price.assumption === true
  }
  const guessed = priced(unit => !besideCpu.has(unit) && isAssumed(unit))
  const { work_cycles } = load
  return {
    cycles: { min: work_cycles + own.min, typ: work_cycles + own.typ, max: work_cycles + own.max },
    serial: locked, misses: remapsDma ? missesOf(counts, bytes, page_bytes) : 0,
    assumed_percent: Math.round(100 * guessed.typ / (work_cycles + own.typ)),
  }
}

/** A page that was just mapped misses once; of a ring that stays mapped, what does not fit into the IOTLB. */
function missesOf(counts: PathCounts, bytes: number, page_bytes: number): number {
  const { mappings, buffers, buffer_bytes, iotlb_entries, walk_ns, walkers } = load
  if (mapsEachPacket(counts)) return mappings * Math.ceil(bytes / page_bytes)
  const pages = Math.ceil(buffers * buffer_bytes / page_bytes)
  return stream({ entries: iotlb_entries, pages, walkers, walk: walk_ns, base: 0, link: 0, depth: walkers,
    requests: 10_000, seed: 1 }).miss_share
}
