/** Every mutant must break the claim it names, and the design it was made from must keep it: both drivers, lengths
 *  compared. */
import { afterAll, describe, expect, test } from 'vitest'
import { claims } from '../../properties/index.ts'
import { showBounds } from '../../spec/bounds.ts'
import { remapMachine } from '../../spec/machine.ts'
import { checkMachine, exploreRandomly, isProgress } from '../../src/index.ts'
import type { Violation } from '../../src/index.ts'
import { makeTrace } from '../../src/trace/format.ts'
import { replay } from '../../src/trace/replay.ts'
import { judgeOps } from '../../src/explore/shrink.ts'
import { amdviMutants } from './amdvi.ts'
import { interruptMutants } from './interrupt.ts'
import { memoryMutants } from './memory.ts'
import type { Mutant } from './mutant.ts'
import { threadMutants } from './thread.ts'

const mutants = [...memoryMutants, ...interruptMutants, ...amdviMutants, ...threadMutants]
const machineOf = ({ design, bounds, breaks }: Mutant) => remapMachine(design, bounds, [breaks.property])

/** A seed for each mutant, so that adding one does not change what the others see. */
const seedOf = (name: string): number =>
  [...name].reduce((hash, char) => Math.imul(hash, 31) + char.charCodeAt(0) | 0, 23)

function replays(mutant: Mutant, { property, because, ops, loop }: Violation): boolean {
  const machine = machineOf(mutant)
  if (!isProgress(mutant.breaks.property)) return judgeOps(machine, property)(ops)?.ops.length === ops.length
  const found = { driver: 'exhaustive', shortest: true } as const
  return replay(machine,
    makeTrace(machine, { design: mutant.name, bounds: {}, property, because, ops, ...loop === null ? {} : { loop },
      found })).reproduced
}

const caught = new Set<string>()
const lengths: { readonly name: string; readonly shortest: number; readonly shrunk: number }[] = []

describe.each(mutants)('$name', mutant => {
  const { name } = mutant.breaks.property

  test(`exhaustive: breaks ${name} in ${mutant.shortest} ops, no fewer`, async () => {
    const { results } = await checkMachine(machineOf(mutant))
    expect(results[0]).toMatchObject({ property: name, outcome: 'violated' })
    const violation = results[0]!.violation!
    // Of an endless run, the ops before it repeats for ever.
    expect(violation.ops.slice(0, violation.loop ?? undefined)).toHaveLength(mutant.shortest)
    expect(replays(mutant, violation), 'the trace replays').toBe(true)
    caught.add(mutant.name)
  })

  test.skipIf(isProgress(mutant.breaks.property))('random: found and shrunk', async () => {
    const { results } = await exploreRandomly(machineOf(mutant),
      { seed: seedOf(mutant.name), runs: 2500, length: mutant.runLength })
    expect(results[0]).toMatchObject({ property: name, outcome: 'violated' })
    const shrunk = results[0]!.violation!.ops.length
    lengths.push({ name: mutant.name, shortest: mutant.shortest, shrunk })
    expect(shrunk).toBeGreaterThanOrEqual(mutant.shortest)
    // Shrinking is by deletion: it can end in another way to the same violation, but not in a long one.
    expect(shrunk).toBeLessThanOrEqual(mutant.shortest * 2)
  })
})

/** One search for all mutants of one design at one place. */
const origins = new Map<string, Mutant[]>()
for (const mutant of mutants) {
  const { design, bounds } = mutant.sound, key = `${design.name} at ${showBounds(bounds)}`
  origins.set(key, [...origins.get(key) ?? [], mutant])
}
test.each([...origins])('%s keeps what its mutants break', async (_, made) => {
  const { design, bounds } = made[0]!.sound, properties = [...new Map(made.map(({ breaks: { property } }) =>
    [property.name, property])).values()]
  const { complete, results } = await checkMachine(remapMachine(design, bounds, properties))
  expect(complete).toBe(true)
  expect(results.map(({ property, outcome }) => [property, outcome]))
    .toEqual(properties.map(({ name }) => [name, 'holds']))
})

test('every claim has a mutant that breaks it', () => {
  const broken = new Set(mutants.map(mutant => mutant.breaks.property.name))
  expect(claims.map(claim => claim.property.name).filter(name => !broken.has(name))).toEqual([])
})

test('names are unique', () => {
  expect(new Set(mutants.map(mutant => mutant.name)).size).toBe(mutants.length)
})

afterAll(() => {
  const exact = lengths.filter(({ shortest, shrunk }) => shortest === shrunk).length
  process.stdout.write(`mutants ${caught.size}/${mutants.length} caught; random: ${lengths.length} found, ${exact} `
    + `shrunk to the shortest\n`)
  for (const { name, shortest, shrunk } of lengths)
    if (shrunk !== shortest) process.stdout.write(`  ${name}: shrunk to ${shrunk}, shortest ${shortest}\n`)
})
