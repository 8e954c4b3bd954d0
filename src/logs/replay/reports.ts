/** What the replay of any unit's log comes to, part by part. The vendors' folders fill these in; claims and texts
 *  read nothing else. */
import type { Dropped } from '../event.ts'
import type { Places } from '../numbers.ts'

/** Where the unit drops translations of its own accord. The manual lets hardware drop any entry at any time. */
export type Conduct = Dropped['by'] | 'reset'

export interface IotlbReport {
  readonly fills: number
  readonly hits: number
  /** Translations that looked up a context entry, as only those do that miss the IOTLB: they end in a fill,
   *  pass-through or a fault. */
  readonly misses: number
  /** Every hit is one of these four: the entry stood as filled, with other content, or not at all; or the log had not
   *  yet told of a moment at which the IOTLB was empty, so that the entry may be older than the log. */
  readonly explained: number
  readonly beforeStart: Places
  readonly otherContent: Places
  readonly unexplained: Places
  /** Fills of a page whose entry no descriptor had removed. Same content: hardware dropped the entry, as it may.
   *  Other content: the leaf was changed and not invalidated before its next use. */
  readonly refilledSame: Places
  readonly refilledChanged: Places
  /** Of the hits and fills that no entry explains those that lines which the log lacks may explain. */
  readonly doubtful: Places
  /** Hits of entries that were filled before a descriptor whose words the log lacks: it may have removed them. */
  readonly afterUnseen: Places
  readonly byDomain: readonly { readonly did: number; readonly fills: number; readonly hits: number }[]
  readonly removed: Readonly<Record<'global' | 'domain' | 'pasid' | 'page', number>>
  /** Of those the ones that went by a flush that comes with another table of a device. */
  readonly detached: number
  readonly emptied: readonly { readonly conduct: Conduct; readonly line: number; readonly entries: number }[]
  readonly largest: number
  readonly left: number
  /** Translations of a leaf filled or hit, and those of them whose host address is not the one that the leaf says. */
  readonly translated: number
  readonly addressDiffers: Places
}

export interface ContextReport {
  readonly fills: number
  readonly hits: number
  readonly explained: number
  readonly unexplained: Places
  /** Hits of entries that may be older than the log. */
  readonly beforeStart: Places
  /** Entries fetched with other content while no descriptor had removed the old one. */
  readonly refilledChanged: Places
  /** Of the hits and fetches that no entry explains those that lines which the log lacks may explain. */
  readonly doubtful: Places
  /** Entries of the PASID table. */
  readonly pasids: PasidReport
  readonly notPresent: number
  readonly passThrough: number
}

export interface PasidReport {
  /** Fills that used an entry with another domain while no descriptor had removed the one before. */
  readonly changed: Places
  /** Descriptors that took entries out, and fetches whose words the log lacks, which may have. */
  readonly invalidations: number
}

/** What table 28 and caching mode ask for: an entry that was present needs an invalidation; one that was not needs it
 *  only with CM=1. */
export type IrteRule = 'was present: invalidation needed' | 'was not present: needed only with CM=1'

export interface IrteChange {
  readonly index: number
  /** The last read of the old content, and the first of the new. */
  readonly oldLine: number
  readonly newLine: number
  readonly from: string
  readonly to: string
  readonly rule: IrteRule
  /** The last covering invalidation between the two reads, and the wait that completed after it; null where there was
   *  none. */
  readonly iecLine: number | null
  readonly waitLine: number | null
}

/** A change that was read before its invalidation was complete, as it may be between the store and that. */
export interface IrteWindow {
  readonly index: number
  /** The first read of the new content, and the wait after the invalidation. */
  readonly newLine: number
  readonly waitLine: number
  /** Between the two; 0 in a log without stamps. */
  readonly open_us: number
}

