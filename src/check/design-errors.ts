/** Whose mistake it is: what fails in a user's design is reported as theirs, what fails in a built-in one is ours. */
import { basename } from 'node:path'
import { suggest, UserError } from '../errors.ts'
import { ModelError, NoSuchPart, showOp } from '../model/index.ts'
import { shellWord } from '../text/shell.ts'
import { excerpt, placeOfError, placeOfText, shownAt } from './place.ts'
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

/** A mistake in a user's own design is theirs to mend; the message names the step and its place, and the trace leads
 *  there. */
export function asDesignError({ design, path, claimsPath }: Subject, cause: unknown): unknown {
  if (path === null && claimsPath === undefined && !isEdited(design) || cause instanceof UserError) return cause
  const ops = cause instanceof ModelError ? cause.trace ?? [] : []
  const place = path === null ? null : placeOfError(cause, path) ?? placeOfStep(path, ops.at(-1)?.action)
  return new UserError({
    code: 'E-DESIGN-STEP',
    subject: `${path === null ? '' : `${basename(shownAt(path, place))}, `}design '${design.name}'`,
    problem: (cause instanceof Error ? cause.message : String(cause)) + meantBy(cause),
    next: ops.length === 0
      ? `fix the step, or the protocol it is in; \`remapcheck check ${shellWord(path ?? design.name)}\` may show what `
        + 'does not work'
      : `fix the step; ${ops.length === 1 ? 'this op leads' : `these ${ops.length} ops lead`} there:`,
    below: [...cause instanceof ModelError ? stepsOf(cause) : [], ...excerpt(place)],
  })
}

/** What no line threw, such as a value that is outside its domain, is the step's that took it there. */
function placeOfStep(path: string, action = ''): ReturnType<typeof placeOfText> {
  const step = /\/([\w-]+)/.exec(action)?.[1]
  return step === undefined ? null : placeOfText(path, new RegExp(`(?<=name: *['"\`])${step}(?=['"\`])`))
}

/** Of a part that there is not: the one that is likely meant. */
function meantBy(cause: unknown): string {
  const unknown = causesOf(cause).find(one => one instanceof NoSuchPart)
  return unknown === undefined || unknown.known.length === 0 ? ''
    : `; ${suggest(unknown.part, unknown.known, `there are ${unknown.known.join(', ')}`)}`
}

/** The error, and those that caused it. */
function causesOf(cause: unknown): unknown[] {
  return cause instanceof Error ? [cause, ...causesOf(cause.cause)] : []
}
