/** Speed of timed runs beside the search, and of `compare` beside `start`: `npx tsx bench/costs.ts [rounds]`. Ratios of
 *  CPU seconds within one run; printed, never a test. */
import { spawnSync } from 'node:child_process'
import { timedOf } from '../src/check/timed.ts'
import { exploreExhaustively } from '../src/index.ts'
import { bounds } from '../spec/bounds.ts'
import { xeon } from '../spec/costs/index.ts'
import { ring0Strict } from '../spec/designs.ts'
import { remapMachine } from '../spec/machine.ts'
import type { RemapProperty } from '../spec/machine.ts'
import { propertiesFor } from '../properties/index.ts'

const [rounds = '3'] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(rounds)) {
  console.error('usage: npx tsx bench/costs.ts [rounds]')
  process.exit(2)
}
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
async function rate(work: () => number | Promise<number>): Promise<number> {
  const rates: number[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const before = process.cpuUsage()
    const steps = await work()
    const { user, system } = process.cpuUsage(before)
    rates.push(steps / (user + system) * 1e6)
  }
  return median(rates)
}

const workload = { seed: 1, steps: 200_000, cpus: 2, queue: 3, gap: 5000, iotlb_entries: 118, pages: 256, depth: 8,
  page_bytes: 4096 }
const sizes = bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2, sources: 1, vectors: 2, migrate: 1 })
const searched = (claims: readonly RemapProperty[]): Promise<number> => rate(async () =>
  (await exploreExhaustively(remapMachine(ring0Strict, sizes, claims), { maxStates: 200_000 })).transitions)
const bare = await searched([]), judging = await searched(propertiesFor(ring0Strict, sizes))
const timed = await rate(() => timedOf({ design: ring0Strict, path: null }, workload, xeon).steps)
const show = (value: number): string => `${Math.round(value / 1000)} k steps a CPU second`
console.log(`timed runs ${show(timed)}: ${(timed / judging).toFixed(2)} of the search with its claims `
  + `(${show(judging)}; at least 0.1), ${(timed / bare).toFixed(2)} of one that judges nothing (${show(bare)})`)

/** Seconds that the program takes of the clock. */
function seconds(verb: string): number {
  const before = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['bin/remapcheck.js', verb], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${verb} ended with ${status}: ${stderr}`)
  return (performance.now() - before) / 1000
}
const starts: number[] = [], compares: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  starts.push(seconds('start'))
  compares.push(seconds('compare'))
}
const [start, compare] = [median(starts), median(compares)]
console.log(`start ${start.toFixed(1)} s, compare ${compare.toFixed(1)} s: ${(compare / start).toFixed(2)} of it `
  + '(at most 3)')
