/** The kernel's steps on an AMD IOMMU, and the words of the vocabulary that they fill. */
import type { Vocabulary } from '../../iommu/vocabulary.ts'
import type { Unit } from '../bounded/state.ts'
import * as commands from './commands.ts'
import * as device from './device.ts'
import * as interrupt from './interrupt.ts'

export * from './commands.ts'
export {
  blockDte, clearTv, passDte, storeDte, storeDteDomainId, storeDteRoot, writeBackDte, zeroDte,
} from './device.ts'
export * from './interrupt.ts'

const forgetDevice = [commands.invalidateDevtabEntry, commands.fenceCommands]

/** No store waits anywhere but in a CPU cache, so there is nothing to flush; and a device that was in no domain has
 *  left no translation behind. */
export const amdviVocabulary: Vocabulary<Unit> = {
  storeDevice: [device.storeDte], clearDevice: [device.blockDte], writeBackDevice: [device.writeBackDte],
  invalidateDevice: forgetDevice, invalidateAbsentDevice: [commands.invalidateDevtabEntry],
  invalidatePage: [commands.invalidateIommuPages], invalidateDomain: [commands.invalidateAllPages],
  invalidateAbsentPage: [commands.invalidateIfNpCache], invalidateAbsentDomain: [],
  awaitInvalidation: commands.awaitCompletion, awaitAbsentPage: commands.awaitIfNpCache,
  awaitAbsentDevice: commands.awaitCompletion, flushStores: [],
  storeInterrupt: [interrupt.exchangeIrte], writeBackInterrupt: [interrupt.writeBackInterruptEntry],
  invalidateInterrupt: [commands.invalidateInterruptTable],
  buildInterruptTable: [interrupt.buildIrt], setInterruptTable: [interrupt.storeIntTabRoot, device.writeBackDte],
  invalidateInterrupts: [...forgetDevice, commands.invalidateInterruptTable],
  freeInterruptTable: [interrupt.freeIrt],
}
