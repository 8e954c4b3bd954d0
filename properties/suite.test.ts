/** The claims as a property suite: saved counterexamples first, then random runs of every design in every standard
 *  scope. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { designNamed, everyDesign } from '../spec/designs.ts'
import { remapMachine } from '../spec/machine.ts'
import { bounds as boundsOf } from '../spec/bounds.ts'
import { scopesOn } from '../spec/scopes.ts'
import { exploreRandomly, showOp } from '../src/index.ts'
import { loadTrace } from '../src/trace/store.ts'
import { replay } from '../src/trace/replay.ts'
import { propertiesFor } from './index.ts'

describe.skipIf(readdirSync('traces/regressions').length === 1)('saved counterexamples', () => {
  const folder = 'traces/regressions'
  const saved = readdirSync(folder).filter(name => name.endsWith('.json')).map(name => `${folder}/${name}`)
  for (const path of saved) test(`${path} no longer violates`, () => {
    const trace = loadTrace(path)
    const design = designNamed(trace.design)!, bounds = boundsOf(trace.bounds as Record<string, number>)
    expect(replay(remapMachine(design, bounds, propertiesFor(design, bounds)), trace).because).toBeNull()
  })
})

const seed = 2011
describe.each(everyDesign)('$name', design => {
  test.each(scopesOn(design))(`$name, random, seed ${seed}`, async ({ bounds }) => {
    const { results, random } = await exploreRandomly(remapMachine(design, bounds, propertiesFor(design, bounds)),
      { seed, runs: 6, length: 130 })
    for (const { property, outcome, violation } of results)
      if (outcome === 'violated')
        expect(Object.keys(design.givesUp), `${violation!.because}\n${violation!.ops.map(showOp).join('\n')}`)
          .toContain(property)
    expect(results.length).toBeGreaterThan(1)
    // A run ends early only when every claim is violated, as it may be without an IOMMU.
    if (results.some(({ outcome }) => outcome === 'passed')) expect(random!.ops).toBeGreaterThan(100)
  })
})
