/** The registry of verbs: dispatch, help and tests derive from it. A command loads the verb that it names, and no
 *  other. */
import type { Command } from '../args.ts'

/** In the order help shows them. */
const loads: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./check.ts')).check,
  ablate: async () => (await import('./ablate.ts')).ablate,
  replay: async () => (await import('./replay.ts')).replay,
  explore: async () => (await import('./explore.ts')).explore,
  cost: async () => (await import('./cost.ts')).cost,
  compare: async () => (await import('./compare.ts')).compare,
  diagnose: async () => (await import('./diagnose.ts')).diagnose,
  collect: async () => (await import('./collect.ts')).collect,
  validate: async () => (await import('./validate.ts')).validate,
  oracle: async () => (await import('./oracle.ts')).oracle,
  audit: async () => (await import('./audit.ts')).audit,
  list: async () => (await import('./list.ts')).list,
  explain: async () => (await import('./explain.ts')).explain,
  init: async () => (await import('./init.ts')).init,
  completion: async () => (await import('./completion.ts')).completion,
  start: async () => (await import('./start.ts')).start,
}
export const verbNames = Object.keys(loads)
export const verbNamed = async (name: string | undefined): Promise<Command | null> =>
  name !== undefined && Object.hasOwn(loads, name) ? await loads[name]!() : null
/** For help, which shows all. */
export const allVerbs = (): Promise<readonly Command[]> => Promise.all(Object.values(loads).map(load => load()))
