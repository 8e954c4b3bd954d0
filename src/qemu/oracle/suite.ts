/** What a suite is, and what its cases run on. */
import type fc from 'fast-check'
import type { Machine } from '../machine.ts'
import type { Judged, Tally } from './judged.ts'

export const suiteNames = ['walks', 'sequences', 'interrupts', 'scalable', 'first-stage'] as const
export type SuiteName = (typeof suiteNames)[number]

/** Where the time goes. `model` holds what the specification computes, `encode` the writing of tables, `judge` the
 *  comparing where it is apart. */
export const parts = ['generate', 'encode', 'model', 'qemu', 'judge'] as const
export type Part = (typeof parts)[number]
/** Ends the part that runs, begins another. */
export type Laps = (part: Part) => void

/** `U`: the client of the machine's IOMMU. */
export interface Bench<U> { readonly machine: Machine<U>; readonly tally: Tally; readonly lap: Laps }

/** A suite on one machine. A case is plain data; each runs from a unit that is as new, so that it runs alone as it did
 *  among others. */
export interface Rig<Case, U> {
  readonly cases: fc.Arbitrary<Case>
  /** Once, before the first case on a machine. */
  prepare(machine: Machine<U>): Promise<void>
  /** Every request of it, judged. */
  run(bench: Bench<U>, one: Case): Promise<readonly Judged[]>
}
