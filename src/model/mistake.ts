/** A mistake in a machine, and the ops that lead to it. */
import type { Op } from './machine.ts'

/** A mistake in a machine's own declaration or recipes: the author mends it. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  /** The ops that lead there from the initial state, with the failing one where that is known; null where no driver was
   *  running. */
  trace: readonly Op[] | null = null
}

/** Runs `work`; a mistake in the machine gets the ops that lead to it, where it has none yet. */
export function tracing<T>(work: () => T, trace: () => readonly Op[]): T {
  try { return work() } catch (error) {
    if (error instanceof ModelError) error.trace ??= trace()
    throw error
  }
}
