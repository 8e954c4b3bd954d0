/** Trace events of other parts of QEMU in the log of a unit: well formed, and left. What may be the rest of a torn line
 *  of the unit's is none. */

const eventName = /^[a-z][a-z0-9]*_[a-z0-9_]*$/
/** Of IOMMUs: one of another unit makes a log mixed. */
const ofIommu = /^(?:vtd|amdvi|smmu|smmuv3|riscv_iommu|virtio_iommu)_/
/** Names that are counted one by one. */
const most = 200

export class OtherEvents {
  readonly #names = new Map<string, boolean>()
  readonly #prefix: string
  /** Every name of the unit's events without its beginning. */
  readonly #torn: ReadonlySet<string>

  /** @param prefix what names of the unit's own events begin with; `own` are those that are known. */
  constructor(prefix: string, own: Iterable<string>) {
    this.#prefix = prefix
    this.#torn = new Set([...own].flatMap(name =>
      Array.from({ length: name.length - 4 }, (_, i) => name.slice(i + 1))))
  }

  /** The name that it is counted by; null where the line is none. `body`: without its stamp. */
  nameOf(name: string, body: string): string | null {
    let isOther = this.#names.get(name)
    if (isOther === undefined) {
      isOther = eventName.test(name) && !ofIommu.test(name) && !this.#torn.has(name)
      if (this.#names.size < most) this.#names.set(name, isOther)
      else if (isOther) return body.includes(this.#prefix) ? null : 'other events'
    }
    return isOther && !body.includes(this.#prefix) ? name : null
  }
}
export const looksNamed = (name: string): boolean => eventName.test(name)
