/** Finds the lines of a log between which a dump of memory was made: where the invalidation queue held just what the
 *  dump shows of it.
 *  The queue is a ring, so that its content names a moment (VT-d rev 5.10, 6.5.2). */
import type { PhysicalMemory } from '../../../spec/iommu/image.ts'
import { decode, descriptorType, registers } from '../../../spec/vtd/index.ts'
import type { Dwords } from '../../../spec/vtd/index.ts'
import type { Interval } from '../tables/agreement.ts'

/** Of a slot, whose dump is 0 until something was put into it. */
type Slot = 'same' | 'other'

export class Placing {
  /** Slots that the dump holds, four dwords each: of an entry of 256 bits the lower half, which is all that the log
   *  prints. */
  readonly #slots = new Map<number, Uint32Array>()
  readonly #seen = new Map<number, Slot>()
  /** Slots whose content is not yet, or no longer, that of the dump. */
  #open = 0
  #slot = -1
  /** The last line that told of the queue, and of those the last before the youngest submission. */
  #line = 0
  #before = 0
  #found: { from: number; until: number | null } | null = null

  readonly #memory: PhysicalMemory

  /** @param iqa the register as the dump has it, of two dwords; null where it does not say.
   *  @param scalable the mode at the time of the dump: it has descriptors of 256 bits, whatever DW reads. */
  constructor(memory: PhysicalMemory, iqa: Dwords | null, scalable: boolean) {
    this.#memory = memory
    if (iqa !== null) this.setup(iqa, scalable)
  }

  /** Where the queue is. What the log shows to be written counts: QEMU 7.2 reads DW back as 0. */
  setup(iqa: Dwords, scalable = false): void {
    const { IQA, QS, DW } = decode(registers.IQA.layout, iqa)
    const dwords = scalable || DW === 1 ? 8 : 4
    this.#slots.clear()
    this.#seen.clear()
    this.#open = 0
    this.#found = null
    for (let slot = 0; slot < 2 ** QS * 1024 / dwords; slot++) {
      const page = this.#memory.page(IQA + Math.floor(slot * dwords / 1024))
      if (page === undefined) continue
      const words = page.slice(slot * dwords % 1024, slot * dwords % 1024 + 4)
      this.#slots.set(slot, words)
      if (words.some(word => word !== 0)) this.#open++
    }
  }

  tail(line: number): void {
    this.#close(line)
    this.#before = this.#line
    this.#line = line
  }

  /** An entry was fetched. QEMU prints no words of types 6 and 7: such a one is what the dump shows, if that has such a
   *  type. */
  fetched(slot: number, line: number): void {
    this.#line = line
    this.#slot = slot
    const words = this.#slots.get(slot)
    if (words !== undefined) this.#see(slot, [6, 7].includes(descriptorType(words)))
  }

  entry(words: Uint32Array, line: number): void {
    this.#line = line
    const dump = this.#slots.get(this.#slot)
    if (dump !== undefined) this.#see(this.#slot, words.every((word, i) => word === dump[i]))
  }

  /** Null where the queue never was as the dump has it. Told after the last line; where the content fits at several
   *  places, the interval has all of them. */
  interval(lines: number): Interval | null {
    this.#close(null)
    return this.#found && { from: this.#found.from, until: this.#found.until ?? lines + 1,
      ends: this.#found.until === null }
  }

  /** Entries may stand in the ring for a while before the tail is rung: the moment may lie before the youngest
   *  submission. */
  #close(until: number | null): void {
    if (this.#open === 0 && this.#seen.size > 0) this.#found = { from: this.#found?.from ?? this.#before, until }
  }

  #see(slot: number, isSame: boolean): void {
    const before = this.#seen.get(slot)
    const wasOpen = before === undefined ? this.#slots.get(slot)!.some(word => word !== 0) : before === 'other'
    this.#seen.set(slot, isSame ? 'same' : 'other')
    if (wasOpen !== !isSame) this.#open += isSame ? -1 : 1
  }
}
