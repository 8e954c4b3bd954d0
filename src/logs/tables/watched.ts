/** A dump of memory that tells whether a page was asked for that it does not have. */
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'

export class WatchedMemory implements PhysicalMemory {
  isMissing = false
  readonly #memory: PhysicalMemory
  constructor(memory: PhysicalMemory) { this.#memory = memory }

  page(number: number): Uint32Array | undefined {
    const page = this.#memory.page(number)
    if (page === undefined) this.isMissing = true
    return page
  }
}
