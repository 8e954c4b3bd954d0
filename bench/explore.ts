/** Speed of the exhaustive search, medians: `npx tsx bench/explore.ts [s|m|l] [rounds]`. Equal counts show that the
 *  search is right. */
import { exploreExhaustively } from '../src/index.ts'
import type { Exploration, Machine } from '../src/index.ts'
import { reference, referenceProtocol } from '../test/models/reference.ts'
import { twoPhaseCommit } from '../test/models/two-phase-commit.ts'

const [name = 's', rounds = '3'] = process.argv.slice(2)
if (!Object.hasOwn(reference, name) || !/^[1-9]\d*$/.test(rounds)) {
  console.error(`usage: npx tsx bench/explore.ts [${Object.keys(reference).join('|')}] [rounds]`)
  process.exit(2)
}
const { sizes, ...counts } = reference[name as keyof typeof reference]

async function measure(
  title: string, search: () => Promise<Exploration>,
  expected: { readonly states: number; readonly transitions: number }): Promise<void> {
  const times_s: number[] = []
  for (let round = 0; round < Number(rounds); round++) {
    const { states, transitions, seconds, complete } = await search()
    if (!complete || states !== expected.states || transitions !== expected.transitions)
      throw new Error(`${title}: ${states} states, ${transitions} transitions; expected ${expected.states}, `
        + `${expected.transitions}`)
    times_s.push(seconds)
  }
  const median_s = times_s.sort((a, b) => a - b)[times_s.length >> 1]!
  const rate = (count: number) => `${Math.round(count / median_s / 1000)} k/s`.padStart(10)
  console.log(`${title.padEnd(24)}${String(expected.states).padStart(10)} `
    + `states${String(expected.transitions).padStart(12)} transitions`
    + `${median_s.toFixed(2).padStart(8)} s${rate(expected.states)}${rate(expected.transitions)}`
    + `   peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`)
}
const exhaustive = <S, L, O extends {
  readonly what: string
}>(machine: Machine<S, L, O>) => () => exploreExhaustively(machine)

console.log(`node ${process.version}, median of ${rounds}; rates are states and transitions a second`)
await measure('two-phase commit, 7', exhaustive(twoPhaseCommit(7)), { states: 296_448, transitions: 2_744_705 })
await measure(`reference protocol, ${name}`, exhaustive(referenceProtocol(sizes)), counts)
