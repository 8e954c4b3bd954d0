/** The offset between the kernel's clock and that of QEMU's stamps, from order alone: a fill comes after the map of its
 *  page and before the unmap, whatever the mode of the IOMMU driver. Each such pair bounds the offset from one side. */

/** The offset is at most (`above`) or at least (`below`) `qemu_us - kernel_us`. */
export interface Bound { readonly kernel_us: number; readonly qemu_us: number }
export interface Bounds { readonly above: readonly Bound[]; readonly below: readonly Bound[] }

export interface Clock {
  /** Middle of what the bounds allow, at the first kernel event, and the rate at which it drifts. */
  readonly offset_us: number
  readonly drift_ppm: number
  /** Every rate of drift that some offset goes with. */
  readonly drift_range_ppm: readonly [number, number]
  /** Half of the widest uncertainty over the span of the kernel's events, over every allowed offset and drift. */
  readonly error_us: number
  readonly above: number
  readonly below: number
}
/** Straight lines `qemu = kernel + low or high + drift * (kernel - origin)`, one pair for each rate tried. */
interface Lane { readonly drift: number; readonly low: number; readonly high: number }
/** The earliest, the latest and the likeliest time of QEMU's stamps for a time of the kernel. */
export interface Alignment {
  readonly clock: Clock
  readonly earliest: (kernel_us: number) => number
  readonly latest: (kernel_us: number) => number
  readonly middle: (kernel_us: number) => number
}

/** Rates of drift tried between the least and the most that the bounds allow. */
const lanes = 64

/** Beyond this rate clocks of one machine do not drift apart. */
const drift_limit = 500e-6

/** Null where a side has no bound, or where no constant offset and rate satisfies all bounds. `span`: the kernel's
 *  first and last time. */
export function align({ above, below }: Bounds, [origin, last]: readonly [number, number]): Alignment | null {
  if (above.length === 0 || below.length === 0) return null
  const difference = ({ kernel_us, qemu_us }: Bound, drift: number): number =>
    qemu_us - kernel_us - drift * (kernel_us - origin)
  const lane = (drift: number): Lane => {
    let high = Infinity, low = -Infinity
    for (const bound of above) high = Math.min(high, difference(bound, drift))
    for (const bound of below) low = Math.max(low, difference(bound, drift))
    return { drift, low, high }
  }
  const slack = (drift: number): number => { const { low, high } = lane(drift); return high - low }
  const best = highest(slack, -drift_limit, drift_limit)
  if (slack(best) < 0) return null
  const from = edge(slack, best, -drift_limit), to = edge(slack, best, drift_limit)
  const all = Array.from({ length: lanes + 1 }, (_, i) => lane(from + (to - from) * i / lanes))
  const slip = (to - from) / lanes * (last - origin) // by which the true line may stick out between two lanes
  const earliest = (t: number): number => {
    let least = Infinity
    for (const { low, drift } of all) least = Math.min(least, low + drift * (t - origin))
    return t + least - slip
  }
  const latest = (t: number): number => {
    let most = -Infinity
    for (const { high, drift } of all) most = Math.max(most, high + drift * (t - origin))
    return t + most + slip
  }
  const { low, high } = lane(best)
  const error_us = Math.max(...[origin, last].map(t => latest(t) - earliest(t))) / 2
  const clock = {
    offset_us: (low + high) / 2, drift_ppm: best * 1e6, drift_range_ppm: [from * 1e6, to * 1e6] as const, error_us,
    above: above.length, below: below.length,
  }
  return { clock, earliest, latest, middle: t => t + (low + high) / 2 + best * (t - origin) }
}

/** Where a concave function is highest. */
function highest(f: (x: number) => number, low: number, high: number): number {
  for (let i = 0; i < 60; i++) {
    const a = low + (high - low) / 3, b = high - (high - low) / 3
    if (f(a) < f(b)) low = a
    else high = b
  }
  return (low + high) / 2
}
/** The farthest point from `inside` towards `limit` where a concave function is not negative. */
function edge(f: (x: number) => number, inside: number, limit: number): number {
  if (f(limit) >= 0) return limit
  for (let i = 0; i < 50; i++) {
    const middle = (inside + limit) / 2
    if (f(middle) >= 0) inside = middle
    else limit = middle
  }
  return inside
}
