/** Leaves of a log, of either stage (VT-d rev 5.10, 9.7 and 9.8). The log does not say of which stage one is: that
 *  stands in the PASID entry, which it does not print. */
import { anything, entryReader, firstStageLeaf, secondStageLeaf } from '../../../spec/vtd/index.ts'
import type { Layout } from '../../../spec/vtd/index.ts'

/** No capability is known of the unit whose log this is. */
const leaves = entryReader(anything)

export const layoutOf = (level: 1 | 2 | 3, firstStage: boolean): Layout =>
  (firstStage ? firstStageLeaf : secondStageLeaf)[level]

/** The number of the page that a leaf points to, and its rights by themselves. */
export function pointed(leaf: Uint32Array, firstStage: boolean): { frame: number; read: boolean; write: boolean } {
  const { address, read, write } = leaves.secondStageEntry(leaf, 0, 1)
  if (!firstStage) return { frame: address / 4096, read, write }
  const first = leaves.firstStageEntry(leaf, 0, 1)
  return { frame: first.address / 4096, read: first.present, write: first.write }
}

/** P, U/S and A. Hardware sets A before it caches a leaf of first stage, and lets no device use one without U/S. In one
 *  of second stage the last two are X and a bit of the memory type, which are both reserved on most units. */
const used = 0b100101
const looksFirst = (leaf: Uint32Array): boolean => (leaf[0]! & used) === used

/** Which domains have tables of first stage. In legacy mode there is none. A domain keeps its stage until a PASID entry
 *  may have changed. Descriptors of type 6 do not say it: with caching mode Linux sends them for each new PASID entry,
 *  of second stage too. */
export class Stages {
  readonly #first = new Map<number, boolean>()
  #scalable: boolean | null = null

  /** Null where the log does not say. */
  mode(scalable: boolean | null): void { this.#scalable = scalable }
  forget(): void { this.#first.clear() }
  isFirst(did: number, leaf: Uint32Array): boolean {
    if (this.#scalable === false) return false
    const known = this.#first.get(did)
    if (known !== undefined) return known
    const first = looksFirst(leaf)
    this.#first.set(did, first)
    return first
  }
}
