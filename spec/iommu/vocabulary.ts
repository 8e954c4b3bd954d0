/** The kernel's side of an IOMMU: what protocols are written in. Each vendor fills each word with its own steps, with
 *  none where its hardware needs nothing. */
import type { Protocol } from '../step.ts'

export interface Vocabulary<U> {
  /** Store the entry that says which domain a device translates in, clear it, and write it back from the CPU cache. */
  readonly storeDevice: Protocol<U>
  readonly clearDevice: Protocol<U>
  readonly writeBackDevice: Protocol<U>
  /** Make the unit forget the entry of a device that was present, and one that was not, where the unit caches that. */
  readonly invalidateDevice: Protocol<U>
  readonly invalidateAbsentDevice: Protocol<U>
  /** Make it forget one page of a domain, and all of them. */
  readonly invalidatePage: Protocol<U>
  readonly invalidateDomain: Protocol<U>
  /** The same for what was not present before, where the unit caches that. */
  readonly invalidateAbsentPage: Protocol<U>
  readonly invalidateAbsentDomain: Protocol<U>
  /** Wait until all that was asked for before has been done; the others where only a page that was absent, or only a
   *  device that was in no domain, was asked about. */
  readonly awaitInvalidation: Protocol<U>
  readonly awaitAbsentPage: Protocol<U>
  readonly awaitAbsentDevice: Protocol<U>
  /** Push stores that no invalidation follows out to where the unit sees them. */
  readonly flushStores: Protocol<U>
  /** Store the entry of an interrupt, write it back, and make the unit forget the old one. */
  readonly storeInterrupt: Protocol<U>
  readonly writeBackInterrupt: Protocol<U>
  readonly invalidateInterrupt: Protocol<U>
  /** Build a second interrupt table, set it, make the unit forget the first, and once it has, give that back. */
  readonly buildInterruptTable: Protocol<U>
  readonly setInterruptTable: Protocol<U>
  readonly invalidateInterrupts: Protocol<U>
  readonly freeInterruptTable: Protocol<U>
}
