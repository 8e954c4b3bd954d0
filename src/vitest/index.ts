/** A matcher for vitest: `import 'remapcheck/vitest'`, then `await expect(design).toHold({ scope: 'mapping' })`. Its
 *  failure message is the counterexample. `not.toHold` asks for one: what was not decided satisfies neither. */
import { expect } from 'vitest'
import type { Machine } from '../model/index.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { UserError } from '../errors.ts'
import { holdsOfDesign, holdsOfMachine } from './hold.ts'
import type { Held, HoldOptions } from './hold.ts'

export type { HoldOptions } from './hold.ts'

interface HoldMatcher {
  /** Searches the design in each scope to the end, and judges its claims; a machine, whatever it claims. */
  toHold(options?: HoldOptions): Promise<void>
}
declare module 'vitest' {
  interface Matchers<T> extends HoldMatcher {}
}

expect.extend({
  async toHold(received: unknown, options: HoldOptions = {}) {
    const { verdict, says } = await heldBy(received, options).catch((cause: unknown) => { throw short(cause) })
    const pass = verdict === 'holds' || (this.isNot && verdict === 'undecided')
    return { pass, message: () => this.isNot && verdict === 'holds' ? `${says}, and should not` : says }
  },
})

/** A mistake of the test, without the way through this package. */
function short(cause: unknown): unknown {
  if (!(cause instanceof UserError)) return cause
  const error = new Error(cause.text())
  error.stack = error.message
  return error
}

function heldBy(received: unknown, options: HoldOptions): Promise<Held> {
  if (hasAll<Design>(received, 'protocols', 'givesUp')) return holdsOfDesign(received, options)
  if (!hasAll<Machine>(received, 'actions', 'initialWorld'))
    throw new TypeError('toHold takes a design (remapcheck/spec) or a machine (remapcheck)')
  if (Object.keys(options).length > 0) throw new TypeError('toHold takes no options for a machine')
  return holdsOfMachine(received)
}
const hasAll = <T>(value: unknown, ...names: readonly (keyof T & string)[]): value is T =>
  typeof value === 'object' && value !== null && names.every(name => name in value)
