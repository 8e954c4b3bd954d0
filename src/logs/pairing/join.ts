/** Joins the kernel's log with that of the unit descriptor by descriptor: both have the words of each, in the order of
 *  the queue, so that no clock is needed (`intel_iommu:qi_submit`, Linux 5.12 and later). */
import { sameWords } from '../dwords.ts'
import type { KernelAt, KernelEvent, SubmitEvent } from '../event.ts'
import { firstAtLeast } from '../numbers.ts'
import type { Sent } from '../replay/trail.ts'
import type { Bracket } from './brackets.ts'

/** Of one unit: each descriptor that the kernel recorded, with its line in the log of the unit. */
export interface Joined {
  readonly submits: readonly SubmitEvent[]
  readonly lines: readonly number[]
  /** By the clock of the unit's log. */
  readonly times_us: readonly number[]
}

/** Comparisons made at most: logs that repeat themselves for ever are not joined. */
const patience = 20_000_000
/** Fewer say too little. */
export const enough = 8

/** Null where the kernel recorded none, or the two sequences do not fit at just one place. The kernel's log may begin
 *  later and end earlier; in between nothing may be missing. */
export function join(submits: readonly SubmitEvent[], sent: readonly Sent[]): Joined | null {
  for (const unit of new Set(submits.map(submit => submit.unit))) {
    const own = submits.filter(submit => submit.unit === unit)
    const offset = own.length < enough ? null : onlyPlace(own, sent)
    if (offset === null) continue
    const there = sent.slice(offset, offset + own.length)
    return { submits: own, lines: there.map(({ line }) => line), times_us: there.map(({ time_us }) => time_us) }
  }
  return null
}

/** A descriptor whose words the log of the unit lacks fits any. */
function onlyPlace(own: readonly SubmitEvent[], sent: readonly Sent[]): number | null {
  let place: number | null = null, compared = 0
  for (let offset = 0; offset + own.length <= sent.length; offset++) {
    let i = 0
    while (i < own.length) {
      const { words } = sent[offset + i]!
      if (words !== null && !sameWords(words, own[i]!.words)) break
      i++
    }
    compared += i + 1
    if (compared > patience) return null
    if (i < own.length) continue
    if (place !== null) return null
    place = offset
  }
  return place
}

/** An event before a descriptor was recorded is before its line: the tail is rung after that. One behind the next
 *  descriptor is behind the line, as the lock of the queue is held until the tail is rung; on the same CPU each later
 *  event is, since the kernel waits there. */
export function narrowByJoin(brackets: readonly Bracket[], events: readonly KernelEvent[],
  { submits, lines }: Joined): void {
  const lastOf = new Map<number, number>()
  let next = 0
  events.forEach((event, i) => {
    for (; next < submits.length && submits[next]!.line < event.line; next++)
      lastOf.set(submits[next]!.cpu, lines[next]!)
    const bracket = brackets[i]!
    if (next < lines.length) bracket.before = Math.min(bracket.before, lines[next]!)
    bracket.after = Math.max(bracket.after, lines[next - 2] ?? 0, lastOf.get(event.cpu) ?? 0)
  })
}

/** The line of the first descriptor that the kernel recorded after this event on the same CPU. */
export function followedBy({ submits, lines }: Joined, { line, cpu }: KernelAt): number | null {
  for (let i = firstAtLeast(submits.length, k => submits[k]!.line, line); i < submits.length; i++)
    if (submits[i]!.cpu === cpu) return lines[i]!
  return null
}
