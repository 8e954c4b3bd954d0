/** Whether what was mapped was invalidated before its first use, as a unit with caching mode needs: it may hold that
 *  nothing was there (VT-d rev 5.10, 6.1 and 11.4.2, CAP.CM). */
import type { KernelEvent } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Stay } from '../replay/trail.ts'
import type { Bracket } from './brackets.ts'
import type { Commands, Range } from './commands.ts'

export interface MapReport {
  /** CAP.CM of the unit; null where no log and no dump says it. */
  readonly cachingMode: boolean | null
  /** Maps whose first use the log of the unit shows, and that no other map may be meant by. */
  readonly used: number
  /** Of those the ones that nothing invalidated between map and use. Kernel log lines. */
  readonly missed: Places
  /** Of those the ones that an invalidation before the record of the map may have covered. Kernel log lines. */
  readonly early: Places
}

/** Of first stage nothing that is not present is ever cached: those are left out. */
export function checkMaps(events: readonly KernelEvent[], stays: readonly Stay[], brackets: readonly Bracket[],
  commands: Commands, cachingMode: boolean | null): MapReport {
  const firstUse = new Map<string, Stay | null>()
  for (const stay of stays) if (!stay.firstStage) {
    const key = `${stay.page} ${stay.frame}`
    if (!firstUse.has(key)) firstUse.set(key, stay)
  }
  const usedPages = new Set(stays.map(({ page }) => page))
  const mapped = new Map<string, number>()
  const missed = noPlaces(), early = noPlaces()
  /** Of each page, where it was unmapped last. */
  const unmapped = new Map<number, number>()
  const pages = (each: (key: string, order: number) => void): void => events.forEach((event, order) => {
    for (const page of within(usedPages, event))
      if (event.kind === 'map') each(`${page} ${event.frame + page - event.page}`, order)
      else unmapped.set(page, order)
  })
  pages(key => { if (firstUse.has(key)) mapped.set(key, (mapped.get(key) ?? 0) + 1) })
  unmapped.clear()
  let used = 0
  pages((key, order) => {
    const stay = firstUse.get(key)
    if (stay === undefined || stay === null || mapped.get(key) !== 1) return
    // a map that may be older than the log may have its invalidation before that
    if (brackets[order]!.after === 0) return
    used++
    const range = { page: stay.page, end: stay.page + 1 }
    const isCoveredAfter = (line: number): boolean =>
      (commands.firstCovering(range, stay.did, line)?.line ?? Infinity) <= stay.from.line
    if (isCoveredAfter(brackets[order]!.after)) return
    note(missed, events[order]!.line)
    const before = unmapped.get(stay.page)
    const answered = before === undefined ? 0
      : commands.firstCovering(range, stay.did, brackets[before]!.after)?.line ?? Infinity
    if (isCoveredAfter(answered)) note(early, events[order]!.line)
  })
  return { cachingMode, used, missed, early }
}

/** A map may be of all of memory, and far fewer pages are used. */
function within(pages: ReadonlySet<number>, { page, end }: Range): readonly number[] {
  return end - page > pages.size ? [...pages].filter(one => one >= page && one < end)
    : Array.from({ length: end - page }, (_, i) => page + i).filter(one => pages.has(one))
}
