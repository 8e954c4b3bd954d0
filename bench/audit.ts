/** Seconds, leaves/s and peak memory of `audit` on a plain image of 512 MB with a million leaf entries, made anew each
 *  time; printed, not gated.
 *  Run: npx tsx bench/audit.ts */
import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../src/audit/report.ts'
import { openDump } from '../src/dump/dump.ts'
import { contextEntry, encode, rootEntry, secondStageLeaf, secondStageTables } from '../spec/vtd/index.ts'

const imageBytes = 512 * 2 ** 20
const devices = 16, leaves = 2 ** 20
const root = 0x1000, contexts = 0x2000, firstTable = 0x100000
const CAP = 0xd2008c222f0606n, ECAP = 0xf00fcan

/** Frames scattered over memory: `scatter` 1 makes runs that merge, an odd number none. All below the image's end and
 *  above its tables. */
function makeImage(path: string, scatter: number): void {
  const file = openSync(path, 'w')
  ftruncateSync(file, imageBytes)
  const put = (address: number, words: Uint32Array): void => { writeSync(file, words, 0, words.byteLength, address) }
  let next = firstTable
  const table = (): number => { next += 4096; return next - 4096 }
  put(root, encode(rootEntry, { P: 1, CTP: contexts / 4096 }))
  const tablesEach = leaves / devices / 512
  const frames = imageBytes / 4096 / 2
  for (let device = 0; device < devices; device++) {
    const top = table(), third = table(), second = table()
    put(contexts + device * 8 * 16, encode(contextEntry, { P: 1, SSPTPTR: top / 4096, AW: 2, DID: device + 1 }))
    put(top, encode(secondStageTables[4], { R: 1, W: 1, ADDR: third / 4096 }))
    put(third, encode(secondStageTables[3], { R: 1, W: 1, ADDR: second / 4096 }))
    for (let i = 0; i < tablesEach; i++) {
      const page = new Uint32Array(1024), at = table()
      for (let j = 0; j < 512; j++) {
        const leaf = (device * tablesEach + i) * 512 + j
        page.set(encode(secondStageLeaf[1],
          { R: 1, W: leaf % 3 === 0 ? 0 : 1, ADDR: frames + leaf * scatter % frames }), 2 * j)
      }
      put(second + 8 * i, encode(secondStageTables[2], { R: 1, W: 1, ADDR: at / 4096 }))
      put(at, page)
    }
  }
  closeSync(file)
}

/** In a process of its own, so that the peak is of one run. */
function measure(path: string): void {
  const start = performance.now()
  const dump = openDump(path, { format: 'image', values: { CAP, ECAP, RTADDR: BigInt(root), IRTA: 0x10000n } })
  const steps = audit(dump)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  const seconds = (performance.now() - start) / 1000
  const { spaces, alarms, shared } = step.value
  const found = spaces.reduce((sum, space) => sum + (space.leaves?.['4K'] ?? 0), 0),
    ranges = spaces.reduce((sum, space) => sum + space.ranges.length, 0)
  const peak = Math.round(process.resourceUsage().maxRSS / 1024)
  console.log([`${found.toLocaleString('en-US')} leaves`, `${ranges.toLocaleString('en-US')} ranges`,
    `${shared.count.toLocaleString('en-US')} shared runs`, `${alarms.length} alarms`,
    `${seconds.toFixed(2)} s`, `${Math.round(found / seconds).toLocaleString('en-US')} leaves/s`,
    `peak ${peak} MB`].join(', '))
}

const [given] = process.argv.slice(2)
if (given !== undefined) measure(given)
else {
  const dir = mkdtempSync(join(tmpdir(), 'remapcheck-bench-'))
  try {
    for (const [what, scatter] of [['runs that merge', 1], ['scattered frames', 40503]] as const) {
      const path = join(dir, 'memory.img')
      makeImage(path, scatter)
      process.stdout.write(`${what}: `)
      process.stdout.write(execFileSync(process.execPath, ['--import', 'tsx', import.meta.filename, path],
        { encoding: 'utf8' }))
    }
  } finally { rmSync(dir, { recursive: true, force: true }) }
}
