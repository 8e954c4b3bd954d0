/** Small sums of the log checks: places, counts, medians. */

/** Lines where something happened: how often, and the first few. */
export interface Places { count: number; lines: number[] }
export const placesKept = 20
export const noPlaces = (): Places => ({ count: 0, lines: [] })
export function note(places: Places, line: number): void {
  places.count++
  if (places.lines.length < placesKept) places.lines.push(line)
}

export function count<K>(counts: Map<K, number>, key: K, by = 1): void { counts.set(key, (counts.get(key) ?? 0) + by) }

/** The element below which a share of a sorted list lies; null of an empty list. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.floor(share * (sorted.length - 1))]!
}
export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

/** The first index whose element is not below `value`, in a sorted list of `length` elements. */
export function firstAtLeast(length: number, at: (i: number) => number, value: number): number {
  let low = 0, high = length
  while (low < high) {
    const middle = low + high >>> 1
    if (at(middle) < value) low = middle + 1
    else high = middle
  }
  return low
}
/** `1,234` */
export const thousands = (value: number): string => value.toLocaleString('en-US')

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
/** A source-id as bus:device.function, `00:1f.3`. */
export const bdf = (sid: number): string => `${hex(sid >> 8, 2)}:${hex(sid >> 3 & 31, 2)}.${sid & 7}`
