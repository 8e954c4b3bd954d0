/** Whether there is a QEMU to test with, and what the tests share. */
import { UserError } from '../../src/errors.ts'
import { findQemu, oldest } from '../../src/qemu/find.ts'
import type { Version } from '../../src/qemu/find.ts'

function found(): Version | UserError {
  try { return findQemu().version } catch (cause) {
    if (cause instanceof UserError) return cause
    throw cause
  }
}
const here = found()
/** Why there is none; null where there is. Every suite with QEMU is a `describe.skipIf(absent !== null)`. */
export const absent = here instanceof UserError ? here : null
/** Of the QEMU; the oldest where there is none. */
export const version = here instanceof UserError ? oldest : here

/** The error that a promise is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const cause: unknown = await promise.then(() => null, (found: unknown) => found)
  if (cause instanceof UserError) return cause
  throw new Error(`no UserError: ${String(cause)}`)
}
