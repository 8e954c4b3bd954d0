/** Trace events of other parts of QEMU in the log of a unit: well formed, and left. What may be the rest of a torn line
 *  of the unit's is none. */
import { events, ofUnit } from './qemu-vtd-events.ts'

const eventName = /^[a-z][a-z0-9]*_[a-z0-9_]*$/
/** Of other IOMMUs: such a log is mixed. */
const ofOther = /^(?:amdvi|smmu|smmuv3|riscv_iommu|virtio_iommu)_/
/** Names that are counted one by one. */
const most = 200

/** Every name of the unit's events without its beginning. */
const torn: ReadonlySet<string> = new Set([...events.keys()]
  .flatMap(name => Array.from({ length: name.length - 4 }, (_, i) => name.slice(i + 1))))

export class OtherEvents {
  readonly #names = new Map<string, boolean>()

  /** The name that it is counted by; null where the line is none. `body`: without its stamp. */
  nameOf(name: string, body: string): string | null {
    let isOther = this.#names.get(name)
    if (isOther === undefined) {
      isOther = eventName.test(name) && !ofUnit.test(name) && !ofOther.test(name) && !torn.has(name)
      if (this.#names.size < most) this.#names.set(name, isOther)
      else if (isOther) return body.includes('vtd_') ? null : 'other events'
    }
    return isOther && !body.includes('vtd_') ? name : null
  }
}
export const looksNamed = (name: string): boolean => eventName.test(name)
