/** Every built-in design one step above its scopes: each bound of each scope raised by one, and each two of them
 *  together.
 *  `npx tsx bench/sweep.ts FILE [states] [scope,…]` adds what it finds to FILE, a line a search, and goes on where FILE
 *  ends; a search that was cut short by fewer states is done again. At the end, and with 0 states at once, it prints
 *  what FILE says. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { propertiesFor } from '../properties/index.ts'
import { badBounds, boundNames, boundSpecs, showBounds } from '../spec/bounds.ts'
import type { BoundName, Bounds } from '../spec/bounds.ts'
import { designs } from '../spec/designs.ts'
import type { Design } from '../spec/kernel/design.ts'
import { remapMachine } from '../spec/machine.ts'
import { scopeNamed, scopes } from '../spec/scopes.ts'
import { checkMachine, ModelError } from '../src/index.ts'

const [file, most = '100000', only] = process.argv.slice(2)
const chosen = only?.split(',') ?? scopes.map(({ name }) => name)
if (file === undefined || !/^\d+$/.test(most) || !chosen.every(scopeNamed)) {
  console.error('usage: npx tsx bench/sweep.ts FILE [states] [scope,…]')
  process.exit(2)
}
const maxStates = Number(most), maxMemory = 1e9

interface Found {
  readonly design: string; readonly scope: string; readonly pair: string; readonly bounds: string
  /** Stored, and in how many CPU seconds. `limit`: where the search would have been cut. */
  readonly states: number; readonly seconds: number; readonly limit: number
  /** What cut it short, and what it was worth: claims violated that the design does not give up, and witnesses that a
   *  whole search missed. */
  readonly stopped: string | null; readonly violated: readonly string[]; readonly unreached: readonly string[]
}

/** No design is right on hardware that does not drain: that is the mutants `hardware-does-not-drain` and
 *  `x58-inflight-not-drained`. */
const leftOut: readonly BoundName[] = ['drain', 'interruptDrain']
const capabilities: readonly BoundName[] = ['cm', 'rwbf', 'coherent', 'psi', 'eim', 'esirtps']
const ofMemory: readonly BoundName[] = ['readOnly', 'levels', 'tables', 'psi'],
  ofInterrupts: readonly BoundName[] = ['vectors', 'migrate', 'hostile', 'wideIds', 'eim', 'esirtps']

/** One more; of a capability the other value. */
const stepped = (b: Bounds, name: BoundName): Bounds =>
  ({ ...b, [name]: boundSpecs[name].most === 1 ? 1 - b[name] : b[name] + 1 })

/** Whether the machine could differ by the bound. */
function isFelt(design: Design, b: Bounds, name: BoundName): boolean {
  if (ofMemory.includes(name) && b.frames === 0 || ofInterrupts.includes(name) && b.sources === 0
    || name === 'tables' && b.levels === 1) return false
  const isRemapped = design.remapsDma && b.frames > 0 || design.remapsInterrupts && b.sources > 0
  return isRemapped || !capabilities.includes(name) && name !== 'queue' && name !== 'levels' && name !== 'faults'
}

interface Question {
  readonly design: Design
  readonly scope: string
  readonly pair: string
  readonly bounds: Bounds
  readonly key: string
  readonly size: number
}

function questions(): readonly Question[] {
  const asked = new Map<string, Question>()
  const names = boundNames.filter(name => !leftOut.includes(name))
  for (const design of designs)
    for (const { name: scope, bounds: from } of scopes.filter(({ appliesTo }) => appliesTo(design)))
      for (const [i, one] of names.entries())
        for (const other of names.slice(i)) {
          const bounds = one === other ? stepped(from, one) : stepped(stepped(from, one), other)
          if (badBounds(bounds) !== null || ![one, other].every(name => isFelt(design, bounds, name))) continue
          const key = `${design.name} ${showBounds(bounds)}`
          if (!asked.has(key))
            asked.set(key, { design, scope, pair: one === other ? one : `${one}+${other}`, bounds, key,
              size: remapMachine(design, bounds).instances.length })
        }
  return [...asked.values()].toSorted((a, b) => a.size - b.size)
}

async function answer({ design, scope, pair, bounds }: Question): Promise<Found> {
  const begun = process.cpuUsage()
  const about = () => {
    const { user, system } = process.cpuUsage(begun)
    return { design: design.name, scope, pair, bounds: showBounds(bounds), limit: maxStates,
      seconds: (user + system) / 1e6 }
  }
  try {
    const { states, stopped, results } = await checkMachine(remapMachine(design, bounds, propertiesFor(design, bounds)),
      { maxStates, maxMemory, workers: 1 })
    const named = (outcome: string): string[] => results.flatMap(one => one.outcome === outcome ? [one.property] : [])
    return { ...about(), states, stopped,
      violated: named('violated').filter(name => !Object.hasOwn(design.givesUp, name)), unreached: named('unreached') }
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause
    return { ...about(), states: 0, stopped: 'a step that fails', violated: [cause.message.split('\n')[0]!],
      unreached: [] }
  }
}

/** The last answer to each question. */
function answers(): ReadonlyMap<string, Found> {
  const lines = existsSync(file!) ? readFileSync(file!, 'utf8').split('\n').filter(line => line !== '') : []
  return new Map(lines.map(line => JSON.parse(line) as Found).map(found => [`${found.design} ${found.bounds}`, found]))
}

const asked = questions()
const before = answers()
const isOpen = (found: Found | undefined): boolean =>
  found === undefined || found.stopped === 'states' && found.limit < maxStates
for (const question of asked.filter(({ key, scope }) =>
  maxStates > 0 && chosen.includes(scope) && isOpen(before.get(key))))
  appendFileSync(file, `${JSON.stringify(await answer(question))}\n`)

const done = answers(), found = asked.flatMap(({ key }) => done.get(key) ?? [])
const print = (cells: readonly (string | number)[]): void => {
  console.log(cells.map((cell, i) => i < 2 ? String(cell).padEnd(30) : String(cell).padStart(12)).join(''))
}
print(['design', 'scope', 'searches', 'whole', 'cut short', 'violated', 'states', 'CPU seconds'])
for (const design of designs)
  for (const { name } of scopes.filter(({ appliesTo }) => appliesTo(design))) {
    const here = found.filter(one => one.design === design.name && one.scope === name),
      cut = here.filter(({ stopped }) => stopped !== null)
    const sum = (of: (one: Found) => number): number => here.reduce((total, one) => total + of(one), 0)
    print([design.name, name, here.length, here.length - cut.length, cut.length,
      here.filter(({ violated }) => violated.length > 0).length, sum(({ states }) => states),
      sum(({ seconds }) => seconds).toFixed(1)])
  }
for (const { design, scope, pair, bounds, states, seconds, violated } of found.filter(one => one.violated.length > 0))
  console.log(`✗ ${design}  ${scope}  ${pair}  ${bounds}  ${states} states  ${seconds.toFixed(1)} CPU seconds  `
    + `${violated.join(', ')}`)
for (const { design, scope, pair, bounds, unreached } of found.filter(one => one.unreached.length > 0))
  console.log(`? ${design}  ${scope}  ${pair}  ${bounds}  never ${unreached.join(', ')}`)
console.log(`${found.length} of ${asked.length} asked, ${found.filter(({ stopped }) => stopped === null).length} `
  + `searched to the end, ${found.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} CPU seconds`)
