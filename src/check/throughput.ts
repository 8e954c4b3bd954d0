/** `cost --throughput`: cycles of a packet to Gb/s, for sizes, links and numbers of cores. */
import { rateOf, saturation } from '../cost/index.ts'
import type { Machine, MeasuredDesign } from '../cost/index.ts'
import type { ThroughputOfDesign, ThroughputReport } from '../report/throughput.ts'
import { load } from '../../spec/costs/index.ts'
import type { Profile } from '../../spec/costs/index.ts'
import { packetOf } from './packet.ts'

export const sizes = [64, 128, 256, 512, 1024, 1500, 4096, 9000] as const
export const links = [10, 25, 40, 100, 200, 400] as const
export const cores = [1, 2, 4, 8, 16, 32, 64] as const
/** The packet that designs are compared by. */
export const usual_bytes = 1500
const most = cores.at(-1)!

export interface Measured extends MeasuredDesign { readonly remapsDma: boolean }

export const machineOf = (profile: Profile, gbps: number): Machine =>
  ({ clock_ghz: profile.clock_ghz, walkers: load.walkers, walk_ns: load.walk_ns, gbps })

/** @throws CostError for a unit without a price. */
export function throughput(measured: readonly Measured[], profile: Profile, link_gbps: number,
  page_bytes: number): ThroughputReport {
  return { profile: profile.id, clock_ghz: profile.clock_ghz, link_gbps, page_bytes, load,
    designs: measured.map(one => throughputOf(one, profile, link_gbps, page_bytes)) }
}

function throughputOf({ design, counts, remapsDma }: Measured, profile: Profile, link_gbps: number,
  page_bytes: number): ThroughputOfDesign {
  const packet = (bytes: number) => packetOf(counts, bytes, profile, remapsDma, page_bytes)
  const usual = packet(usual_bytes)
  return {
    design, packet: usual,
    points: sizes.flatMap(bytes => {
      const cost = packet(bytes), machine = machineOf(profile, link_gbps)
      return cores.map(n => {
        const { gbps, binds } = rateOf(cost, 'typ', bytes, n, machine)
        return { bytes, cores: n, gbps, binds }
      })
    }),
    saturation: links.map(link => {
      const { cores: n, rate: { gbps, binds } } = saturation(usual, usual_bytes, most, machineOf(profile, link))
      return { link_gbps: link, bytes: usual_bytes, cores: n, gbps, binds }
    }),
  }
}
