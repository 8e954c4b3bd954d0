/** What AMD-Vi costs beside VT-d: `npx tsx bench/vendors.ts [rounds]`. Searches of the same designs at the same bounds,
 *  and walks of the same 4096 pages over raw words, in interleaved rounds, by processor time:
 *  the load of the machine has little part in the ratios. Every result is checked. */
import { propertiesFor } from '../properties/index.ts'
import { translate as translateAmdvi } from '../spec/amdvi/index.ts'
import * as amdvi from '../spec/amdvi/index.ts'
import { designNamed } from '../spec/designs.ts'
import { leafSize } from '../spec/iommu/geometry.ts'
import { MemoryImage } from '../spec/iommu/image.ts'
import { remapMachine } from '../spec/machine.ts'
import * as vtd from '../spec/vtd/index.ts'
import { boundsOf } from '../src/check/bounds-text.ts'
import { exploreExhaustively } from '../src/explore/exhaustive.ts'

const [rounds = '5'] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(rounds)) {
  console.error('usage: npx tsx bench/vendors.ts [rounds]')
  process.exit(2)
}
const searches = [
  ['ring0-strict', 'cpus=2,callers=2,devices=2,domains=2,frames=2,iovas=2,queue=4'],
  ['ring0-deferred', 'cpus=2,callers=2,devices=2,domains=2,frames=2,iovas=1,queue=4'],
  ['driver-server', 'cpus=2,devices=2,sources=2,vectors=2,migrate=1'],
] as const
const translations = 400_000, devices = 16, places = 256

/** Address of the page that a device reads at an address. */
type Walk = (device: number, address: number) => number
interface Pages {
  readonly name: string; readonly levels: 3 | 4; readonly leafLevel: 1 | 2
  readonly asked: readonly { readonly device: number; readonly address: number; readonly page: number }[]
}
function pagesOf(levels: 3 | 4, leafLevel: 1 | 2): Pages {
  const size = leafSize(vtd.hardwareGeometry, leafLevel)
  return { name: `raw words, ${levels === 3 ? 39 : 48} bit, ${leafLevel === 1 ? '4K' : '2M'}`, levels, leafLevel,
    asked: Array.from({ length: 4096 }, (_, n) => ({ device: n % devices,
      address: n % places * 2 ** 27 + Math.floor(n / places) * size, page: 2 ** 40 + n * size })) }
}

/** Writes tables that all devices share, and returns the first. */
function build(memory: MemoryImage, newTable: () => number, { levels, leafLevel, asked }: Pages,
  entry: (level: number, address: number) => readonly number[] | Uint32Array): number {
  const top = newTable(), below = new Map<number, number>()
  for (const { address, page } of asked) {
    let table = top
    for (let level = levels; level > leafLevel; level--) {
      const at = table + vtd.indexAt(vtd.hardwareGeometry, address, level) * 8
      table = below.get(at) ?? newTable()
      below.set(at, table)
      memory.write(at, entry(level, table))
    }
    memory.write(table + vtd.indexAt(vtd.hardwareGeometry, address, leafLevel) * 8, entry(leafLevel, page))
  }
  return top
}
function memoryWithTables(): { readonly memory: MemoryImage; readonly newTable: () => number } {
  const memory = new MemoryImage()
  let next = 0x10_0000
  return { memory, newTable: () => { memory.cover(next / 4096); return (next += 4096) - 4096 } }
}

