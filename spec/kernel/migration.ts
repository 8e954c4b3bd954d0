/** Protocols that move an interrupt to another CPU and vector; any design may use either. */
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { Design, ProtocolSource } from './design.ts'
import {
  awaitOldVectorIdle, claimVector, lockInterruptTable, maskSource, readBackSource, releaseOldVector,
  unlockInterruptTable, unmaskSource, writeMessageAddress, writeMessageData,
} from './steps/index.ts'

/** The source never learns of it: only the remapping entry changes (VT-d 5.1; Linux with interrupt remapping). */
export const irteUpdateOn = <U>(v: Vocabulary<U>): ProtocolSource<U> =>
  [claimVector, v.storeInterrupt, v.writeBackInterrupt, v.invalidateInterrupt, v.awaitInvalidation, awaitOldVectorIdle,
    releaseOldVector]

/** A whole new table, as a kernel that takes over from another has to do; afterwards everything cached is stale. */
export const tableSwitchOn = <U>(v: Vocabulary<U>): ProtocolSource<U> =>
  [claimVector, lockInterruptTable, v.buildInterruptTable, v.flushStores, v.setInterruptTable, v.invalidateInterrupts,
    v.awaitInvalidation, v.freeInterruptTable, unlockInterruptTable,
    awaitOldVectorIdle, releaseOldVector]

/** The message registers of the source, under its mask bit. */
export const sourceMasked: ProtocolSource<unknown> =
  [claimVector, maskSource, writeMessageAddress, writeMessageData, readBackSource, unmaskSource, awaitOldVectorIdle,
    releaseOldVector]

/** The same for a source that has no mask bit: between the two writes its messages go to neither place. */
export const sourceUnmasked: ProtocolSource<unknown> =
  [claimVector, writeMessageAddress, writeMessageData, readBackSource, awaitOldVectorIdle, releaseOldVector]

export interface Migration {
  readonly name: string
  readonly says: string
  readonly apply: <U>(design: Design<U>, v: Vocabulary<U>) => Design<U>
}

const bySource = (name: string, says: string, protocol: ProtocolSource<unknown>,
  givesUp: Design['givesUp']): Migration => ({
  name, says,
  apply: design => ({
    ...design, memoryOf: design.name, interruptsOf: null, name: `${design.name}+${name}`,
    says: `${design.says}; ${says}`, remapsInterrupts: false,
    givesUp: { ...design.givesUp,
      'no-forged-interrupt': 'without interrupt remapping any device can send any vector to any CPU', ...givesUp },
    protocols: { ...design.protocols, migrateInterrupt: protocol.flat() },
  }),
})

/** `DESIGN+NAME` on the command line. */
export const migrations: readonly Migration[] = [
  bySource('source-masked', 'interrupts move by reprogramming the source under its mask bit', sourceMasked, {}),
  bySource('source-unmasked', 'interrupts move by reprogramming a source without mask bit', sourceUnmasked, {
    'no-lost-edge': 'a message sent between the address and the data write names a place where no handler waits',
    'no-misdelivery': 'such a message may name the vector of another device',
  }),
  {
    name: 'table-switch', says: 'interrupts move by building a second table and switching to it',
    apply: (design, v) => ({
      ...design, memoryOf: design.name, interruptsOf: null, name: `${design.name}+table-switch`,
      says: `${design.says}; interrupts move by switching to a second table`, interruptTables: 2,
      protocols: { ...design.protocols, migrateInterrupt: tableSwitchOn(v).flat() },
    }),
  },
]
