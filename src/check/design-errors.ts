/** Whose mistake it is: what fails in a user's design is reported as theirs, what fails in a built-in one is ours. */
import { basename } from 'node:path'
import { suggest, UserError } from '../errors.ts'
import { ModelError, NoSuchPart, showOp } from '../model/index.ts'
import { shellWord } from '../text/shell.ts'
import { excerpt, placeOfError, placeOfText, shownAt } from './place.ts'
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

/** A mistake in a user's own design is theirs to mend; the message names the step and its place, and the trace leads
 *  there. */
export function asDesignError({ design, path }: Subject, cause: unknown): unknown {
  if (path === null || cause instanceof UserError) return cause
  const ops = cause instanceof ModelError ? cause.trace ?? [] : []
  // What no line threw, such as a value that is outside its domain, is the step's that took it there.
  const step = /\/([\w-]+)/.exec(ops.at(-1)?.action ?? '')?.[1]
  const place = placeOfError(cause, path)
    ?? (step === undefined ? null : placeOfText(path, new RegExp(`(?<=name: *['"\`])${step}(?=['"\`])`)))
  const unknown = causesOf(cause).find(one => one instanceof NoSuchPart)
  const meant = unknown === undefined || unknown.known.length === 0 ? ''
    : `; ${suggest(unknown.part, unknown.known, `there are ${unknown.known.join(', ')}`)}`
  return new UserError({
    code: 'E-DESIGN-STEP', subject: `${basename(shownAt(path, place))}, design '${design.name}'`,
    problem: (cause instanceof Error ? cause.message : String(cause)) + meant,
    next: ops.length === 0
      ? `fix the step, or the protocol it is in; \`remapcheck check ${shellWord(path)}\` may show what does not work`
      : `fix the step; ${ops.length === 1 ? 'this op leads' : `these ${ops.length} ops lead`} there:`,
    below: [...ops.map((op, i) => `${i + 1}  ${showOp(op)}`), ...excerpt(place)],
  })
}

/** The error, and those that caused it. */
function causesOf(cause: unknown): unknown[] {
  return cause instanceof Error ? [cause, ...causesOf(cause.cause)] : []
}
