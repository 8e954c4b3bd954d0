/** The verdicts, with exact state counts: a change of the model's meaning cannot pass unseen. `vitest -u` accepts one
 *  that was meant. */
import { expect, test } from 'vitest'
import { propertiesFor } from '../../properties/index.ts'
import { everyDesign } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { scopesOn } from '../../spec/scopes.ts'
import { checkMachine } from '../../src/index.ts'

test.each(everyDesign)('$name: verdicts of the exhaustive search', async design => {
  const lines: string[] = []
  for (const scope of scopesOn(design)) {
    const { states, transitions, depth, complete, results, coverage } =
      await checkMachine(remapMachine(design, scope.bounds, propertiesFor(design, scope.bounds)))
    expect(complete || results.every(({ outcome }) => outcome !== 'holds')).toBe(true)
    lines.push(`${scope.name}: ${states} states, ${transitions} transitions, depth ${depth}`)
    for (const { property, kind, outcome, violation, reachedBy } of results) {
      const known = violation === null ? ''
        : `, ${design.givesUp[property] === undefined ? 'UNEXPECTED' : 'known'}, ${violation.ops.length} ops`
      lines.push(kind === 'sometimes' ? `  ${outcome} ${property}, ${reachedBy?.length ?? '-'} ops`
        : `  ${outcome} ${property}${known}`)
    }
    const silent = Object.entries(coverage.actions).filter(([, { fired }]) => fired === 0).map(([name]) => name)
    if (silent.length > 0) lines.push(`  never fired: ${silent.join(', ')}`)
  }
  expect(lines.join('\n')).not.toMatch(/UNEXPECTED|unreached/)
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`verdicts/${design.name}.txt`)
})
