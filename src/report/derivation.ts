/** What `cost --explain` shows: the cycles of a path, down to the published figures. */
import type { Cycles } from '../cost/index.ts'

/** One line under a price: a formula, a price that it rests on, or a published figure. */
export interface DerivationStep {
  /** 0 for the price itself. */
  readonly depth: number
  readonly name: string
  readonly value: number
  /** Of the value: cycles, ns or whatever the figure is in. */
  readonly measure: string
  /** The formula, or what was measured. */
  readonly says: string
  readonly status: string
  /** Who published it; null where it is computed. */
  readonly source: string | null
}
export interface DerivedRow {
  readonly unit: string
  readonly count: number
  /** Of all of them. */
  readonly cycles: Cycles
  /** Null where the time is in the price of another unit. */
  readonly status: string | null
  readonly note: string | null
  /** The typical cycles of the whole path, with the price of this unit at its least and at its greatest. */
  readonly sensitivity: { readonly min: number; readonly max: number }
  readonly steps: readonly DerivationStep[]
}
export interface PathDerivation {
  readonly design: string
  readonly path: string
  readonly cycles: Cycles
  readonly rows: readonly DerivedRow[]
}
