/** How long each mutant's shortest counterexample takes: `npx tsx bench/mutants.ts [rounds]`. The best of the rounds
 *  counts; slowest first. */
import { remapMachine } from '../spec/machine.ts'
import { checkMachine } from '../src/index.ts'
import { interruptMutants } from '../test/mutants/interrupt.ts'
import { amdviMutants } from '../test/mutants/amdvi.ts'
import { memoryMutants } from '../test/mutants/memory.ts'

const [rounds = '3'] = process.argv.slice(2)
if (!/^[1-9]\d*$/.test(rounds)) {
  console.error('usage: npx tsx bench/mutants.ts [rounds]')
  process.exit(2)
}
const limits_s = { median: 0.2, most: 2 }

const best = new Map<string, number>()
for (let round = 0; round < Number(rounds); round++)
  for (const { name, design, bounds, breaks } of [...memoryMutants, ...interruptMutants, ...amdviMutants]) {
    const { results, seconds } = await checkMachine(remapMachine(design, bounds, [breaks.property]))
    if (results[0]!.outcome !== 'violated')
      throw new Error(`${name}: ${breaks.property.name} is ${results[0]!.outcome}`)
    best.set(name, Math.min(seconds, best.get(name) ?? Infinity))
  }
const times = [...best].sort(([, a], [, b]) => b - a)
for (const [name, seconds] of times.slice(0, 5)) console.log(`${name.padEnd(44)}${seconds.toFixed(3).padStart(8)} s`)
const median = times[times.length >> 1]![1], most = times[0]![1]
console.log(`${times.length} mutants, best of ${rounds}: median ${median.toFixed(3)} s (wanted: ${limits_s.median}), `
  + `slowest ${most.toFixed(3)} s (wanted: ${limits_s.most})`)
