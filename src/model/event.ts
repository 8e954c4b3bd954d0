/** What a step tells the outside besides the new state. */

/** Counted, never cycles: profiles price counts later. `path` is what the work belongs to: one unmap, one interrupt. */
export interface CostEvent {
  readonly kind: 'cost'
  readonly path: string
  readonly unit: string
  readonly count: number
}
/** A numbered rule of a manual was exercised. */
export interface ClauseEvent { readonly kind: 'clause'; readonly id: string }
/** What the outside sees: a DMA landed, an interrupt was handled, a fault was logged. */
export interface ObservationEvent<O> { readonly kind: 'observation'; readonly observation: O }
/** The op's guard was false, or it names no action of this machine. The state did not change. */
export interface RefusedEvent { readonly kind: 'refused'; readonly why: string }

export type ModelEvent<O> = CostEvent | ClauseEvent | ObservationEvent<O> | RefusedEvent

/** Observations are discriminated by `what`. */
export interface Observation { readonly what: string }

/** How a recipe emits. */
export interface Emit<O> {
  cost(unit: string, count?: number): void
  clause(id: string): void
  observe(observation: O): void
}