function vtdWalk(pages: Pages): Walk {
  const { memory, newTable } = memoryWithTables(), rootTable = newTable(), contextTable = newTable()
  const top = build(memory, newTable, pages, (level, address) => level === pages.leafLevel
    ? vtd.encode(vtd.secondStageLeaf[pages.leafLevel],
      { R: 1, W: 1, PS: level - 1, ADDR: address / leafSize(vtd.hardwareGeometry, level) })
    : vtd.encode(vtd.secondStageTables[level as 2 | 3 | 4], { R: 1, W: 1, ADDR: address / 4096 }))
  memory.write(rootTable, vtd.encode(vtd.rootEntry, { P: 1, CTP: contextTable / 4096 }))
  for (let device = 0; device < devices; device++)
    memory.write(contextTable + device * 16,
      vtd.encode(vtd.contextEntry, { P: 1, SSPTPTR: top / 4096, AW: pages.levels - 2, DID: 1 }))
  const tables = vtd.rawTables(memory, { rootTable, interruptTable: 0 }, vtd.entryReader(vtd.anything))
  const unit: vtd.TranslationUnit = {
    geometry: vtd.hardwareGeometry, tes: true, ttm: 0, hostAddressWidth: 46, maxGuestAddressWidth: 48, levels: [3, 4],
    superpages: [2, 3], passThrough: true, deviceTlb: true, zlr: true, abortMode: false,
    interruptRange: { first: 0xfee00000, last: 0xfeefffff }, scalable: null, singleSource: vtd.noSingleSource,
  }
  return (sid, address) => {
    const result = vtd.translateLegacy(tables, unit, { sid, type: 'untranslated', access: 'read', address, dword: false,
      pasid: null, privileged: false, execute: false })
    return result.kind === 'translated' ? result.page : NaN
  }
}
function amdviWalk(pages: Pages): Walk {
  const { memory, newTable } = memoryWithTables(), deviceTable = newTable()
  const top = build(memory, newTable, pages, (level, address) => level === pages.leafLevel
    ? amdvi.encode(amdvi.hostPage, { PR: 1, NEXT: 0, ADDR: address / 4096, IR: 1, IW: 1 })
    : amdvi.encode(amdvi.hostTable, { PR: 1, NEXT: level - 1, ADDR: address / 4096, IR: 1, IW: 1 }))
  for (let device = 0; device < devices; device++)
    memory.write(deviceTable + device * 32, amdvi.encode(amdvi.deviceTableEntry,
      { V: 1, TV: 1, MODE: pages.levels, ROOT: top / 4096, IR: 1, IW: 1, DOMAIN: 1 }))
  const tables = amdvi.rawTables(memory, { segments: [{ address: deviceTable, devices: 128 }] },
    amdvi.entryReader(amdvi.anything, true))
  const unit: amdvi.TranslationUnit = { geometry: vtd.hardwareGeometry, enabled: true, levels: 4, checksReach: true,
    reservedMode: 'mode-reserved', checksIoCtl: true, exclusionFirst: false, exclusion: null, guest: false,
    refusesPasid: false }
  return (device, address) => {
    const result = translateAmdvi(tables, unit, { device, address, access: 'read' })
    return result.kind === 'translated' ? result.address : NaN
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
/** Nanoseconds a translation. */
function timeOf(walk: Walk, { name, asked }: Pages): number {
  const repeats = Math.ceil(translations / asked.length)
  let wrong = 0
  const start_s = cpuSeconds()
  for (let n = 0; n < repeats; n++)
    for (const { device, address, page } of asked) if (walk(device, address) !== page) wrong++
  if (wrong > 0) throw new Error(`${name}: ${wrong} wrong translations`)
  return (cpuSeconds() - start_s) * 1e9 / (repeats * asked.length)
}
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1]!
const line = (name: string, [ours, theirs]: readonly [number, number], of: (n: number) => string): void =>
  console.log(`${name.padEnd(30)}${of(ours).padStart(24)}${of(theirs).padStart(24)}${(theirs / ours).toFixed(2)
    .padStart(8)}`)

console.log(`node ${process.version}, medians of ${rounds} interleaved rounds\n${''.padEnd(30)}${'VT-d'.padStart(24)}${
  'AMD-Vi'.padStart(24)}${'ratio'.padStart(8)}`)
for (const pages of [pagesOf(3, 1), pagesOf(3, 2), pagesOf(4, 1), pagesOf(4, 2)]) {
  const walks = [vtdWalk(pages), amdviWalk(pages)] as const, times: [number, number][] = []
  for (let round = -1; round < Number(rounds); round++) {
    const took_ns: [number, number] = [timeOf(walks[0], pages), timeOf(walks[1], pages)]
    if (round >= 0) times.push(took_ns)
  }
  line(pages.name, [median(times.map(([ns]) => ns)), median(times.map(([, ns]) => ns))], ns => `${ns.toFixed(0)} ns`)
}
for (const [name, text] of searches) {
  const bounds = boundsOf(text), taken: [number, number][] = [], states: [number, number] = [0, 0]
  const machines = [name, `${name}@amdvi`].map(one => {
    const design = designNamed(one)!
    return remapMachine(design, bounds, propertiesFor(design, bounds))
  })
  for (let round = 0; round < Number(rounds); round++) {
    const times: [number, number] = [0, 0]
    for (const at of [0, 1] as const) {
      const start_s = cpuSeconds()
      const found = await exploreExhaustively(machines[at]!)
      times[at] = cpuSeconds() - start_s
      states[at] = found.states
    }
    taken.push(times)
  }
  line(`${name}, search`, [median(taken.map(([s]) => s)), median(taken.map(([, s]) => s))], s => `${s.toFixed(2)} s`)
  line('  states', states, n => n.toLocaleString('en-US'))
}
