/** Whether there is a QEMU to test with, and what the tests share. */
import { UserError } from '../../src/errors.ts'
import { findQemu } from '../../src/qemu/find.ts'

function reason(): UserError | null {
  try {
    findQemu()
    return null
  } catch (cause) {
    if (cause instanceof UserError) return cause
    throw cause
  }
}
/** Why there is none; null where there is. Every suite with QEMU is a `describe.skipIf(absent !== null)`. */
export const absent = reason()

/** The error that a promise is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const cause: unknown = await promise.then(() => null, (found: unknown) => found)
  if (cause instanceof UserError) return cause
  throw new Error(`no UserError: ${String(cause)}`)
}
