/** A machine that cases of a suite run on, and a session with it. */
import type * as v from 'valibot'
import { openMachineWith } from '../machine.ts'
import type { UnitKind } from '../machine.ts'
import { atLeast } from '../find.ts'
import type { Version } from '../find.ts'
import type { MachineOptions } from '../options.ts'
import type { Judged } from './judged.ts'
import { rigOf } from './rig.ts'
import type { Run, Shrunk } from './rig.ts'
import type { Rig, SuiteName } from './suite.ts'

export interface Setup {
  readonly suite: SuiteName
  readonly name: string
  /** Major version of QEMU that it needs; null: any. */
  readonly from: number | null
  /** Starts the machine, made ready. Close it. */
  open(more?: Pick<MachineOptions, 'qemu' | 'env'>): Promise<Session>
}
export interface Session {
  readonly version: Version
  /** Null where all agree. What is run to shrink a case counts for nothing. @throws what ended QEMU */
  check(run: Run): Promise<Shrunk | null>
  /** One case from a file. @throws UserError E-ORACLE-CASE where it is none. */
  replay(one: unknown, file: string): Promise<readonly Judged[]>
  close(): Promise<void>
}
export const runsOn = ({ from }: Setup, version: Version): boolean => from === null || atLeast(version, from)

/** What a setup is made of. */
export interface Parts<Case, U> {
  readonly suite: SuiteName
  readonly name: string
  readonly from?: number
  readonly kind: UnitKind<U>
  readonly options: MachineOptions
  readonly rig: Rig<Case, U>
  readonly schema: v.GenericSchema<unknown, Case>
}
export function setupOf<Case, U>({ suite, name, from, kind, options, rig, schema }: Parts<Case, U>): Setup {
  const any = rigOf(rig, schema)
  return {
    suite, name, from: from ?? null,
    open: async (more = {}) => {
      const machine = await openMachineWith(kind, { ...options, ...more })
      try { await any.prepare(machine) } catch (cause) {
        await machine.close()
        throw cause
      }
      return { version: machine.version, check: run => any.check(machine, run),
        replay: (one, file) => any.replay(machine, one, file), close: () => machine.close() }
    },
  }
}
