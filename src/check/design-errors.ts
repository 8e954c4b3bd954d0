/** Whose mistake it is: what fails in a user's design is reported as theirs, what fails in a built-in one is ours. */
import { basename } from 'node:path'
import { UserError } from '../errors.ts'
import { ModelError, showOp } from '../model/index.ts'
import { shellWord } from '../text/shell.ts'
import type { Subject } from './subject.ts'

/** @throws UserError E-DESIGN-STEP for what fails in a design of the user; what fails in one of ours is thrown as it
 *  is. */
export function withDesignErrors<T>(subject: Subject, work: () => T): T {
  try { return work() } catch (cause) { throw asDesignError(subject, cause) }
}

/** The same of work that takes its time. */
export async function withDesignErrorsAsync<T>(subject: Subject, work: () => Promise<T>): Promise<T> {
  try { return await work() } catch (cause) { throw asDesignError(subject, cause) }
}

/** A mistake in a user's own design is theirs to mend; the message names the step, and the trace leads there. */
export function asDesignError({ design, path }: Subject, cause: unknown): unknown {
  if (path === null || cause instanceof UserError) return cause
  const ops = cause instanceof ModelError ? cause.trace ?? [] : []
  return new UserError({
    code: 'E-DESIGN-STEP', subject: `${basename(path)}, design '${design.name}'`,
    problem: cause instanceof Error ? cause.message : String(cause),
    next: ops.length === 0
      ? `fix the step, or the protocol it is in; \`remapcheck check ${shellWord(path)}\` may show what does not work`
      : `fix the step; ${ops.length === 1 ? 'this op leads' : `these ${ops.length} ops lead`} there:`,
    below: ops.map((op, i) => `${i + 1}  ${showOp(op)}`),
  })
}
