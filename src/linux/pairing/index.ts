/** Pairs the kernel's unmaps with the invalidations of QEMU's log. What each step can and cannot prove: docs/validate.md. */
import type { KernelEvent, KernelLog } from '../kernel.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import { overflowed } from '../replay/trail.ts'
import type { Trail } from '../replay/trail.ts'
import { close, narrowByClock, openBrackets } from './brackets.ts'
import type { Bracket } from './brackets.ts'
import { claimByOrder, claimByTime, mayAnswer } from './claims.ts'
import type { Claims } from './claims.ts'
import { align } from './clock.ts'
import type { Alignment, Bound, Clock } from './clock.ts'
import { Commands } from './commands.ts'
import { Fetches } from './fetches.ts'
import { findMappings } from './mappings.ts'
import type { Basis, Unmapped } from './mappings.ts'
import { rowsOf, windowsOf } from './windows.ts'
import type { Window, WindowRow } from './windows.ts'

export interface PairingReport {
  readonly maps: number
  readonly unmaps: number
  /** Of the unmaps. */
  readonly byBasis: Readonly<Record<Basis, number>>
  /** `clock`: stamps of both logs on one time line. `order`: no stamps, or no offset fits all of them. */
  readonly by: 'clock' | 'order'
  readonly clock: Clock | null
  /** Pairs of page and frame that devices fetched, and those that a map event of the kernel log made: whether the two logs belong together. */
  readonly pairs: { readonly fetched: number; readonly mapped: number }
  /** Unmaps whose domain an invalidation names: how often it would have been inferred, and inferred right. */
  readonly guesses: { readonly checked: number; readonly right: number }
  readonly rows: readonly WindowRow[]
  /** Unmaps of a known domain that nothing in the log covers. Kernel log lines. */
  readonly unanswered: Places
  /** Those of them whose domain is not inferred. */
  readonly unansweredSure: Places
  /** Unmaps that a flush of the whole domain, or of all, answered: kernel log lines, and the domains. */
  readonly flushed: Places
  readonly flushedDomains: readonly number[]
  /** Windows with a hit between unmap and invalidation for certain; the first few. */
  readonly hitAfterUnmap: readonly Window[]
  readonly longest: readonly Window[]
  /** Why nothing was paired; null where it was. */
  readonly refused: string | null
}

export function pair(kernel: KernelLog, trail: Trail, timed: boolean): PairingReport {
  const { events } = kernel
  const unmapEvents = events.filter(({ kind }) => kind === 'unmap').length
  const empty = emptyReport(events.length - unmapEvents, unmapEvents)
  if (kernel.lost > 0) return { ...empty, refused: `the kernel log lost ${kernel.lost} events, so no pairing of what is left would be sound` }
  if (overflowed(trail)) return { ...empty, refused: 'the log is too long to keep all its fills, hits and invalidations' }
  if (unmapEvents === 0) return { ...empty, refused: 'the kernel log holds no unmap' }
  return pairAll(events, trail, timed)
}

interface State {
  readonly unmaps: readonly Unmapped[]
  readonly claims: Claims
  readonly alignment: Alignment | null
  readonly brackets: readonly Bracket[]
}

/** What is known of mappings, time and answers helps to know each of the others: a second round starts from the facts of the first.
 *  A third found nothing more in any recorded boot. */
const rounds = 2

/** Logs of one boot share more than half of the fetched pages (tracing ends before the machine does), those of two under a twentieth. */
const leastMapped = 0.25

function pairAll(events: readonly KernelEvent[], trail: Trail, timed: boolean): PairingReport {
  const fetches = new Fetches(trail.stays, events)
  const { fetched, mapped } = fetches.pairs
  if (mapped < fetched * leastMapped) {
    const empty = emptyReport(events.filter(({ kind }) => kind === 'map').length, events.filter(({ kind }) => kind === 'unmap').length)
    return { ...empty, pairs: fetches.pairs, refused: `the kernel log mapped only ${mapped} of ${fetched} pages that devices fetched: it is of another boot` }
  }
  const commands = new Commands(trail.commands)
  let state: State = { unmaps: findMappings(events, fetches, { named: new Map(), before: [] }), claims: new Map(), alignment: null, brackets: [] }
  for (let round = 0; round < rounds; round++) state = nextRound(state, events, fetches, commands, trail, timed)
  const { unmaps, claims, alignment, brackets } = state
  const windows = windowsOf(unmaps, brackets, claims, commands, trail.stays, alignment)
  const blind = findMappings(events, fetches, { named: new Map(), before: brackets.map(({ before }) => before) })
  return { ...report(events, unmaps, blind, windows, alignment), pairs: fetches.pairs }
}

function nextRound({ unmaps, claims: known }: State, events: readonly KernelEvent[], fetches: Fetches, commands: Commands, trail: Trail, timed: boolean): State {
  const alignment = timed ? alignBy(events, fetches, unmaps, known) ?? alignBy(events, fetches, unmaps, new Map()) : null
  const brackets = openBrackets(events)
  const ofUnmaps = brackets.filter((_, i) => events[i]!.kind === 'unmap')
  boundByFetches(events, fetches, unmaps, brackets)
  if (alignment !== null) narrowByClock(brackets, events, trail, alignment)
  close(brackets)
  const may = mayAnswer(unmaps, ofUnmaps, commands, trail)
  const claims = (alignment === null ? claimByOrder(unmaps, commands, may) : claimByTime(unmaps, commands, may, alignment.middle)) ?? new Map()
  boundByClaims(claims, unmaps, ofUnmaps, trail)
  close(brackets)
  const named = new Map([...claims].map(([i, { descriptor }]) => [i, descriptor.did]))
  return { unmaps: findMappings(events, fetches, { named, before: ofUnmaps.map(({ before }) => before) }), claims, alignment, brackets: ofUnmaps }
}

