/** Register programs: what software and hardware do in turns to a unit that is modelled by its registers. */
import type { PhysicalMemory } from './image.ts'

/** Bytes of an access. A quadword is two dwords, the low one first. */
export type Width = 4 | 8

export type Op =
  | { readonly do: 'write'; readonly offset: number; readonly width: Width; readonly value: bigint | number }
  | { readonly do: 'read'; readonly offset: number; readonly width: Width }
  /** Hardware takes one of its steps: that at `choice`, counted round. Nothing where it has none. */
  | { readonly do: 'advance'; readonly choice: number }
  /** Hardware takes all its steps but failures of devices: software waits long enough. */
  | { readonly do: 'settle' }

/** A state, and what was seen from outside on the way there. */
export interface Outcome<State, Effect> { readonly state: State; readonly effects: readonly Effect[] }

/** What a unit does. `Step`: of the hardware. */
export interface RegisterUnit<State, Effect, Step> {
  write(state: State, offset: number, width: Width, value: bigint | number): Outcome<State, Effect>
  read(state: State, offset: number, width: Width): Outcome<State, Effect>
  progress(state: State): readonly Step[]
  advance(state: State, memory: PhysicalMemory, step: Step): Outcome<State, Effect>
  quiesce(state: State, memory: PhysicalMemory): Outcome<State, Effect>
}

export function programsOf<State, Effect, Step>(unit: RegisterUnit<State, Effect, Step>) {
  const perform = (state: State, memory: PhysicalMemory, op: Op): Outcome<State, Effect> => {
    switch (op.do) {
      case 'write': return unit.write(state, op.offset, op.width, op.value)
      case 'read': return unit.read(state, op.offset, op.width)
      case 'settle': return unit.quiesce(state, memory)
      case 'advance': {
        const steps = unit.progress(state)
        return steps.length === 0 ? { state, effects: [] }
          : unit.advance(state, memory, steps[op.choice % steps.length]!)
      }
    }
  }
  /** The effects of each op, in order. */
  const runEach = (state: State, memory: PhysicalMemory,
    ops: readonly Op[]): { readonly state: State; readonly effects: readonly (readonly Effect[])[] } => {
    let now = state
    const effects = ops.map(op => {
      const outcome = perform(now, memory, op)
      now = outcome.state
      return outcome.effects
    })
    return { state: now, effects }
  }
  /** All ops in order. */
  const run = (state: State, memory: PhysicalMemory, ops: readonly Op[]): Outcome<State, Effect> => {
    const all = runEach(state, memory, ops)
    return { state: all.state, effects: all.effects.flat() }
  }
  return { perform, runEach, run }
}
