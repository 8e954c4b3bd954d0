/** Published numbers of mapping, invalidation, page tables and IOTLB, and how the model composes them. */
import type { UnitCounts } from '../units.ts'
import { cell, counted, figure, predict, rowsOf } from './predictions.ts'
import type { Prediction } from './predictions.ts'

const base = 'xeon-2011-2016'
const strict34 = `${base}-linux34-strict`, defer34 = `${base}-linux34-defer`

const map: UnitCounts = { 'iova-alloc': 1, 'pte-store': 1 }
const invalidate: UnitCounts = { 'queue-entry': 2, 'queue-tail-write': 1, 'queue-wait': 1 }
const unmap: UnitCounts = { 'pte-clear': 1, ...invalidate, 'iova-free': 1 }
/** One flush for so many unmaps. */
const batch = figure('deferred-flush-watermark')
const deferred: UnitCounts = { 'pte-clear': batch, 'deferred-enqueue': batch, ...invalidate, 'iova-free': batch }

const parts = 'the prices are the parts of this sum'
const riommu = (row: string, column: string, profile: string, counts: UnitCounts, per = 1): Prediction =>
  counted(profile, 'cycles', 'riommu-components', row, column, counts, per, parts,
    per === 1 ? [] : ['deferred-flush-watermark'])

const riommuRows: readonly Prediction[] = [
  riommu('map sum', 'strict', strict34, map), riommu('map sum', 'strict+', base, map),
  riommu('map sum', 'defer', defer34, map), riommu('map sum', 'defer+', base, map),
  riommu('unmap sum', 'strict', strict34, unmap), riommu('unmap sum', 'strict+', base, unmap),
  riommu('unmap sum', 'defer', defer34, deferred, batch), riommu('unmap sum', 'defer+', base, deferred, batch),
  riommu('unmap iotlb-inv', 'strict', base, invalidate), riommu('unmap iotlb-inv', 'strict+', base, invalidate),
  riommu('unmap iotlb-inv', 'defer', base, invalidate, batch),
]

const pageKiB = 4
/** `512` of `iommu-4KB-pages HWarm 512`. */
const lastNumber = (row: string): number => Number(row.split(' ').at(-1))
const capacity = 'iotlb-reach-4k-entries-fit', penalty = 'iotlb-miss-penalty-bdw'
const reads = (table: string, cache: string, base_ns: number, taken: readonly string[],
  fitted: Readonly<Record<number, string>>): readonly Prediction[] =>
  rowsOf(table, `iommu-4KB-pages ${cache} `).map(row => predict(table, `${row} KiB: mean`, cell(table, row, 'mean ns'),
    'ns', { by: 'read', base_ns, walk_ns: figure(penalty), entries: figure(capacity),
      pages: lastNumber(row) / pageKiB },
    { takes: [capacity, penalty, ...taken], fitted: fitted[lastNumber(row)] ?? null }))

const shared = 'the number of entries comes from it'
const latencies: readonly Prediction[] = [
  ...reads('pciebench-latency-bdw', 'HWarm', figure('dma-read-64b-llc-bdw'), ['dma-read-64b-llc-bdw'],
    { 8: 'the price of a hit comes from it', 512: shared, 1024: shared, 2048: shared,
      4096: 'the price of a miss comes from it' }),
  ...reads('pciebench-latency-bdw', 'Cold', figure('dma-read-64b-dram-bdw'), ['dma-read-64b-dram-bdw'], {}),
  ...reads('pciebench-latency-hsw2637', 'HWarm', cell('pciebench-latency-hsw2637', 'off HWarm 8', 'mean ns'), [], {}),
]

const windows = [4, 256, 512, 1024, 4096, 16384, 65536]
const transfers = 'pciebench-bandwidth-hsw2637'
const furthest = `Gb/s @${windows.at(-1)!}KiB`
/** Walks begin so long after each other where each request takes one. Of writes it is the time of 64 B in the largest
 *  window, as the figure has it of reads. */
const walkEvery_ns = { read: figure('iommu-walk-service-interval-hsw2637'),
  write: 64 * 8 / cell(transfers, 'iommu-4KB-pages write 64', furthest) }
