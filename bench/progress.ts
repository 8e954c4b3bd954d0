/** What claims about endless runs take beside the search of the same states: `npx tsx bench/progress.ts`. Ratios of
 *  processor time in one process: the load of the machine has little part in them. */
import { propertiesFor } from '../properties/index.ts'
import { designNamed } from '../spec/designs.ts'
import { remapMachine } from '../spec/machine.ts'
import { boundsOf } from '../src/check/bounds-text.ts'
import { exploreExhaustively } from '../src/explore/exhaustive.ts'
import { exploreFully } from '../src/explore/full.ts'
import type { Exploration } from '../src/explore/result.ts'

const cases = [
  ['ring0-strict', 'cpus=2,callers=2,devices=2,domains=2,frames=2,iovas=1,queue=4'],
  ['driver-server', 'cpus=2,devices=2,sources=2,vectors=2,migrate=1'],
  ['driver-server', 'cpus=2,devices=2,sources=2,vectors=2,migrate=2'],
] as const

interface Taken { readonly cpu_s: number; readonly found: Exploration }
async function taken(search: () => Promise<Exploration>): Promise<Taken> {
  const before = process.cpuUsage()
  const found = await search()
  const { user, system } = process.cpuUsage(before)
  return { cpu_s: (user + system) / 1e6, found }
}

for (const [name, text] of cases) {
  const design = designNamed(name)!, bounds = boundsOf(text)
  const machine = remapMachine(design, bounds, propertiesFor(design, bounds))
  const { cpu_s: safety_s, found } = await taken(() => exploreExhaustively(machine))
  const endless_s = (await taken(() => exploreFully(machine))).cpu_s - safety_s
  console.log(`${name} ${text}\n  ${found.states} states, ${found.transitions} steps; search ${safety_s.toFixed(2)} s, `
    + `claims about endless runs ${endless_s.toFixed(2)} s more: ratio ${(endless_s / safety_s).toFixed(2)}`)
}
