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
  readonly machine: Machine
  readonly lap: Laps
  readonly seed: number
  /** Cases that fast-check makes at most. */
  readonly runs: number
  /** Asked after each case, with what it has reached: whether to go on. */
  readonly on: (judged: readonly Judged[], tally: Tally) => boolean
}
export interface AnyRig {
  prepare(machine: Machine): Promise<void>
  /** Null where all agree. What is run to shrink a case counts for nothing. @throws what ended QEMU */
  check(run: Run): Promise<Shrunk | null>
  /** One case from a file. @throws UserError E-ORACLE-CASE where it is none. */
  replay(machine: Machine, one: unknown, file: string): Promise<readonly Judged[]>
}

export const isDifferent = ({ verdict }: Judged): boolean => verdict === 'different'

export function rigOf<Case>(rig: Rig<Case>, schema: v.GenericSchema<unknown, Case>): AnyRig {
  return {
    prepare: machine => rig.prepare(machine),
    check: run => check(rig, run),
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

async function check<Case>(rig: Rig<Case>, { machine, lap, seed, runs, on }: Run): Promise<Shrunk | null> {
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
  const { failed, counterexample, numShrinks } = await fc.check(property, { seed, numRuns: runs })
  if (ended !== null) throw ended
  return failed ? { one: counterexample![0], shrinks: numShrinks, differences: last.map(({ compare }) => compare()) }
    : null
}
