/** Mappings in columns: runs of input addresses that go to runs of output addresses. A million of them fit in some 40
 *  MB. */

/** Rights as bits, so that the AND along a walk is `&` and what several mappings give together is `|`. */
export const rights = { none: 0, read: 1, write: 2, both: 3 } as const
export const showRights = (bits: number): string => ['–', 'r', 'w', 'rw'][bits & 3]!

/** One run: addresses and size in bytes; how many leaves of 4 KiB, 2 MiB and 1 GiB it is made of. */
export interface Range {
  readonly input: number; readonly output: number; readonly bytes: number; readonly rights: number
  readonly leaves: readonly [small: number, large: number, huge: number]
}

const grown = <T extends Float64Array | Uint8Array | Uint32Array>(old: T, length: number): T => {
  const next = new (old.constructor as new (length: number) => T)(length)
  next.set(old)
  return next
}

/** Appended to in the order of inputs, which do not overlap. What continues the last run in input, output and rights
 *  joins it. */
export class RangeList {
  length = 0
  #inputs = new Float64Array(16)
  #outputs = new Float64Array(16)
  #sizes = new Float64Array(16)
  #rights = new Uint8Array(16)
  #leaves = new Uint32Array(48)

  /** `level` is that of the leaf: 1, 2 or 3. A piece of a leaf counts as the leaf unless `counts` is false. */
  append(input: number, output: number, bytes: number, bits: number, level: number, counts = true): void {
    const last = this.length - 1
    const joins = last >= 0 && this.#rights[last] === bits && this.#inputs[last]! + this.#sizes[last]! === input
      && this.#outputs[last]! + this.#sizes[last]! === output
    if (joins) this.#sizes[last]! += bytes
    else this.#push(input, output, bytes, bits)
    if (counts) this.#leaves[(this.length - 1) * 3 + level - 1]!++
  }

  #push(input: number, output: number, bytes: number, bits: number): void {
    const at = this.length++
    if (at === this.#inputs.length) {
      const room = at * 2
      this.#inputs = grown(this.#inputs, room)
      this.#outputs = grown(this.#outputs, room)
      this.#sizes = grown(this.#sizes, room)
      this.#rights = grown(this.#rights, room)
      this.#leaves = grown(this.#leaves, room * 3)
    }
    this.#inputs[at] = input
    this.#outputs[at] = output
    this.#sizes[at] = bytes
    this.#rights[at] = bits
  }

  input(i: number): number { return this.#inputs[i]! }
  output(i: number): number { return this.#outputs[i]! }
  bytes(i: number): number { return this.#sizes[i]! }
  rights(i: number): number { return this.#rights[i]! }

  at(i: number): Range {
    const leaves = this.#leaves
    return {
      input: this.#inputs[i]!, output: this.#outputs[i]!, bytes: this.#sizes[i]!, rights: this.#rights[i]!,
      leaves: [leaves[i * 3]!, leaves[i * 3 + 1]!, leaves[i * 3 + 2]!],
    }
  }
  *[Symbol.iterator](): Generator<Range> { for (let i = 0; i < this.length; i++) yield this.at(i) }

  /** Index of the run that holds an input address; -1 where none does. */
  find(input: number): number {
    let low = 0, high = this.length
    while (low < high) {
      const middle = low + high >>> 1
      if (this.#inputs[middle]! <= input) low = middle + 1
      else high = middle
    }
    const at = low - 1
    return at >= 0 && input < this.#inputs[at]! + this.#sizes[at]! ? at : -1
  }

  /** Sums over all runs. */
  totals(): { readonly bytes: number; readonly leaves: readonly [number, number, number] } {
    let bytes = 0
    const leaves: [number, number, number] = [0, 0, 0]
    for (let i = 0; i < this.length; i++) {
      bytes += this.#sizes[i]!
      for (let size = 0; size < 3; size++) leaves[size]! += this.#leaves[i * 3 + size]!
    }
    return { bytes, leaves }
  }
}
