/** Designs that only this hardware has. */
import { replaced } from '../kernel/design.ts'
import type { Design } from '../kernel/design.ts'
import type { Unit } from './bounded/state.ts'
import { blockDte, clearTv, storeDte, storeDteDomainId, storeDteRoot } from './steps/index.ts'

/** Strict, on a CPU without a store of 128 bits: TV goes first and comes last, and the fields move in between. */
export const ring0WordsOf = (strict: Design<Unit>): Design<Unit> => ({
  ...replaced(replaced(strict, 'attach', storeDte, storeDteDomainId, storeDteRoot), 'detach', blockDte, clearTv),
  name: 'ring0-words', interruptsOf: 'ring0-strict',
  says: 'as ring0-strict, with the device table entry stored in words of 64 bits, TV=0 while they change',
})