/** Above: a fill comes after the map of its page, an answer after its unmap. Below: a fill comes before the unmap. */
function alignBy(events: readonly KernelEvent[], fetches: Fetches, unmaps: readonly Unmapped[], claims: Claims): Alignment | null {
  const above: Bound[] = [], below: Bound[] = []
  for (const map of events) if (map.kind === 'map')
    for (const { first, maps } of fetches.of(map)) if (maps === 1) above.push({ kernel_us: map.time_us, qemu_us: first.time_us + 1 })
  for (const [i, { time_us }] of claims) above.push({ kernel_us: unmaps[i]!.event.time_us, qemu_us: time_us + 1 })
  for (const { event, maps, sure } of unmaps) if (sure)
    for (const map of maps) for (const { last, maps: times } of fetches.of(map))
      if (times === 1) below.push({ kernel_us: event.time_us, qemu_us: last.time_us - 1 })
  return align({ above, below }, [events[0]!.time_us, events.at(-1)!.time_us])
}

/** A fill that only one mapping explains comes after its map and, if no other mapping could be meant, before its unmap. */
function boundByFetches(events: readonly KernelEvent[], fetches: Fetches, unmaps: readonly Unmapped[], brackets: readonly Bracket[]): void {
  let next = 0
  events.forEach((event, i) => {
    const bracket = brackets[i]!
    if (event.kind === 'map') {
      for (const { first, maps } of fetches.of(event)) if (maps === 1) bracket.before = Math.min(bracket.before, first.line)
      return
    }
    const { maps, sure } = unmaps[next++]!
    if (sure) for (const map of maps) for (const { last, maps: times } of fetches.of(map))
      if (times === 1) bracket.after = Math.max(bracket.after, last.line)
  })
}

/** An unmap comes before the invalidation that answers it, and after the fills of what that invalidation took out. */
function boundByClaims(claims: Claims, unmaps: readonly Unmapped[], brackets: readonly Bracket[], trail: Trail): void {
  const byLine = new Map([...claims].map(([i, { line }]) => [line, i]))
  for (const [i, { line }] of claims) brackets[i]!.before = Math.min(brackets[i]!.before, line)
  for (const { until, page, pages, from } of trail.stays) {
    const i = until === null ? undefined : byLine.get(until)
    if (i === undefined) continue
    const { event } = unmaps[i]!
    if (page < event.end && event.page < page + pages) brackets[i]!.after = Math.max(brackets[i]!.after, from.line)
  }
}

function report(events: readonly KernelEvent[], unmaps: readonly Unmapped[], blind: readonly Unmapped[],
  all: readonly (Window | null)[], alignment: Alignment | null): PairingReport {
  const windows = all.filter(window => window !== null)
  const unanswered = noPlaces(), unansweredSure = noPlaces()
  all.forEach((window, i) => {
    const { did, basis, event } = unmaps[i]!
    if (window !== null || did === null) return
    note(unanswered, event.line)
    if (basis !== 'inferred') note(unansweredSure, event.line)
  })
  const flushed = windows.filter(({ answer }) => answer !== 'page')
  const flushedPlaces = noPlaces()
  for (const { line } of flushed) note(flushedPlaces, line)
  const checked = unmaps.flatMap((unmapped, i) =>
    unmapped.basis === 'named' && blind[i]!.basis === 'inferred' ? [unmapped.did === blind[i]!.did] : [])
  const byBasis = { named: 0, only: 0, inferred: 0, unknown: 0 }
  for (const { basis } of unmaps) byBasis[basis]++
  return {
    ...emptyReport(events.length - unmaps.length, unmaps.length), byBasis,
    by: alignment === null ? 'order' : 'clock', clock: alignment?.clock ?? null,
    guesses: { checked: checked.length, right: checked.filter(right => right).length },
    rows: rowsOf(windows), unanswered, unansweredSure,
    flushed: flushedPlaces, flushedDomains: [...new Set(flushed.map(({ did }) => did))].sort((a, b) => a - b),
    hitAfterUnmap: windows.filter(({ hits }) => hits[0] > 0).slice(0, 10),
    longest: [...windows].sort((a, b) => b.laterUnmaps[0] - a.laterUnmaps[0] || a.line - b.line).slice(0, 3),
  }
}
const emptyReport = (maps: number, unmaps: number): PairingReport => ({
  maps, unmaps, byBasis: { named: 0, only: 0, inferred: 0, unknown: 0 }, by: 'order', clock: null, pairs: { fetched: 0, mapped: 0 }, guesses: { checked: 0, right: 0 },
  rows: [], unanswered: noPlaces(), unansweredSure: noPlaces(), flushed: noPlaces(), flushedDomains: [],
  hitAfterUnmap: [], longest: [], refused: null,
})
