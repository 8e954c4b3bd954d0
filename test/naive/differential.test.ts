/** Random machines of the whole modelling language, searched in every way there is, beside a checker that knows nothing
 *  but plain objects.
 *  Here each machine goes some of the ways; `npm run soak` sends any number of them all ways. */
import { expect, test } from 'vitest'
import { keysOf } from '../../src/explore/keys.ts'
import { layoutOf } from '../../src/index.ts'
import { kinds } from './random/machines.ts'
import type { Kind } from './random/machines.ts'
import { caseOf, compared, fits } from './soak.ts'
import type { Case } from './soak.ts'
import { ways } from './ways.ts'
import type { Way } from './ways.ts'

const machines = 28, largeMachines = 9, mostStates = 70

/** What machines must be for it to mean anything that nothing differs. */
class Tally {
  private readonly counts = new Map<string, number>()
  add(what: string, is = true): void { if (is) this.counts.set(what, (this.counts.get(what) ?? 0) + 1) }
  rare(least: Readonly<Record<string, number>>): string[] {
    const of = (what: string): number => this.counts.get(what) ?? 0
    return Object.entries(least).filter(([what, count]) => of(what) < count)
      .map(([what, count]) => `${what}: ${of(what)} of ${count}`)
  }

  machine({ made: { machine }, known }: Case): void {
    const { pieces } = keysOf(layoutOf(machine.worldDomain))
    this.add(pieces === null ? 'interned' : pieces.length === 0 ? 'keyed' : 'counted')
    this.add('of more than 30 states', known.states > 30)
    this.add('of more than 7168 states', known.states > 7168)
    this.add('deep', known.depth > 5)
    this.add('mistaken', known.mistake !== null)
    for (const { name, kind } of machine.properties) {
      const length = known.lengths.get(name) ?? 0, endless = known.endless.get(name)
      this.add(`${kind} found in more than one step`, length > 1)
      if (endless !== undefined) this.add(`${kind} ${endless.holds ? 'holds' : 'fails'}`)
    }
  }
}

/** Each kind goes the ways that it is made for. */
const isFor = (kind: Kind, { is }: Way): boolean =>
  kind === 'large' || (kind === 'endless' ? is === 'endless' || is === 'stopped' || is === 'enough'
    : kind === 'symmetric' || kind === 'asymmetric' ? is === 'symmetric' || is === 'named'
      : is !== 'symmetric' && is !== 'named')

const tally = new Tally()
test.each(kinds)('%s machines: every search says what the naive one says', async kind => {
  const found: string[] = []
  for (let seed = 1; seed <= (kind === 'large' ? largeMachines : machines); seed++) {
    const of = caseOf(kind, seed, mostStates)
    if (of === null) continue
    tally.machine(of)
    const able = ways.filter(way => fits(of.made, way) && isFor(kind, way)), own = [able[seed % able.length]!]
    // Small machines are hardly ever compiled where nobody asks for it.
    if (seed % 3 === 0) own.push(able.find(({ name }) => name.endsWith('wasm'))!)
    own.forEach(({ name }) => { tally.add(name) })
    const { differences } = await compared(of, own)
    found.push(...differences.map(({ way, lines }) => `${kind} ${seed}, ${way}: ${lines.join('; ')}`))
  }
  expect(found).toEqual([])
})

test('they are machines of all sorts, and every way was gone', () => {
  const each = Object.fromEntries(ways.map(({ name }) => [name, 2]))
  expect(tally.rare({
    ...each, interned: 6, keyed: 80, counted: 3,
    'of more than 30 states': 25, 'of more than 7168 states': 6, deep: 12, mistaken: 6,
    'always found in more than one step': 10,
    'monitor found in more than one step': 2, 'step found in more than one step': 3,
    'sometimes found in more than one step': 4,
    'eventually holds': 2, 'eventually fails': 2, 'leadsTo holds': 2, 'leadsTo fails': 2, 'recovers holds': 2,
    'recovers fails': 2,
  })).toEqual([])
})
