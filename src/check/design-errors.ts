/** Whose mistake it is: what fails in a user's design is reported as theirs, what fails in a built-in one is ours. */
import { basename } from 'node:path'
import { UserError } from '../errors.ts'
import { ModelError, showOp } from '../model/index.ts'
import { shellWord } from '../text/shell.ts'
import type { Failure } from '../report/check.ts'
import type { Design } from '../../spec/kernel/design.ts'
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

/** The edits of a built-in design are the user's own. */
const isEdited = ({ name }: Design): boolean => name.includes('~')

/** What ended a scope, as plain data. */
export function failureOf(subject: Subject, cause: unknown): Failure {
  const error = asDesignError(subject, cause)
  if (error instanceof UserError) {
    const { code, subject: place, message, next, below } = error
    return { code, subject: place, problem: message, next, below, exit: 'usage' }
  }
  return { code: 'E-MODEL', subject: `design '${subject.design.name}'`, exit: 'internal',
    problem: error instanceof Error ? error.message : String(error),
    next: 'this is a bug of remapcheck: please report it with the command',
    below: error instanceof ModelError ? stepsOf(error) : [] }
}
const stepsOf = ({ trace }: ModelError): string[] => (trace ?? []).map((op, i) => `${i + 1}  ${showOp(op)}`)

/** A mistake in a user's own design is theirs to mend; the message names the step, and the trace leads there. */
export function asDesignError({ design, path }: Subject, cause: unknown): unknown {
  if (path === null && !isEdited(design) || cause instanceof UserError) return cause
  const ops = cause instanceof ModelError ? cause.trace ?? [] : []
  return new UserError({
    code: 'E-DESIGN-STEP', subject: `${path === null ? '' : `${basename(path)}, `}design '${design.name}'`,
    problem: cause instanceof Error ? cause.message : String(cause),
    next: ops.length === 0
      ? `fix the step, or the protocol it is in; \`remapcheck check ${shellWord(path ?? design.name)}\` may show what `
        + 'does not work'
      : `fix the step; ${ops.length === 1 ? 'this op leads' : `these ${ops.length} ops lead`} there:`,
    below: cause instanceof ModelError ? stepsOf(cause) : [],
  })
}
