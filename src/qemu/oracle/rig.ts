/** Rigs of any suite, driven by fast-check: a run of random cases, the least that shows a difference, and a saved case
 *  once more. */
import fc from 'fast-check'
import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import type { Machine } from '../machine.ts'
import { Tally } from './judged.ts'
import type { Comparison, Judged } from './judged.ts'
import type { Laps, Rig } from './suite.ts'

/** What a failing case comes down to. */
export interface Shrunk {
  /** Plain data. */
  readonly one: unknown
  readonly shrinks: number
  readonly differences: readonly Comparison[]
}
export interface Run {
  readonly lap: Laps
  readonly seed: number
  /** Cases that fast-check makes at most. */
  readonly runs: number
  /** Whether a case that shows a difference is brought down to the least that does. */
  readonly shrink: boolean
  /** Asked after each case, with what it has reached: whether to go on. */
  readonly on: (judged: readonly Judged[], tally: Tally) => boolean
}
/** A rig whatever its cases are; see `Session`. */
export interface AnyRig<U> {
  prepare(machine: Machine<U>): Promise<void>
  check(machine: Machine<U>, run: Run): Promise<Shrunk | null>
  replay(machine: Machine<U>, one: unknown, file: string): Promise<readonly Judged[]>
}

export const isDifferent = ({ verdict }: Judged): boolean => verdict === 'different'

export function rigOf<Case, U>(rig: Rig<Case, U>, schema: v.GenericSchema<unknown, Case>): AnyRig<U> {
  return {
    prepare: machine => rig.prepare(machine),
    check: (machine, run) => check(rig, machine, run),
    replay: async (machine, given, file) => {
      const { success, output, issues } = v.safeParse(schema, given)
      if (!success) throw new UserError({
        code: 'E-ORACLE-CASE', subject: file,
        problem: `its case is none of this suite: ${v.getDotPath(issues[0]) ?? 'the whole'}: ${issues[0].message}`,
        next: 'give a file that remapcheck oracle has saved',
      })
      return await rig.run({ machine, tally: new Tally(), lap: () => undefined }, output)
    },
  }
}

async function check<Case, U>(rig: Rig<Case, U>, machine: Machine<U>,
  { lap, seed, runs, shrink, on }: Run): Promise<Shrunk | null> {
  let shrinking = false, stopped = false
  let last: readonly Judged[] = []
  let ended: unknown = null
  const property = fc.asyncProperty(rig.cases, async one => {
    if (stopped && !shrinking || ended !== null) return true
    const tally = new Tally()
    try {
      const judged = await rig.run({ machine, tally, lap }, one)
      lap('generate')
      const wrong = judged.filter(isDifferent)
      if (!shrinking) stopped = !on(judged, tally)
      if (wrong.length === 0) return true
      shrinking = true
      last = wrong
      return false
    } catch (cause) {
      // No case is to blame that QEMU ended: it is not run again.
      ended = cause
      return true
    }
  })
  const { failed, counterexample, numShrinks } = await fc.check(property,
    { seed, numRuns: runs, endOnFailure: !shrink })
  if (ended !== null) throw ended
  return failed ? { one: counterexample![0], shrinks: numShrinks, differences: last.map(({ compare }) => compare()) }
    : null
}
