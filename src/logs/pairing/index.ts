/** Pairs the kernel's unmaps with the invalidations of QEMU's log. What each step can and cannot prove:
 *  docs/validate.md. */
import type { KernelEvent, SubmitEvent, TagEvent } from '../event.ts'
import { noPlaces, note, thousands } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import { overflowed } from '../replay/trail.ts'
import type { Trail } from '../replay/trail.ts'
import type { Clock } from './clock.ts'
import type { Ends } from './brackets.ts'
import { Commands } from './commands.ts'
import { Fetches } from './fetches.ts'
import { enough, join } from './join.ts'
import type { Joined } from './join.ts'
import { findMappings } from './mappings.ts'
import { checkMaps } from './maps.ts'
import type { MapReport } from './maps.ts'
import type { Basis, Unmapped } from './mappings.ts'
import { reuseLimits } from './reuse.ts'
import { solve } from './rounds.ts'
import type { Known, Logs } from './rounds.ts'
import { unansweredOf } from './unanswered.ts'
import { binsOf, rowsOf, windowsOf } from './windows.ts'
import type { Bin, Window, WindowRow } from './windows.ts'

export interface PairingReport {
  readonly maps: number
  readonly unmaps: number
  /** Of the unmaps. */
  readonly byBasis: Readonly<Record<Basis, number>>
  /** `clock`: stamps of both logs on one time line. `order`: no stamps, or no offset fits all of them. */
  readonly by: 'clock' | 'order'
  /** Descriptors that both logs have, word by word; null where the kernel's has none, or others. */
  readonly joined: number | null
  readonly clock: Clock | null
  /** Pairs of page and frame that devices fetched, and those of them that a map event made: do the two logs belong
   *  together? */
  readonly pairs: { readonly fetched: number; readonly mapped: number }
  /** Unmaps whose domain an invalidation names: how often it would have been inferred, and inferred right. */
  readonly guesses: { readonly checked: number; readonly right: number }
  readonly rows: readonly WindowRow[]
  /** All unmaps in the order of the kernel log. */
  readonly timeline: readonly Bin[]
  /** Unmaps of a known domain that nothing in the log covers, or nothing before their page is mapped again. Kernel log
   *  lines. */
  readonly unanswered: Places
  /** Those of them that may have been answered after the end: no more unmaps, or no more time, follow in the log than
   *  an answer took before. */
  readonly ending: Places
  /** Unmaps of any page that may have happened before the log of the unit begins or after it ends: nothing in it is
   *  known to come before them, or after. What answered them it may not show. Kernel log lines. */
  readonly outside: Places
  /** Those of the others whose domain is not inferred. */
  readonly unansweredSure: Places
  /** Unmaps that a flush of the whole domain, or of all, answered: kernel log lines, and the domains. */
  readonly flushed: Places
  readonly flushedDomains: readonly number[]
  /** Windows with a hit between unmap and invalidation for certain: the first few, those of inferred domains last. */
  readonly hitAfterUnmap: readonly Window[]
  readonly longest: readonly Window[]
  readonly mapped: MapReport
  /** Why the order of the kernel's events, by which they are paired, may be another; null where nothing says so. */
  readonly disorder: string | null
  /** Why nothing was paired; null where it was. */
  readonly refused: string | null
}

/** Logs of one boot share more than half of the fetched pages (tracing ends before the machine does), those of two
 *  under a twentieth. */
const leastMapped = 0.25

/** Of the maps of one boot, or of its beginning alone, devices fetched a fifth or more; of those of another under a
 *  twentieth. */
const leastFetched = 0.1
/** With fewer maps that share says nothing. */
const enoughMaps = 10

/** Why the kernel log cannot be of all of this boot, or null: cut off and foreign logs differ in what devices fetched
 *  of their maps. */
function strangerOf({ pairs, maps }: Fetches): string | null {
  if (pairs.mapped >= pairs.fetched * leastMapped) return null
  const only = `the kernel log mapped only ${pairs.mapped} of ${pairs.fetched} pages that devices fetched`
  if (maps.all < enoughMaps) return `${only}: it is cut off, or of another boot`
  if (maps.fetched < maps.all * leastFetched) return `${only}: it is of another boot`
  const part = 'it is a part of this boot, cut off or begun late'
  return `${only}, yet they fetched ${maps.fetched} of its ${maps.all} maps: ${part}`
}

/** What the kernel's log says. */
export interface KernelSide {
  readonly events: readonly KernelEvent[]
  readonly submits: readonly SubmitEvent[]
  readonly tags: readonly TagEvent[]
  /** Events that the log lacks. */
  readonly lost: number
}
/** What is known of the unit's log besides. */
export interface UnitSide {
  /** First and last line, where every event has a stamp; else null. */
  readonly ends: Ends | null
  /** CAP.CM by a dump; null where there is none. */
  readonly cachingMode: boolean | null
}

