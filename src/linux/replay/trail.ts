/** What of a log is kept for pairing it with the kernel's own events. Only filled when there are such events to pair. */
import type { ContextCacheInvalidation, Descriptor, IecInvalidation, IotlbInvalidation } from '../../../spec/vtd/invalidation.ts'

export type Invalidation = ContextCacheInvalidation | IotlbInvalidation | IecInvalidation
export const isInvalidation = (d: Descriptor): d is Invalidation => d.type !== 'wait'

/** Where in the log something stands: line number, and microseconds since the first stamp (0 in a log without stamps). */
export interface At { readonly line: number; readonly time_us: number }

/** A stay in the IOTLB: filled `from`, removed at line `until` (null: never). Pages of 4 KiB. `hits` are where it was hit. */
export interface Stay {
  readonly from: At
  readonly did: number; readonly page: number
  pages: number
  frame: number
  hits: At[]
  until: number | null
}
export interface IotlbCommand extends At { readonly descriptor: IotlbInvalidation }

export interface Trail {
  readonly stays: Stay[]
  readonly commands: IotlbCommand[]
  /** How much was offered; beyond `trailLimit` nothing more is kept, and pairing would be unsound. */
  offered: number
}
/** About 100 bytes each. */
export const trailLimit = 2_000_000
export const newTrail = (): Trail => ({ stays: [], commands: [], offered: 0 })
export const overflowed = (trail: Trail): boolean => trail.offered > trailLimit

export function keep<T>(trail: Trail, list: T[], item: T): void {
  if (trail.offered++ < trailLimit) list.push(item)
}
