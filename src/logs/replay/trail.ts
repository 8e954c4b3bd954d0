/** What of a log is kept for holding it against something else: the kernel's own events, a dump of memory. Only filled
 *  where there is one. */
import type {
  ContextCacheInvalidation, IecInvalidation, PasidCacheInvalidation, TranslationInvalidation,
} from '../../../spec/vtd/index.ts'
import type { At } from '../event.ts'

/** A stay in the IOTLB: filled `from`, removed at line `until` (null: never). Pages of 4 KiB. `hits` are where it was
 *  hit. */
export interface Stay {
  readonly from: At
  readonly sid: number
  /** The leaf as it was fetched. */
  readonly leaf: Uint32Array
  readonly did: number; readonly pasid: number; readonly firstStage: boolean; readonly page: number
  pages: number
  frame: number
  hits: At[]
  until: number | null
}
export interface IotlbCommand extends At { readonly descriptor: TranslationInvalidation }
/** A stay in the context cache, removed at line `until` (null: never). `words`: the lowest four dwords, which is all
 *  that the log prints. */
export interface ContextStay {
  readonly line: number
  readonly sid: number
  readonly words: Uint32Array
  until: number | null
}
/** A translation that passed through, of the page at `address`. */
export interface PassThrough { readonly line: number; readonly sid: number; readonly address: number }
/** The same content of an interrupt entry, read at these lines one after the other. Four dwords. */
export interface IrteSpan { readonly index: number; readonly words: Uint32Array; readonly reads: number[] }
export interface OtherCommand {
  readonly line: number
  readonly descriptor: ContextCacheInvalidation | IecInvalidation | PasidCacheInvalidation
}

/** A descriptor that is no wait: its line, and its lowest four dwords; null where the log lacks them. */
export interface Sent extends At { readonly words: Uint32Array | null }

/** How much was offered; beyond `trailLimit` nothing more is kept, and what rests on it would be unsound. */
export interface Kept { offered: number }
/** Of the IOTLB. */
export interface Trail extends Kept {
  readonly stays: Stay[]
  readonly commands: IotlbCommand[]
  readonly sent: Sent[]
}
/** Of everything else that a dump of the tables can be held against. */
export interface TableTrail extends Kept {
  readonly contexts: ContextStay[]
  readonly passed: PassThrough[]
  readonly irtes: IrteSpan[]
  readonly others: OtherCommand[]
}
/** About 100 bytes each. */
export const trailLimit = 2_000_000
export const newTrail = (): Trail => ({ stays: [], commands: [], sent: [], offered: 0 })
export const newTableTrail = (): TableTrail => ({ contexts: [], passed: [], irtes: [], others: [], offered: 0 })
export const overflowed = ({ offered }: Kept): boolean => offered > trailLimit

export function keep<T>(kept: Kept, list: T[], item: T): void {
  if (kept.offered++ < trailLimit) list.push(item)
}
