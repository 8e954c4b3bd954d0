/** What is wrong with a dump: never a stack. */
import { UserError } from '../errors.ts'

export const dumpError = (code: string, subject: string, problem: string, next: string): UserError =>
  new UserError({ code: `E-DUMP-${code}`, subject, problem, next })
