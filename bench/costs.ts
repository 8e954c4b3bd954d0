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
/** Each kind of work by turns, so that what else the machine does weighs on all alike. */
async function byTurns<Name extends string>(kinds: Readonly<Record<Name, () => number | Promise<number>>>):
  Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(kinds) as Name[], found = new Map<Name, number[]>(names.map(name => [name, []]))
  for (let round = 0; round < Number(rounds); round++)
    for (const name of names) found.get(name)!.push(await kinds[name]())
  return Object.fromEntries(names.map(name => [name, median(found.get(name)!)])) as Record<Name, number>
}

async function rate(work: () => number | Promise<number>): Promise<number> {
  const before = process.cpuUsage()
  const steps = await work()
  const { user, system } = process.cpuUsage(before)
  return steps / (user + system) * 1e6
}
/** About as many steps as the search takes. */
const workload = { seed: 1, steps: 1_000_000, cpus: 2, queue: 3, gap: 5000, iotlb_entries: 118, pages: 256, depth: 8,
  page_bytes: 4096 }
const sizes = bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2, sources: 1, vectors: 2, migrate: 1 })
const search = (claims: readonly RemapProperty[]) => (): Promise<number> => rate(async () =>
  (await exploreExhaustively(remapMachine(ring0Strict, sizes, claims), { maxStates: 200_000 })).transitions)
const { bare, judging, timed } = await byTurns({ bare: search([]), judging: search(propertiesFor(ring0Strict, sizes)),
  timed: () => rate(() => timedOf({ design: ring0Strict, path: null }, workload, xeon).steps) })
const show = (value: number): string => `${Math.round(value / 1000)} k steps a CPU second`
console.log(`timed runs ${show(timed)}: ${(timed / bare).toFixed(2)} of a search that judges nothing (${show(bare)}; `
  + `at least 0.1), ${(timed / judging).toFixed(2)} of one with its claims (${show(judging)})`)

/** Seconds of processors that the program takes, by the shell: what `times` says of its children. */
function seconds(verb: string): number {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', '"$0" bin/remapcheck.js "$1" > /dev/null && times',
    process.execPath, verb], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${verb} ended with ${status}: ${stderr}`)
  const [, children = ''] = stdout.trim().split('\n')
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + 60 * Number(m) + Number(s), 0)
}
const { start, compare } = await byTurns({ start: () => seconds('start'), compare: () => seconds('compare') })
console.log(`start ${start.toFixed(1)} CPU seconds, compare ${compare.toFixed(1)}: ${(compare / start).toFixed(2)} of `
  + 'it (at most 3)')
