/** Register programs: what software and hardware do to a register-level unit in turns, and whether the software was
 *  legal. */
import type { PhysicalMemory } from '../../iommu/image.ts'
import { illegalities } from './registers/illegal.ts'
import type { IllegalName } from './registers/illegal.ts'
import { advance, progress, quiesce, read, write } from './unit.ts'
import type { Effect, Outcome, UnitState, Width } from './unit.ts'

export type Op =
  | { readonly do: 'write'; readonly offset: number; readonly width: Width; readonly value: bigint | number }
  | { readonly do: 'read'; readonly offset: number; readonly width: Width }
  /** Hardware takes one of its steps: that at `choice`, counted round. Nothing where it has none. */
  | { readonly do: 'advance'; readonly choice: number }
  /** Hardware takes all its steps but failures of devices: software waits long enough. */
  | { readonly do: 'settle' }

export function perform(state: UnitState, memory: PhysicalMemory, op: Op): Outcome {
  switch (op.do) {
    case 'write': return write(state, op.offset, op.width, op.value)
    case 'read': return read(state, op.offset, op.width)
    case 'settle': return quiesce(state, memory)
    case 'advance': {
      const steps = progress(state)
      return steps.length === 0 ? { state, effects: [] } : advance(state, memory, steps[op.choice % steps.length]!)
    }
  }
}

/** All ops in order. */
export function run(state: UnitState, memory: PhysicalMemory, ops: readonly Op[]): Outcome {
  const effects: Effect[] = []
  let now = state
  for (const op of ops) {
    const outcome = perform(now, memory, op)
    effects.push(...outcome.effects)
    now = outcome.state
  }
  return { state: now, effects }
}

/** Something software must not do: which, by which clause, and with what. */
export interface Illegal { readonly what: IllegalName; readonly clause: string; readonly because: string }

/** What of a program is illegal, in order; empty: nothing. */
export const illegal = (state: UnitState, memory: PhysicalMemory, ops: readonly Op[]): readonly Illegal[] =>
  run(state, memory, ops).effects.flatMap(effect => effect.kind !== 'illegal' ? []
    : [{ what: effect.what, clause: illegalities[effect.what].clause, because: effect.because }])
