/** What `replay` found of each trace, and, where it was done to QEMU, what that did. */
import type { Trace } from '../trace/format.ts'
import type { Replayed } from '../trace/replay.ts'
import type { Ledger } from '../../spec/ledger.ts'
import type { MachineObservation } from '../../spec/observations.ts'
import type { State } from '../../spec/state.ts'

export type RemapReplayed = Replayed<State, Ledger, MachineObservation>

/** A trace taken again, and what replaying its file needs on the command line besides. */
export interface Evidence { readonly trace: Trace; readonly replayed: RemapReplayed; readonly replayFlags?: string }

export interface ReplayedTrace extends Evidence {
  /** For people. */
  readonly path: string
  readonly asExpected: boolean
  /** Null where it was not asked for. */
  readonly onQemu: QemuReport | null
}

/** What of the model this QEMU does not do; the clause is what a real unit may do. */
export interface QemuLimit { readonly name: string; readonly says: string; readonly clause: string | null }
/** What came of a request, in the model's small ids. */
export type QemuOutcome =
  | { readonly kind: 'landed'; readonly frame: number } | { readonly kind: 'blocked'; readonly reason: number | null }
  | { readonly kind: 'accepted'; readonly cpu: number; readonly vector: number }
  | { readonly kind: 'rejected'; readonly reason: number | null }
export interface QemuDone {
  readonly kind: string
  readonly says: string
  readonly qemu: QemuOutcome | null
  readonly cached: boolean
  readonly note: string | null
  /** What the model expects; null where there is nothing to compare. */
  readonly model: QemuOutcome | null
  readonly same: boolean | null
  /** The same in words: what QEMU made of it (empty where nothing is to be seen), what the model expects, and the
   *  clause of a fault that it expects. */
  readonly words: { readonly qemu: string; readonly model: string | null; readonly clause: string | null }
}
export interface QemuReport {
  readonly version: string
  readonly verdict: 'shown' | 'cannot' | 'differs'
  /** The step that shows it, from 1; null where none does. */
  readonly step: number | null
  readonly limits: readonly (QemuLimit & { readonly clauseSays: string | null })[]
  readonly steps: readonly { readonly limits: readonly QemuLimit[]; readonly done: readonly QemuDone[] }[]
}
