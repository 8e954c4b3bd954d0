/** A claim about kernel designs: a property, when it applies, and what must have been reached before it means
 *  anything. */
import { propertiesOf } from '../src/model/index.ts'
import type { Bounds } from '../spec/bounds.ts'
import type { Ledger } from '../spec/ledger.ts'
import type { RemapProperty } from '../spec/machine.ts'
import type { Seen } from '../spec/observations.ts'
import type { State } from '../spec/state.ts'
import type { Design } from '../spec/kernel/design.ts'

export interface Claim {
  readonly property: RemapProperty
  /** Whether bounds and design have what the claim is about; elsewhere it would hold of nothing. */
  readonly on: (b: Bounds, design: Design) => boolean
  /** `sometimes` properties: a run that reaches none of this shows nothing. */
  readonly witnesses: readonly Witness[]
}
export interface Witness {
  readonly property: RemapProperty
  /** Where the design or the bounds rule the witness out. */
  readonly on?: (design: Design, b: Bounds) => boolean
}

export const { always, step, sometimes, leadsTo, recovers } = propertiesOf<State, Ledger, Seen>()
