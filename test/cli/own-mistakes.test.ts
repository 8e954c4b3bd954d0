/** Mistakes in a module of a user: the place in it, an excerpt, and the name that was meant; and hints before any
 *  search. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hintsOf } from '../../src/check/hints.ts'
import { designs, returnToDriver, ring0Strict, unlockTables, without } from '../../spec/index.ts'
import { program } from './program.ts'

const dir = mkdtempSync(join(tmpdir(), 'remapcheck-own-'))
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

/** What stderr says of `check ./mine.mjs`, where the module has these lines. */
async function told(lines: readonly string[], args = '--scope hostile', name = 'mine.mjs'): Promise<string> {
  const folder = mkdtempSync(join(dir, 'case-'))
  writeFileSync(join(folder, name), lines.join('\n'))
  return (await program(['check', `./${name}`, ...args.split(' ')], folder)).err
}
const whole = "import * as rc from 'remapcheck/spec'"
const made = "export default rc.design('mine', { says: 'x', remapsDma: true, remapsInterrupts: false }, {"
const unmap = '  unmap: [rc.clearPte, rc.invalidatePage, rc.awaitInvalidation, rc.freeFrame, rc.returnToDriver] })'
const withOwn = (body: string): string[] =>
  [whole, made, "  map: [rc.allocateFrame, rc.storePte, { name: 'own', says: 'x',",
    `    ${body} }, rc.returnToDriver],`, unmap]

test.each<[string, string[], string]>([
  ['a name that is not exported', ['import { design, freeFram } from \'remapcheck/spec\'', 'design(freeFram)'],
    `'remapcheck/spec' does not provide an export named 'freeFram' [E-DESIGN-MODULE]
  → did you mean 'freeFrame'?
      > 1 | import { design, freeFram } from 'remapcheck/spec'
          |                  ^
        2 | design(freeFram)
`],
  ['a name of another entry point', ["import { freeFrame } from 'remapcheck'"], "→ import it from 'remapcheck/spec'\n"],
  ['an entry point that there is not', ["import 'remapcheck/steps'"],
    "→ import steps and designs from 'remapcheck/spec', claims from 'remapcheck/properties', the modelling language"],
  ['an error while it is loaded', ['', 'null.x'], `./mine.mjs:2:6: cannot be loaded: TypeError: Cannot read`],
  ['a step of another IOMMU, which the call lacks',
    [whole, "export default rc.without(rc.designNamed('ring0-strict@amdvi'), 'unmap', rc.submitWait)"],
    `has no step unmap/submitWait [E-DESIGN-MODULE]
  → this call of it has lockTables, clearPte,`],
  ['an entry that is undefined', [whole, made, unmap.replace('freeFrame', 'freeFram')],
    `./mine.mjs:3:68: unmap, 4th entry, after awaitInvalidation, is undefined: `
    + `'remapcheck/spec' has nothing named 'freeFram' [E-DESIGN-SHAPE]
  → did you mean 'freeFrame'?
        1 | ${whole}
        2 | ${made}
      > 3 | ${unmap.replace('freeFrame', 'freeFram')}
`],
  ['an entry of the user that is undefined', [whole, 'const own = {}', made, unmap.replace('rc.freeFrame', 'own.free')],
    './mine.mjs:4:3: unmap, 4th entry, after awaitInvalidation, is undefined: a mistyped name? [E-DESIGN-SHAPE]\n'],
  ['a field that there is not', [whole, made, '  unmapp: [rc.clearPte] })'],
    `./mine.mjs:3:3: not a kernel design: protocols.unmapp: no such field [E-DESIGN-SHAPE]
  → did you mean 'unmap'?
`],
  ['an edit in place of a protocol that designs share', [whole, "const mine = { ...rc.ring0Strict, name: 'mine' }",
    'mine.protocols.unmap.splice(4, 1)', 'export default mine'],
  'mine.mjs:3:22: cannot be loaded: TypeError: Cannot assign to read only property'],
  ['how it is edited instead', [whole, 'rc.ring0Strict.protocols.unmap.push(rc.freeFrame)'],
    '→ built-in designs and steps are frozen, since designs share them: edit a copy, by without(…)'],
  ['a design beside those that the module has as `designs`', [whole, "export default { ...rc.ring0Strict, name: 'a' }",
    "export const designs = [{ ...rc.ring0Strict, name: 'b' }]"],
  './mine.mjs: exports as `default` what its `designs` does not have [E-DESIGN-EXPORT]'],
  ['the second of `designs`, beside the first as default', [whole, 'export default rc.ring0Strict',
    "export const designs = [rc.ring0Strict, { ...rc.ring0Strict, name: 'b', protocols: 3 }]"],
  'not a kernel design: protocols: '],
  ['no design in the list', ['export const designs = []'], './mine.mjs: exports no design [E-DESIGN-EXPORT]'],
])('%s', async (_, lines, says) => { expect(await told(lines)).toContain(says) })