export interface IrteReport {
  readonly reads: number
  readonly entries: number
  readonly changes: number
  /** Of the changes those that need no invalidation, or have one and its wait. */
  readonly invalidated: number
  /** Of those the ones that were read before, and the longest that one was open. */
  readonly early: Places
  readonly longest: IrteWindow | null
  /** Without an invalidation where the log lacks lines, or ends before one could have come. */
  readonly doubtful: Places
  readonly ending: Places
  readonly missed: readonly IrteChange[]
  readonly sample: readonly IrteChange[]
  /** Reads of an entry that is not present, or with a reserved bit set. */
  readonly odd: Places
  /** Entries that admit an interrupt from any device: lines of the first read, and the indices of the first few. */
  readonly anySource: Places & { readonly indices: readonly number[] }
  /** Which half the log prints as `low`: found by decoding, as one order makes no valid entry. */
  readonly halves: 'as printed' | 'swapped' | 'undecided'
  /** Entries that decode only in the other order than the one taken. */
  readonly halvesDisputed: number
  /** Interrupts remapped by an entry read just before, and those of them whose vector, trigger, delivery, destination
   *  or its mode is not that of the entry. */
  readonly remapped: number
  readonly remapDiffers: Places
}

export interface QueueReport {
  /** What the manual of the unit calls the ring, and what is in it. */
  readonly ring: 'queue' | 'command buffer'
  readonly entry: 'descriptor' | 'command'
  readonly submissions: number
  readonly descriptors: number
  readonly byKind: readonly { readonly kind: string; readonly count: number }[]
  readonly waits: number
  /** Waits whose status was written. */
  readonly completed: number
  /** How many descriptors stood before a wait since the one before it, and how often. */
  readonly perWait: readonly { readonly descriptors: number; readonly waits: number }[]
  /** Submissions whose last entry is not a wait: whoever rang the tail did not ask when it is done. */
  readonly withoutWait: Places
  /** Tails that lie behind the ring: not one of its entries. */
  readonly beyond: Places
  /** Entries fetched without a line for them: QEMU 7.2 prints none for types 6 and 7. */
  readonly unseen: Places
  /** An entry was skipped or not reached: the log lacks lines. */
  readonly gaps: Places
  /** An entry whose words and the unit's own words for it differ, or that lacks the latter. */
  readonly disagreeing: Places
  readonly undecoded: readonly { readonly line: number; readonly why: string }[]
}

export interface Command { readonly line: number; readonly commands: readonly string[] }

/** A new table pointer, and whether the caches were flushed and waited for before the table was put to use. */
export interface PointerSet {
  readonly pointer: 'root table' | 'interrupt table'
  readonly line: number
  /** The table's host address. */
  readonly address: number
  /** Where TE or IRE was set after it; null where it was not. */
  readonly usedLine: number | null
  readonly missing: readonly string[]
  /** The log lacks lines between the two. */
  readonly doubtful: boolean
}

export interface RegisterReport {
  /** `fields`: those that were not 0 in some write. */
  readonly writes: readonly { readonly register: string; readonly count: number; readonly fields: readonly string[] }[]
  readonly reads: readonly { readonly register: string; readonly count: number }[]
  readonly commands: readonly Command[]
  /** Writes of GCMD that ask for more than one thing. */
  readonly several: Places
  readonly pointers: readonly PointerSet[]
  readonly mode: 'legacy' | 'scalable' | null
  readonly remapping: readonly { readonly line: number; readonly what: 'DMA' | 'interrupt'; readonly on: boolean }[]
}

export interface FaultGroup {
  readonly reason: number
  /** The manual's name for the condition, such as 'LGN.3'; null for a code the manual does not list. */
  readonly condition: string | null
  readonly says: string
  /** Null where the log does not say. */
  readonly sid: number | null
  readonly write: boolean | null
  readonly places: Places
}

export interface FaultReport {
  readonly total: number
  readonly groups: readonly FaultGroup[]
  /** Lines of records written to FRCD; the others were dropped or compressed. */
  readonly recorded: Places
  /** QEMU's own words on stderr: each once a run, so that they say that something was refused and not how often. */
  readonly complaints: readonly { readonly line: number; readonly says: string; readonly isRefusal: boolean }[]
  /** Each device and page that was refused, with its first line: the first of them, where the log says both. */
  readonly refused: readonly FaultAt[]
  /** Of all faults those whose device or page the log does not say. */
  readonly unplaced: number
}

/** A request that was refused, and the page that it asked for. */
export interface FaultAt { readonly sid: number; readonly page: number; readonly line: number }

/** Pages with faults that are kept; what lies beyond is counted alone. */
export const mostPages = 1000
