/** By when an unmap must have been answered: the kernel gives a page to the next mapping of a domain when nothing of
 *  the last can be cached any more. */
import type { KernelEvent, MapEvent } from '../event.ts'
import type { Bracket } from './brackets.ts'
import type { Fetches } from './fetches.ts'
import type { Unmapped } from './mappings.ts'

/** Of each unmap the line of QEMU's log before which the next map of its page in its domain happened; Infinity where no
 *  map is known to be one. Maps that begin at another page are not looked at.
 *  @param brackets of all events. */
export function reuseLimits(events: readonly KernelEvent[], unmaps: readonly Unmapped[], fetches: Fetches,
  brackets: readonly Bracket[]): readonly number[] {
  const limits = unmaps.map(() => Infinity), next = new Map<string, number>()
  let unmap = unmaps.length
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!
    const did = event.kind === 'map' ? domainOf(event, fetches) : unmaps[--unmap]!.did
    if (did === null) continue
    const key = `${did}/${event.page}`
    if (event.kind === 'map') next.set(key, brackets[i]!.before)
    else limits[unmap] = next.get(key) ?? Infinity
  }
  return limits
}

/** Null unless the frame was put at the page by this map alone: else a device may have used another one. */
function domainOf(map: MapEvent, fetches: Fetches): number | null {
  return fetches.of(map).every(({ maps }) => maps === 1) ? fetches.domainOf([map], 0, Infinity) : null
}
