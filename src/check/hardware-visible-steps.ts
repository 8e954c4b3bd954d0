/** Which steps of a protocol change what hardware reads: found by taking them in random runs, so that a user's own
 *  steps are known too. */
import { exploreRandomly } from '../explore/random.ts'
import { boundNames } from '../../spec/bounds.ts'
import { demandingOf, iommuOf } from '../../spec/iommus.ts'
import type { Design, Step } from '../../spec/kernel/design.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { Scope } from '../../spec/scopes.ts'

const runs = 40, length = 60, mostScopes = 5

/** Steps of the call that changed the unit in these runs, its tables or a source. */
export async function hardwareSteps(design: Design, call: string,
  scopes: readonly Scope[]): Promise<ReadonlySet<Step>> {
  const found = new Set<Step>()
  const watched: Design = { ...design,
    protocols: { ...design.protocols, [call]: (design.protocols[call] ?? []).map(step => watching(step, found)) } }
  const demanding = demandingOf(iommuOf(design))
  for (const { bounds: b } of spread(scopes))
    await exploreRandomly(remapMachine(watched, { ...b, ...demanding }), { seed: 1, runs, length, refusedLimit: 1 })
  return found
}

/** Scopes that differ in what is switched on; of those alike the first. */
function spread(scopes: readonly Scope[]): readonly Scope[] {
  const partsOf = ({ bounds: b }: Scope): string =>
    boundNames.filter(name => ['levels', 'callers', 'readOnly', 'reassign', 'migrate'].includes(name))
      .map(name => Math.min(b[name], 2)).join()
  return scopes.filter((scope, i) => scopes.findIndex(other => partsOf(other) === partsOf(scope)) === i).slice(0,
    mostScopes)
}

function watching(step: Step, found: Set<Step>): Step {
  return {
    ...step,
    then: k => {
      // What was found stays out of it: a step does the same in the same state.
      const before = readByHardware(k)
      step.then(k)
      if (readByHardware(k) !== before) found.add(step)
    },
  }
}
const readByHardware = ({ s }: Parameters<Step['then']>[0]): string => JSON.stringify([s.unit, s.memory, s.sources])
