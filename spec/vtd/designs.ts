/** Designs that only this hardware has. */
import { replaced, without } from '../kernel/design.ts'
import type { Design } from '../kernel/design.ts'
import type { Unit } from './bounded/state.ts'
import { invalidatePage, invalidatePageByRegister, pollRegister, pollStatus, submitWait } from './steps/index.ts'

/** Strict, with the invalidation registers in place of the queue (units without QI). */
export const ring0RegisterOf = (strict: Design<Unit>): Design<Unit> => ({
  ...replaced(without(strict, 'unmap', submitWait, pollStatus), 'unmap', invalidatePage, invalidatePageByRegister,
    pollRegister),
  name: 'ring0-register', interruptsOf: 'ring0-strict',
  says: 'as ring0-strict, with register-based IOTLB invalidation in unmap',
})
