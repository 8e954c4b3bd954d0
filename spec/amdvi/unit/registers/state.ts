/** State of the register-level unit, what it says to its driver, and the frame in which its parts work (AMD 48882 rev
 *  3.05: 2.4, 2.5, ch. 3). */
import { produce } from 'immer'
import type { DeepReadonly } from '../../../../src/model/index.ts'
import { rulesOf } from '../../capabilities.ts'
import type { UnitRegisters } from '../../capabilities.ts'
import type { AmdviClause } from '../../clauses.ts'
import type { Disputes } from '../../disputes.ts'
import type { Logging } from '../../faults.ts'
import type { Command } from '../../invalidation/covers.ts'
import { decode, dwordsOf, registers } from '../../layout/index.ts'
import type { CommandCode, RegisterName, Rules } from '../../layout/index.ts'
import type { IllegalName } from './illegal.ts'

/** What a unit is made as. `disputes`: what sources say differently of units. */
export interface UnitConfig {
  /** EFR and EFR2. */
  readonly efr: bigint
  readonly efr2: bigint
  /** Host address width in bits. */
  readonly haw: number
  readonly disputes: Disputes
}

/** Registers that read as something else than what software wrote: features, status, and heads and tails that hardware
 *  moves, which are of the rings. */
const computed = ['ExtFeature', 'ExtFeature2', 'IommuStatus', 'CmdHead', 'EventTail'] as const
export type ComputedName = (typeof computed)[number]
export type StoredName = Exclude<RegisterName, ComputedName>
export const isStored = (name: RegisterName): name is StoredName =>
  !(computed as readonly RegisterName[]).includes(name)
export const storedNames = (Object.keys(registers) as RegisterName[]).filter(isStored)

/** A command that was fetched and has not ended. `offset`: of its place in the buffer, in bytes. */
export interface Outstanding {
  readonly offset: number
  readonly code: CommandCode
  readonly words: readonly number[]
}

/** Plain data, written to as a draft. Dwords are lowest first; heads and tails are offsets in bytes. */
export interface Unit {
  readonly config: UnitConfig
  /** Of all registers of the name, one after the other. */
  stored: Record<StoredName, number[]>
  /** `running`: CmdBufRun. */
  commands: { head: number; running: boolean; outstanding: Outstanding[] }
  /** `running`: EventLogRun. */
  log: { tail: number; running: boolean; overflow: boolean }
  /** Bits that software clears: an event was logged, a wait with I ended. */
  status: { event: boolean; wait: boolean }
  /** DeviceIDs with SE whose first fault was logged. */
  reported: number[]
  /** Interrupts of the unit on their way. */
  messages: ('event' | 'wait')[]
}
export type UnitState = DeepReadonly<Unit>

export type Effect =
  /** What a command removes from caches; and of a device TLB, which its device is told: pages of 4 KiB from `page` on,
   *  of a PASID or of none. */
  | { readonly kind: 'invalidate'; readonly command: Command }
  | { readonly kind: 'invalidate-device-tlb'; readonly device: number; readonly page: number; readonly pages: number
    readonly pasid: number | null }
  /** Store to memory, of a completion wait or an event. */
  | { readonly kind: 'write'; readonly address: number; readonly dwords: readonly number[] }
  | { readonly kind: 'wait-completed'; readonly offset: number }
  | { readonly kind: 'event'; readonly outcome: Logging | 'off'; readonly words: readonly number[] }
  /** An interrupt of the unit. */
  | { readonly kind: 'message'; readonly of: 'event' | 'wait' }
  /** Software has asked for something that the unit does not do: a register that is only stored, or a field of
   *  Control. What follows from it is not shown. */
  | { readonly kind: 'unmodelled'; readonly what: string }
  | { readonly kind: 'illegal'; readonly what: IllegalName; readonly because: string }
  | { readonly kind: 'rule'; readonly clause: AmdviClause }
export interface Outcome { readonly state: UnitState; readonly effects: readonly Effect[] }

/** One change under way: `before` is the state it starts from, `unit` the draft. */
export interface Work { readonly before: UnitState; readonly unit: Unit; readonly effects: Effect[] }

export function change(before: UnitState, recipe: (work: Work) => void): Outcome {
  const effects: Effect[] = []
  const state = produce(before as Unit, unit => { recipe({ before, unit, effects }) })
  return { state, effects }
}
export const rule = (work: Work, clause: AmdviClause): void => { work.effects.push({ kind: 'rule', clause }) }
export const illegal = (work: Work, what: IllegalName, because: string): void => {
  work.effects.push({ kind: 'illegal', what, because })
}

type Holder = { readonly config: UnitConfig; readonly stored: Readonly<Record<StoredName, readonly number[]>> }
export const controlOf = ({ stored }: Holder) => decode(registers.IommuControl.layout, stored.IommuControl)
/** The registers as walk and remapping take them. */
export const registersOf = ({ config, stored }: Holder): UnitRegisters =>
  ({ ...stored, ExtFeature: dwordsOf(config.efr), ExtFeature2: dwordsOf(config.efr2) })
export const reservedRules = (unit: Holder): Rules => rulesOf(registersOf(unit), unit.config.haw)

/** A ring: where it is, and how many bytes it has. */
export function ringOf({ stored }: Holder, name: 'CmdBufBase' | 'EventLogBase') {
  const { BASE, LEN } = decode(registers[name].layout, stored[name])
  return { address: BASE * 4096, bytes: 16 * 2 ** LEN }
}
export const pointerOf = ({ stored }: Holder, name: 'CmdTail' | 'EventHead'): number =>
  decode(registers[name].layout, stored[name]).PTR * 16

/** Sends an interrupt of the unit. */
export function send(work: Work, of: 'event' | 'wait'): void {
  const { EventIntEn, ComWaitIntEn } = controlOf(work.unit)
  if ((of === 'event' ? EventIntEn : ComWaitIntEn) === 1) work.unit.messages.push(of)
}
