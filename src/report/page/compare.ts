/** `compare` and `cost --throughput` as pages. */
import type { Body, TraceData } from '../../page/data.ts'
import type { Range3 } from '../../page/figures.ts'
import type { CompareData, CurveData, ThroughputData } from '../../page/reports.ts'
import { counted, thousands } from '../../text/count.ts'
import type { Broken, ComparedDesign, Priced } from '../compare.ts'
import type { ReportOf } from '../report.ts'
import { question } from '../text/compare.ts'
import type { ThroughputOfDesign } from '../throughput.ts'
import type { View } from '../view.ts'
import { traceId } from './check.ts'
import { most_chars } from './room.ts'
import { traceData } from './trace.ts'

export function compareBody({ compare, evidence }: ReportOf<'compare'>, view: View): Body {
  const { profile, clock_ghz, designs, answer, weak, notes } = compare
  const traces: TraceData[] = []
  let room = most_chars
  const keep = (design: string, broken: Broken): TraceData | null => {
    const found = evidence(design, broken)
    if (found === null) return null
    const data = { ...traceData(found.replayed, found.trace, view.traces,
      { id: traceId(design, broken.property), file: null, accepted: null }), design }
    room -= JSON.stringify(data).length
    if (room < 0) return null
    traces.push(data)
    return data
  }
  return { kind: 'compare', compare: { question, profile, clock_ghz, answer, weak, notes, traces,
    designs: designs.map(one => designData(one, keep)) } satisfies CompareData }
}

function designData({ design, says, isolation, interrupts, progress, packet, interrupt, migration, wait,
  throughput }: ComparedDesign, keep: (design: string, broken: Broken) => TraceData | null):
  CompareData['designs'][number] {
  const { one_core_gbps, gbps, cores, link_gbps, binds } = throughput
  return {
    design, says, packet: cyclesOf(packet)!, interrupt: cyclesOf(interrupt), migration: cyclesOf(migration),
    wait: wait === null ? null : wait.cycles ?? wait.says, one_core_gbps,
    saturates: `${gbps.toFixed(1)} of ${link_gbps} Gb/s with ${counted(cores, 'core')}, by ${binds}`,
    verdicts: Object.entries({ isolation, interrupts, progress }).map(([about, { standing, broken }]) => ({
      about, standing, broken: broken.map(one => {
        const { property, scope, ops, at } = one, shown = keep(design, one)
        return { property, says: `${counted(ops, 'step')}, scope ${scope}`, at, because: shown?.because ?? null,
          trace: shown?.id ?? null }
      }) })),
  }
}
const cyclesOf = (priced: Priced | null): Range3 | null => priced === null ? null
  : { min: Math.round(priced.cycles.min), typ: Math.round(priced.cycles.typ), max: Math.round(priced.cycles.max) }

const loadWords: Readonly<Record<string, string>> = {
  work_cycles: 'cycles of a packet without any IOMMU: network stack and driver',
  mappings: 'buffers of a packet, each mapped by itself',
  flush_every: 'deferred unmaps that share a flush', batch: 'packets for which the device interrupts once',
  walkers: 'page walks that the IOMMU does at once', walk_ns: 'ns of one walk', iotlb_entries: 'entries of the IOTLB',
  buffers: 'buffers of a ring that stays mapped', buffer_bytes: 'bytes of such a buffer',
  page_bytes: 'bytes of a page of memory that stays mapped',
}
export function throughputBody({ throughput }: ReportOf<'throughput'>): Body {
  const { profile, link_gbps, page_bytes, load, designs } = throughput
  const points = designs.flatMap(one => one.points)
  const sizes = [...new Set(points.map(({ bytes }) => bytes))], cores = [...new Set(points.map(one => one.cores))]
  return { kind: 'throughput', throughput: { profile, link_gbps, sizes, cores, curves: curvesOf(designs, sizes, cores),
    load: Object.entries({ ...load, page_bytes }).map(([name, value]) =>
      ({ name: name.replaceAll('_', ' '), value: thousands(value), says: loadWords[name]! })),
  } satisfies ThroughputData }
}
function curvesOf(designs: readonly ThroughputOfDesign[], sizes: readonly number[],
  cores: readonly number[]): readonly CurveData[] {
  const groups = new Map<string, CurveData>()
  for (const { design, packet: { cycles, assumed_percent }, points, saturation } of designs) {
    const data = {
      packet: `${Math.round(cycles.typ)} cycles a packet (${Math.round(cycles.min)} to ${Math.round(cycles.max)}), `
        + `${assumed_percent} % assumed`,
      saturates: saturation.map(one =>
        `${one.link_gbps} Gb/s with ${counted(one.cores, 'core')} by ${one.binds}`).join(', '),
      points: sizes.map(bytes => cores.map(n => {
        const { gbps, binds } = points.find(one => one.bytes === bytes && one.cores === n)!
        return [Number(gbps.toPrecision(4)), binds] as const
      })),
    }
    const key = JSON.stringify(data)
    groups.set(key, { ...data, designs: [...groups.get(key)?.designs ?? [], design] })
  }
  return [...groups.values()]
}
