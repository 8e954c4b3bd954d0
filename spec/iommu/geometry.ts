/** How addresses split into the indices of page tables: arithmetic that walkers of every vendor share. */

/** How an address splits: `levelBits` of index per level above `pageShift` bits of offset. */
export interface Geometry { readonly levelBits: number; readonly pageShift: number }

/** 512 entries a table, pages of 4096 bytes. */
export const hardwareGeometry: Geometry = { levelBits: 9, pageShift: 12 }

/** 2^0 to 2^127, and their inverses: a walk asks for several of them at each level. */
export const powersOfTwo = Float64Array.from({ length: 128 }, (_, n) => 2 ** n)
const inversesOfTwo = powersOfTwo.map(power => 1 / power)

/** What a leaf at `level` maps, in address units; level 1 is a small page. */
export const leafSize = (g: Geometry, level: number): number => powersOfTwo[g.pageShift + (level - 1) * g.levelBits]!
/** Width in bits of the input of a table with `levels` levels: 39, 48 and 57 for 3, 4 and 5 levels of hardware. */
export const inputWidth = (g: Geometry, levels: number): number => g.pageShift + levels * g.levelBits
export function indexAt(g: Geometry, address: number, level: number): number {
  const above = Math.floor(address * inversesOfTwo[g.pageShift + (level - 1) * g.levelBits]!)
  return above - Math.floor(above * inversesOfTwo[g.levelBits]!) * powersOfTwo[g.levelBits]!
}
/** `size` is a power of two, which makes the division exact. */
export const roundDown = (address: number, size: number): number => Math.floor(address / size) * size
