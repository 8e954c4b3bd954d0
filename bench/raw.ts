/** Translations a second over raw words, and over the bounded tables of the search: `npx tsx bench/raw.ts [rounds]`. No
 *  caches: each one reads root, context and paging entries. Medians of interleaved rounds; every result is checked. */
import { bounds } from '../spec/bounds.ts'
import {
  anything, contextEntry, encode, entryReader, geometryOf, hardwareGeometry, indexAt, leafSize, noSingleSource,
  rawTables, rootEntry, secondStageLeaf, secondStageTables, tablesOf, translateLegacy,
} from '../spec/vtd/index.ts'
import type { DmaRequest, Memory, Tables, TranslationUnit } from '../spec/vtd/index.ts'
import { MemoryImage } from '../spec/iommu/image.ts'
import type { Cell } from '../spec/iommu/cells.ts'

const [rounds = '9'] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(rounds)) {
  console.error('usage: npx tsx bench/raw.ts [rounds]')
  process.exit(2)
}
const wanted = 2_000_000, perRound = 400_000, devices = 16

interface Case {
  readonly name: string; readonly tables: Tables; readonly unit: TranslationUnit
  readonly requests: readonly DmaRequest[]
  /** What each request is translated to. */
  readonly pages: readonly number[]
}
const hardware: TranslationUnit = {
  geometry: hardwareGeometry, tes: true, ttm: 0, hostAddressWidth: 46, maxGuestAddressWidth: 48, levels: [3, 4],
  superpages: [2, 3],
  passThrough: true, deviceTlb: true, zlr: true, abortMode: false,
  interruptRange: { first: 0xfee00000, last: 0xfeefffff }, scalable: null, singleSource: noSingleSource,
}
const read = (sid: number, address: number): DmaRequest =>
  ({ sid, type: 'untranslated', access: 'read', address, dword: false, pasid: null, privileged: false, execute: false })

/** 4096 leaves in 256 places, 128 MiB apart, in tables that 16 devices share; asked for from place to place. */
function raw(levels: 3 | 4, leafLevel: 1 | 2): Case {
  const memory = new MemoryImage()
  let next = 0x10_0000
  const newTable = (): number => { memory.cover(next / 4096); return (next += 4096) - 4096 }
  const rootTable = newTable(), contextTable = newTable(), top = newTable()
  memory.write(rootTable, encode(rootEntry, { P: 1, CTP: contextTable / 4096 }))
  for (let devfn = 0; devfn < devices; devfn++)
    memory.write(contextTable + devfn * 16, encode(contextEntry, { P: 1, SSPTPTR: top / 4096, AW: levels - 2, DID: 1 }))
  const below = new Map<number, number>()
  const size = leafSize(hardwareGeometry, leafLevel)
  const requests: DmaRequest[] = [], pages: number[] = []
  for (let n = 0; n < 4096; n++) {
    const address = n % 256 * 2 ** 27 + (n >> 8) * size
    let table = top
    for (let level = levels; level > leafLevel; level--) {
      const at = table + indexAt(hardwareGeometry, address, level) * 8
      table = below.get(at) ?? newTable()
      below.set(at, table)
      memory.write(at, encode(secondStageTables[level as 2 | 3 | 4], { R: 1, W: 1, ADDR: table / 4096 }))
    }
    const output = 2 ** 40 + n * size
    const leaf = encode(secondStageLeaf[leafLevel], { R: 1, W: 1, PS: leafLevel - 1, ADDR: output / size })
    memory.write(table + indexAt(hardwareGeometry, address, leafLevel) * 8, leaf)
    requests.push(read(n % devices, address))
    pages.push(output)
  }
  const tables = rawTables(memory, { rootTable, interruptTable: 0 }, entryReader(anything))
  return { name: `raw words, ${levels === 3 ? 39 : 48} bit, ${leafLevel === 1 ? '4K' : '2M'}`, tables, unit: hardware,
    requests, pages }
}

/** Eight pages in three levels of two entries: the largest tables of the search. */
function bounded(): Case {
  const b = bounds({ devices: 3, levels: 3, tables: 6, iovas: 8, frames: 4 })
  const cell = <E>(now: E): Cell<E> => ({ now, pending: [] })
  const table = (page: number) => cell({ kind: 'table' as const, page })
  const leaf = (frame: number) => cell({ kind: 'leaf' as const, frame, write: true })
  const memory: Memory = {
    rootPresent: true, wideDestinations: false, irta: 0, irt: [],
    context: [0, 1, 2].map(() => cell({ domain: 0, root: 0 })), roots: [[table(0), table(1)]],
    pool: [[table(2), table(3)], [table(4), table(5)], [leaf(0), leaf(1)], [leaf(2), leaf(3)], [leaf(0), leaf(1)],
      [leaf(2), leaf(3)]],
  }
  const unit: TranslationUnit =
    { ...hardware, geometry: geometryOf(b), hostAddressWidth: 31, maxGuestAddressWidth: 31, levels: [3], superpages: [],
      interruptRange: null }
  const requests = Array.from({ length: 24 }, (_, n) => read(n % 3, n >> 1 & 7))
  return { name: 'bounded tables, 3 levels', tables: tablesOf(memory, memory, b), unit, requests,
    pages: requests.map(({ address }) => address % 4) }
}

/** Nanoseconds a translation. */
function time({ name, tables, unit, requests, pages }: Case): number {
  const repeats = Math.ceil(perRound / requests.length)
  let sum = 0
  const start = performance.now()
  for (let n = 0; n < repeats; n++) for (const request of requests) {
    const result = translateLegacy(tables, unit, request)
    if (result.kind === 'translated') sum += result.page
  }
  const took_ns = (performance.now() - start) * 1e6 / (repeats * requests.length)
  const expected = pages.reduce((a, page) => a + page) * repeats
  // Sums of page addresses pass 2^53, but both are made of the same terms: they differ by rounding only.
  if (Math.abs(sum / expected - 1) > 1e-9) throw new Error(`${name}: wrong translations`)
  return took_ns
}

const cases = [raw(3, 1), raw(3, 2), raw(4, 1), raw(4, 2), bounded()]
const times = cases.map((): number[] => [])
for (let round = -1; round < Number(rounds); round++)
  cases.forEach((one, i) => { const took_ns = time(one); if (round >= 0) times[i]!.push(took_ns) })
const medians = times.map(all => all.sort((a, b) => a - b)[all.length >> 1]!)
const smallScope = medians.at(-1)!
const count = (n: number): string => Math.round(n).toLocaleString('en-US')
console.log(`node ${process.version}, median of ${rounds} interleaved rounds of ${count(perRound)}; wanted over raw `
  + `words: ${count(wanted)} a second`)
cases.forEach(({ name }, i) => {
  const took_ns = medians[i]!
  console.log(`${name.padEnd(26)}${count(1e9 / took_ns).padStart(12)} translations/s`
    + `${took_ns.toFixed(0).padStart(6)} ns`
    + `${(took_ns / smallScope).toFixed(2).padStart(7)} x the time over bounded tables`)
})
