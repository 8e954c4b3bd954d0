/** What a packet takes of a design: how often each of its paths, and how the device's requests meet the IOTLB. */
import { sources } from './sources.ts'
import type { Unit } from './units.ts'

const figure = (id: string): number => sources.figures[id]!.value

/** The load that designs are compared under. Each number has its figure, or is marked. */
export const load = {
  /** Cycles of a packet without any IOMMU: stack and driver (rIOMMU, netperf, 1500 B). */
  work_cycles: figure('cycles-per-packet-no-iommu'),
  /** Buffers of a packet, each mapped by itself: header and data (rIOMMU, mlx). */
  mappings: figure('mappings-per-packet-mlx'),
  /** Deferred unmaps that share a flush. */
  flush_every: figure('deferred-flush-watermark'),
  /** Packets for which a device interrupts once: an assumption, as the batches of ixy. */
  batch: 32,
  walkers: Math.round(figure('iommu-concurrent-walks-hsw2637')),
  walk_ns: figure('iotlb-miss-penalty-bdw'),
  iotlb_entries: figure('iotlb-reach-4k-entries-fit'),
  /** Buffers of a ring that stays mapped, 2048 B each: an assumption. */
  buffers: 512, buffer_bytes: 2048,
  page_bytes: 4096,
} as const

/** The figures among them. */
export const loadFigures = ['cycles-per-packet-no-iommu', 'mappings-per-packet-mlx', 'deferred-flush-watermark',
  'iommu-concurrent-walks-hsw2637', 'iotlb-miss-penalty-bdw', 'iotlb-reach-4k-entries-fit'] as const

/** Units whose time is not the processor's: the unit, the bus and the local APIC take it beside it. */
export const besideCpu: ReadonlySet<Unit> = new Set(['iotlb-hit', 'walk-level', 'device-entry-fetch',
  'remap-entry-fetch', 'remap-entry-hit', 'interrupt-post', 'msi-message', 'lapic-accept'])
/** Units that one CPU takes at a time: the lock of the invalidation queue, and what the IOMMU does for one batch. */
export const serial: ReadonlySet<Unit> = new Set(['lock', 'queue-entry', 'queue-tail-write', 'queue-wait'])

/** Own calls that handing a packet on takes once; other own calls belong to set-up or end. */
const eachPacket = ['pass', 'copyOut', 'drop', 'protect']

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>
/** Whether buffers are mapped and unmapped for each packet: a design without unmap keeps its mappings. */
export const mapsEachPacket = (counts: Counts): boolean => counts['unmap'] !== undefined

/** How often a packet of `bytes` takes each path. */
export function pathsOfPacket(counts: Counts, bytes: number): Readonly<Record<string, number>> {
  const { mappings, flush_every, batch, page_bytes } = load
  const has = (path: string): boolean => Object.hasOwn(counts, path)
  const mapped = mapsEachPacket(counts) ? mappings : 0, flushed = has('flush') ? mapped / flush_every : 0
  // another CPU that is asked to forget a mapping does so as often as it is asked
  const asked = mapped * (counts['unmap']?.['ipi'] ?? 0) + flushed * (counts['flush']?.['ipi'] ?? 0)
  const times: Record<string, number> = {
    map: mapped, unmap: mapped, flush: flushed, shootdown: asked, 'irq-deliver': 1 / batch,
    ...Object.fromEntries(eachPacket.map(path => [path, path === 'copyOut' ? Math.ceil(bytes / page_bytes) : 1])),
  }
  return Object.fromEntries(Object.entries(times).filter(([path, n]) => n > 0 && has(path)))
}

/** What a packet counts: units by how many, parts of one among them. */
export function countsOfPacket(counts: Counts, bytes: number): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {}
  for (const [path, times] of Object.entries(pathsOfPacket(counts, bytes)))
    for (const [unit, n] of Object.entries(counts[path]!)) sum[unit] = (sum[unit] ?? 0) + times * n
  return sum
}
