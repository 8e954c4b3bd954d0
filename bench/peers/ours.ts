/** One exhaustive search of ours in a process of its own, told as one line of JSON: `ours.ts CONFIG [--workers N]
 *  [--symmetry] [--warm]`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ExhaustiveOptions, Exploration } from '../../src/index.ts'
import { cases } from './cases.ts'
import { median } from './figures.ts'
import type { Figures } from './figures.ts'

const { positionals: [name = ''], values: { workers, symmetry, warm } } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string' }, symmetry: { type: 'boolean' }, warm: { type: 'boolean' } },
})
const { search, judge } = cases[name]!
/** An option that is not given is not passed: the engine's own default is measured then. */
const options: ExhaustiveOptions = {
  ...workers === undefined ? {} : { workers: Number(workers) }, ...symmetry === undefined ? {} : { symmetry },
}

/** Resident bytes, now or at most so far. What the kernel says of the process: usage counters also hold what a parent
 *  had used. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  try {
    return Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
  } catch {
    return field === 'VmRSS' ? process.memoryUsage().rss : process.resourceUsage().maxRSS * 1024
  }
}
const violates = ({ results }: Exploration): boolean => results.some(({ outcome }) => outcome === 'violated')

const before = resident('VmRSS')
const found = await search(options)
/** Three more searches, each from nothing: V8 has compiled our code by then, as gcc had pan's. */
const again: number[] = []
if (warm === true) for (let n = 0; n < 3; n++) again.push((await search(options)).seconds)
const rssBytes = resident('VmHWM')
const { states, transitions, depth, complete } = found
const seconds = warm === true ? median(again) : found.seconds
const figures: Figures = {
  // of four searches it says nothing
  states, transitions, depth, seconds, rssBytes, bytesPerState: warm === true ? null : (rssBytes - before) / states,
  storedBytes: found.engine?.bytes ?? null,
  engine: `${found.engine?.bits ?? '?'} bits`,
  complete, violated: violates(judge === undefined ? found : await judge({})),
}
console.log(JSON.stringify(figures))
