/** Which bits of a device table entry QEMU takes for reserved, whatever its unit says that it has: found by trying
 *  each.
 *  One that is set refuses DMA and interrupts alike, whatever V and IV are. */
import { atLeast } from '../../find.ts'
import type { Version } from '../../find.ts'

type Range = readonly [high: number, low: number]
const before10: readonly Range[] = [[6, 2], [63, 63], [181, 180], [206, 192], [245, 240]]
const from10: readonly Range[] = [[7, 2], [53, 52], [63, 63], [72, 72], [183, 180], [187, 187], [255, 192]]

export const refusesDevice = (version: Version, words: ArrayLike<number>): boolean =>
  (atLeast(version, 10) ? from10 : before10).some(([high, low]) =>
    Array.from({ length: high - low + 1 }, (_, i) => low + i).some(bit => (words[bit >>> 5]! >>> (bit & 31) & 1) === 1))
