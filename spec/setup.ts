/** What one machine is made of, worked out once: bounds, the ids within them, what the hardware can do, and what of it
 *  the design uses. */
import { capsOf } from './bounds.ts'
import type { Bounds, Caps } from './bounds.ts'
import { idsOf } from './ids.ts'
import type { Ids } from './ids.ts'
import type { KernelShape } from './state.ts'
import type { Design } from './kernel/design.ts'

/** What of the unit software uses; the rest has no actions. */
export interface Use {
  readonly dma: boolean
  readonly interrupts: boolean
  /** Tags of the steps that the design's calls take within the bounds. */
  readonly tags: ReadonlySet<string>
}

export interface Setup {
  readonly bounds: Bounds
  readonly ids: Ids
  readonly caps: Caps
  readonly use: Use
  readonly kernel: KernelShape
  readonly design: Pick<Design, 'remapsDma' | 'remapsInterrupts' | 'verifiesSource' | 'blocksUnremapped'
    | 'wideDestinations' | 'interruptTables' | 'postsInterrupts' | 'userDrivers'>
}

export const setupOf = (design: Design, bounds: Bounds, kernel: KernelShape, tags: ReadonlySet<string>): Setup =>
  ({ bounds, ids: idsOf(bounds), caps: capsOf(bounds), kernel,
    use: { dma: design.remapsDma, interrupts: design.remapsInterrupts, tags }, design })
