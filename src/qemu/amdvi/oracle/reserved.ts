/** Which bits of a device table entry QEMU takes for reserved, whatever its unit says that it has: seen by trying each. */
import { atLeast } from '../../find.ts'
import type { Version } from '../../find.ts'

const before10 = [2, 3, 4, 5, 6, 63] as const
const from10 = [...before10, 7, 52, 53, 72] as const
export const refusesDevice = (version: Version, words: ArrayLike<number>): boolean =>
  (atLeast(version, 10) ? from10 : before10).some(bit => (words[bit >>> 5]! >>> (bit & 31) & 1) === 1)