const bandwidth: readonly Prediction[] = rowsOf(transfers, 'iommu-4KB-pages').flatMap(row =>
  windows.map(window => {
    const column = `Gb/s @${window}KiB`, bytes = lastNumber(row), way = row.includes(' write ') ? 'write' : 'read'
    const walkers = Math.round(figure('iommu-concurrent-walks-hsw2637'))
    return predict(transfers, `${row} B: ${column}`, cell(transfers, row, column), 'Gb/s',
      { by: 'requests', bytes, link_gbps: cell(transfers, row.replace('iommu-4KB-pages', 'off'), column),
        base_ns: cell('pciebench-latency-hsw2637', 'off HWarm 8', 'mean ns'), walkers,
        walk_ns: walkers * walkEvery_ns[way], entries: figure(capacity),
        pages: window / pageKiB },
      { takes: [capacity, 'iommu-concurrent-walks-hsw2637', 'iommu-walk-service-interval-hsw2637'],
        fitted: bytes === 64 && column === furthest ? 'the time of a walk comes from it' : null })
  }))

const miss: UnitCounts = { 'walk-level': 2 }
const penalties: readonly Prediction[] = rowsOf('pciebench-iotlb-penalty', '').map(row =>
  counted(base, 'ns', 'pciebench-iotlb-penalty', row, 'miss penalty ns', miss))

/** A call for several pages, by its rows of 1 and of 256; for leaves of 2 MiB, of 512 pages each, by the first of
 *  them too. */
const calls = 'smmu-map-unmap-t1', largeLeaf = 512
function callFor(row: string, column: string): Prediction {
  const of = (pages: number): number => cell(calls, String(pages), column)
  const page = (of(256) - of(1)) / 255, large = of(largeLeaf) - (of(1) - page), pages = Number(row)
  return predict(calls, `${row}: ${column}`, of(pages), 'us', pages < largeLeaf
    ? { by: 'pages', one: of(1), all: of(256), last: 256, n: pages }
    : { by: 'pages', one: of(largeLeaf), all: of(largeLeaf) + large, last: 2, n: pages / largeLeaf },
  { fitted: [1, 256, largeLeaf].includes(pages) ? 'time of a call, a page and a large leaf come from it' : null })
}

/** The format whose times stand for those of the others. */
const timedFormat = 'VT-d second stage'
const callsForPages: readonly Prediction[] = [
  ...['map after', 'unmap after'].flatMap(column => rowsOf(calls, '').map(row => callFor(row, column))),
  ...['map', 'unmap'].flatMap(op => ['AMDv1', 'AMDv2', timedFormat, ...op === 'map' ? ['Arm 64'] : []]
    .flatMap(format => [1, 256].map(n => {
      const table = 'iommu-pgtable-code', from = `${timedFormat} ${op}`, column = 'new avg ns'
      return predict(table, `${format} ${op} ${n}`, cell(table, `${format} ${op} ${n}`, column), 'ns',
        { by: 'pages', one: cell(table, `${from} 1`, column), all: cell(table, `${from} 256`, column), last: 256, n },
        { fitted: format === timedFormat ? 'time of a call and of a page come from it' : null })
    }))),
]

const guest: readonly Prediction[] = [
  counted('xeon-2023', 'ns', 'vtd-nested-function-times', '__iommu_map (page table)', '1 core mean ns',
    { 'pte-store': 1 }),
  counted('xeon-2023', 'ns', 'vtd-nested-function-times', '__iommu_unmap (page table)', '1 core mean ns',
    { 'pte-clear': 1 }),
]

const laptop: readonly Prediction[] = ['before', 'after'].map(when => predict('figures',
  `intel_map_sg of 1 page, ${when}`, figure(`intel-map-sg-1page-${when}`), 'cycles',
  { by: 'counts', profile: strict34, counts: map }))

export const memoryPredictions: readonly Prediction[] =
  [...riommuRows, ...latencies, ...bandwidth, ...penalties, ...callsForPages, ...guest, ...laptop]
