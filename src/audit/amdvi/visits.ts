/** What entries of host tables and of guest tables mean. The rules are those of the walk in spec/amdvi (AMD 48882
 *  rev 3.05: 2.2, 2.2.3); a test holds both against each other. */
import { guestTargetOf, pageSize } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, EntryReader, PageEntry, TranslationUnit } from '../../../spec/amdvi/index.ts'
import { hardwareGeometry, inputWidth, leafSize, roundDown } from '../../../spec/iommu/geometry.ts'
import { rights } from '../ranges.ts'
import { Visit } from '../visit.ts'
import type { Below, Limits, Visited } from '../visit.ts'

export interface Source extends Visited { readonly reader: EntryReader; readonly unit: TranslationUnit }

export const bitsOf = ({ read, write }: Pick<DeviceEntry, 'read' | 'write'>): number =>
  (read ? rights.read : 0) | (write ? rights.write : 0)

export class HostVisit extends Visit {
  constructor(private readonly of: Source, limits: Limits, private readonly top: Below) { super(of, limits) }

  run(): Generator<void> { return this.descend(this.top) }

  protected entry(page: Uint32Array, table: number, index: number, level: number, input: number,
    granted: number): Below | null {
    const { reader, unit: { levels } } = this.of
    const entry = reader.pageEntry(page, 2 * index)
    const { present, nextLevel, address } = entry
    if (!present) return null
    const left = granted & bitsOf(entry), size = pageSize(entry, hardwareGeometry, level)
    const isOdd = nextLevel === 7
      && (size! <= leafSize(hardwareGeometry, level) || size! >= leafSize(hardwareGeometry, level + 1))
    if (entry.reserved || isOdd || nextLevel !== 7 && (nextLevel > levels || nextLevel >= level)) {
      this.note('reserved', table, index, level)
      return null
    }
    if (left === rights.none) return null
    if (size === null) return { address, level: nextLevel, granted: left }
    if (nextLevel === 7 && !isReplicated(page, index, size / leafSize(hardwareGeometry, level)))
      this.note('not replicated', table, index, level)
    this.#place(entry, input, leafSize(hardwareGeometry, level), size, left, level)
    return null
  }

  /** The place of one entry, of a page that may be larger. */
  #place({ address }: PageEntry, input: number, bytes: number, size: number, bits: number, level: number): void {
    const output = roundDown(address, size)
    this.leaf(input, output + input % size, bytes, bits, level)
    if (size > bytes && this.troubles.has('not replicated'))
      this.beyond.append(this.beyond.length, output, size, bits, 1)
  }
}

/** Whether all `count` places of a page hold the same entry. */
function isReplicated(page: Uint32Array, index: number, count: number): boolean {
  const first = index - index % count
  for (let at = first; at < first + count; at++)
    if (page[2 * at] !== page[2 * index] || page[2 * at + 1] !== page[2 * index + 1]) return false
  return true
}

/** Tables of the CPU's form. A request that is none of a user reads whatever is present. */
export class GuestVisit extends Visit {
  /** @param toHost takes the address of a table to host memory: null where nothing maps it. */
  constructor(private readonly of: Source, limits: Limits, private readonly top: Below,
    private readonly toHost: (address: number) => number | null) { super(of, limits) }

  run(): Generator<void> { return this.descend(this.top) }
  protected override host(address: number): number | null { return this.toHost(address) }

  protected entry(page: Uint32Array, table: number, index: number, level: number, input: number,
    granted: number): Below | null {
    const found = this.of.reader.guestPageEntry(page, 2 * index), { present, write, isPage } = found
    if (!present) return null
    const size = leafSize(hardwareGeometry, level), address = guestTargetOf(found, level, size)
    if (address === null) {
      this.note('reserved', table, index, level)
      return null
    }
    const left = granted & bitsOf({ read: true, write })
    if (left === rights.none) return null
    if (level > 1 && !isPage) return { address, level: level - 1, granted: left }
    // Canonical addresses: the upper half is at the top of 64 bits.
    const width = inputWidth(hardwareGeometry, this.top.level)
    this.leaf(input >= 2 ** (width - 1) ? input - 2 ** width + 2 ** 64 : input, address, size, left, level)
    return null
  }
}