test('claims beside others that are the default', async () => {
  const claims = [whole, "const claim = name => rc.always(name, { claim: 'x' }, () => true)",
    "export default [claim('a')]", "export const claims = [claim('b')]"]
  const folder = mkdtempSync(join(dir, 'case-'))
  writeFileSync(join(folder, 'claims.mjs'), claims.join('\n'))
  expect((await program(['check', 'no-iommu', '--claims', './claims.mjs'], folder)).err)
    .toContain('exports as `default` claims that its `claims` do not have [E-CLAIMS-EXPORT]')
})

test.each<[string, string, string]>([
  ['an error in a step', 'then: () => { null.x = 1 }',
    `recipe of map/own(cpu=0) in machine 'mine' threw: Cannot set properties of null (setting 'x') [E-DESIGN-STEP]
  → fix the step; these 3 ops lead there:
      1  map(`],
  ['a field of the state that there is not', 'then: ({ s }) => { s.kernel.tableLok[0] = 0 }',
    "threw: reads world.state.kernel.tableLok: no such field; did you mean 'tableLock'? [E-DESIGN-STEP]"],
  ['an element that there is not', "then: ({ s }) => { s.kernel.mappings[7][0].phase = 'live' }",
    'threw: reads world.state.kernel.mappings[7]: it holds 2 elements, counted from 0 [E-DESIGN-STEP]'],
  ['a value outside its domain, at the step that put it there', 'then: ({ s }) => { s.kernel.tableLock[0] = 9 }',
    "mine.mjs:3:49, design 'mine': map/own(cpu=0) in machine 'mine' leaves the domain: "],
  ['a guard that answers nothing', 'when: ({ s }) => { s.kernel.queueLock === null }, then: () => {}',
    'guard of map/own(cpu=0) in machine \'mine\' threw: answered undefined; answer true or false [E-DESIGN-STEP]'],
  ['a guard that answers null', 'when: () => null, then: () => {}',
    'guard of map/own(cpu=0) in machine \'mine\' threw: answered null; answer true or false [E-DESIGN-STEP]'],
])('%s, with place and excerpt', async (_, body, says) => {
  const err = await told(withOwn(body), '--scope mapping')
  expect(err).toContain(says)
  expect(err).toMatch(/^mine\.mjs:[34]:\d+, design 'mine': /)
  expect(err).toMatch(/\n {6}> [34] \| .*\n {10}\| +\^\n/)
})

test('the place in TypeScript is that of the source', async () => {
  const lines = ['interface Gone { readonly x: 1 }', '', ...withOwn('then: () => { (null as unknown as Gone).x }')]
  const err = await told(lines, '--scope mapping', 'mine.mts')
  expect(err).toMatch(/^mine\.mts:6:\d+, design 'mine'/)
})

test('hints stand on stderr with their place, and change no verdict', async () => {
  const err = await told([whole, made, '  map: [rc.allocateFrame, rc.storePte],', unmap])
  expect(err).toContain(`./mine.mjs:3:3: hint: map of 'mine': never returns to its caller: its last step is storePte
  → end it with returnToDriver, or replyToDriver where drivers are user processes
`)
})

test('a part that the design itself leaves unprotected is said so, where a claim about it is asked', async () => {
  const own = [whole, made.replace('remapsDma: true', 'remapsDma: false'),
    '  map: [rc.allocateFrame, rc.grantPhysical, rc.returnToDriver], unmap: [rc.freeFrame, rc.returnToDriver] })']
  expect(await told(own, '--scope mapping'))
    .toMatch(/^\.\/mine\.mjs:2:47: hint: 'mine' has remapsDma: false, so memory is unprotected by the design's own/)
  expect(await told(own, '--scope mapping --property no-access-after-unmap')).not.toMatch(/hint/)
  expect(await told(own, '--scope hostile')).toMatch(/^\.\/mine\.mjs:2:\d+: hint: 'mine' has remapsInterrupts: false/)
  const known = own.map(line => line.replace("says: 'x'", "says: 'x', givesUp: { 'no-dma-escape': 'why' }"))
  expect(await told(known, '--scope mapping')).not.toMatch(/hint/)
})

test('a right design gets no hint', () => {
  for (const design of designs) expect({ [design.name]: hintsOf(design) }).toEqual({ [design.name]: [] })
})
test.each([
  ['a map that does not return', without(ring0Strict, 'map', returnToDriver), 'map',
    'its last step is unlockTables'],
  ['an unmap that does not', without(ring0Strict, 'unmap', returnToDriver), 'unmap', 'its last step is freeFrame'],
  ['a protect that does not', without(ring0Strict, 'protect', returnToDriver), 'protect',
    'its last step is pollStatus'],
  ['a lock that map keeps', without(ring0Strict, 'map', unlockTables), 'map', 'which lockTables takes'],
  ['a lock that unmap keeps', without(ring0Strict, 'unmap', unlockTables), 'unmap', 'which lockTables takes'],
])('%s', (_, design, call, says) => {
  expect(hintsOf(design)).toMatchObject([{ call, says: expect.stringContaining(says) as string }])
})