export function pair(kernel: KernelSide, trail: Trail, { ends, cachingMode }: UnitSide): PairingReport {
  const { events } = kernel
  const fetches = new Fetches(trail.stays, events)
  const unmaps = events.filter(({ kind }) => kind === 'unmap').length
  const base = { ...nothing, maps: events.length - unmaps, unmaps, pairs: fetches.pairs }
  const refused = refusalOf(kernel, trail, unmaps, fetches)
  if (refused !== null) return { ...base, refused }
  const joined = join(kernel.submits, trail.sent)
  const logs = { events, trail, fetches, commands: new Commands(trail.commands), ends, joined }
  const known = solve(logs)
  // Linux flushes what it maps where a unit has caching mode, and says so then alone.
  const tells = cachingMode ?? (kernel.tags.some(({ what }) => what === 'mapped') ? true : null)
  return { ...base, ...found(logs, known), disorder: disorderOf(kernel, joined),
    mapped: checkMaps(events, trail.stays, known.all, logs.commands, tells) }
}
/** A clock that is too coarse says nothing of events of different CPUs. Recorded boots have one in 2,000 at most. */
const mostAlike = 1 / 500

function disorderOf({ events, submits }: KernelSide, joined: Joined | null): string | null {
  const alike = events.filter(({ time_us, cpu }, i) =>
    i > 0 && events[i - 1]!.time_us === time_us && events[i - 1]!.cpu !== cpu).length
  if (alike > events.length * mostAlike)
    return `${thousands(alike)} events have the stamp of one of another CPU, and which came first is not known`
  const backward = events.filter(({ time_us }, i) => i > 0 && time_us < events[i - 1]!.time_us).length
  const stand = backward === 1 ? '1 event stands' : `${thousands(backward)} events stand`
  if (backward > 0) return `${stand} behind one of a later time`
  return joined !== null || submits.length < enough ? null
    : "the kernel's descriptors are not those of the queue one for one: some lack, or stand in another order"
}

function refusalOf({ lost }: KernelSide, trail: Trail, unmaps: number, fetches: Fetches): string | null {
  if (lost > 0) return `the kernel log lost ${lost} events, so no pairing of what is left would be sound`
  if (overflowed(trail)) return 'the log is too long to keep all its fills, hits and invalidations'
  return unmaps === 0 ? 'the kernel log holds no unmap' : strangerOf(fetches)
}

const nothing: PairingReport = {
  maps: 0, unmaps: 0, byBasis: { named: 0, only: 0, inferred: 0, unknown: 0 }, by: 'order', clock: null,
  joined: null, disorder: null, pairs: { fetched: 0, mapped: 0 }, guesses: { checked: 0, right: 0 }, rows: [],
  timeline: [],
  unanswered: noPlaces(), ending: noPlaces(), outside: noPlaces(), unansweredSure: noPlaces(),
  flushed: noPlaces(), flushedDomains: [], hitAfterUnmap: [], longest: [], refused: null,
  mapped: { cachingMode: null, used: 0, missed: noPlaces(), early: noPlaces() },
}

function found(logs: Logs, known: Known): Partial<PairingReport> {
  const { events, fetches, commands, trail, joined } = logs
  const { unmaps, brackets, all: everywhere, claims, alignment } = known
  const limits = reuseLimits(events, unmaps, fetches, everywhere)
  const all = windowsOf(unmaps, { brackets, claims, limits }, commands, trail.stays, alignment)
  const windows = all.filter(window => window !== null)
  const flushed = windows.filter(({ answer }) => answer !== 'page')
  const byBasis = { named: 0, only: 0, inferred: 0, unknown: 0 }
  for (const { basis } of unmaps) byBasis[basis]++
  const blind = findMappings(events, fetches, { named: new Map(), brackets: everywhere, areNarrow: joined !== null })
  const checked = unmaps.flatMap(({ basis, did }, i) =>
    basis === 'named' && blind[i]!.basis === 'inferred' ? [did === blind[i]!.did] : [])
  return {
    byBasis, by: alignment === null ? 'order' : 'clock', clock: alignment?.clock ?? null,
    joined: joined?.lines.length ?? null,
    guesses: { checked: checked.length, right: checked.filter(right => right).length },
    rows: rowsOf(windows), timeline: binsOf(unmaps, all), ...unansweredOf(logs, known, all, limits),
    flushed: placesOf(flushed), flushedDomains: [...new Set(flushed.map(({ did }) => did))].sort((a, b) => a - b),
    hitAfterUnmap: windows.filter(({ hits }) => hits[0] > 0).sort((a, b) => Number(sure(b)) - Number(sure(a)))
      .slice(0, 10),
    longest: [...windows].sort((a, b) => b.laterUnmaps[0] - a.laterUnmaps[0] || a.line - b.line).slice(0, 3),
  }
}

const sure = ({ basis }: Window | Unmapped): boolean => basis !== 'inferred'
function placesOf(at: readonly { readonly line: number }[]): Places {
  const places = noPlaces()
  for (const { line } of at) note(places, line)
  return places
}
