/** The window of an unmap: from the kernel's event to the invalidation that covers it, in later unmaps and in time. */
import { firstAtLeast, quantile, sorted } from '../numbers.ts'
import type { IotlbCommand, Stay } from '../replay/trail.ts'
import type { Bracket } from './brackets.ts'
import type { Claims } from './claims.ts'
import type { Commands } from './commands.ts'
import type { Basis, Unmapped } from './mappings.ts'

/** What the log leaves open lies between the two. */
export type Between = readonly [least: number, most: number]
export type Answer = 'page' | 'pasid' | 'domain' | 'global'

export interface Window {
  readonly line: number
  readonly page: number
  readonly pages: number
  readonly did: number
  readonly basis: Basis
  readonly answer: Answer
  /** The first command that can be the answer. */
  readonly commandLine: number
  readonly laterUnmaps: Between
  /** Null without a common clock. */
  readonly wait_us: Between | null
  /** Whether the IOTLB held a translation of the range until the command took it out. */
  readonly held: boolean
  /** Hits of what was held, between unmap and command. */
  readonly hits: Between
}
export interface Spread { readonly median: number; readonly p90: number; readonly max: number }
/** Of the least and of the most that each window can be, spread on their own. */
export interface SpreadBetween { readonly least: Spread; readonly most: Spread }
export interface WindowRow {
  readonly answer: Answer
  readonly basis: Basis
  readonly unmaps: number
  readonly laterUnmaps: SpreadBetween
  readonly wait_us: SpreadBetween | null
  readonly held: number
  readonly hit: { readonly certain: number; readonly possible: number }
}
/** The earliest and the latest time of QEMU's log that a kernel time can be. */
export interface ClockFunctions {
  readonly earliest: (kernel_us: number) => number
  readonly latest: (kernel_us: number) => number
}

interface Answered { readonly early: IotlbCommand; readonly late: IotlbCommand }

/** What is known of the unmaps: where they stand, what claims them, and by which line the answer must have come. */
interface Bounds { readonly brackets: readonly Bracket[]; readonly claims: Claims; readonly limits: readonly number[] }

/** One for each unmap whose domain is known and that a command covers; null for the others. */
export function windowsOf(unmaps: readonly Unmapped[], { brackets, claims, limits }: Bounds, commands: Commands,
  stays: readonly Stay[], clock: ClockFunctions | null): (Window | null)[] {
  const until = new Map<number, Stay[]>()
  for (const stay of stays) if (stay.until !== null) {
    const there = until.get(stay.until)
    if (there === undefined) until.set(stay.until, [stay])
    else there.push(stay)
  }
  const before = brackets.map(bracket => bracket.before), after = brackets.map(bracket => bracket.after)
  return unmaps.map((unmapped, i) => {
    const answered = answerOf(unmapped, brackets[i]!, claims.get(i), commands)
    if (answered === null || unmapped.did === null) return null
    // One that claims it is its own, whatever comes first by the clocks.
    if (!claims.has(i) && answered.early.line > limits[i]!) return null
    const { event, did, basis } = unmapped
    const { early, late } = answered
    const held = [...new Set([early, late])].flatMap(({ line }) => until.get(line) ?? [])
      .filter(stay => stay.did === did && stay.from.line < brackets[i]!.before && isOf(stay, unmapped))
    const hits = held.flatMap(stay => stay.hits)
    // brackets only grow, so those of later unmaps are sorted
    const least = firstAtLeast(before.length, k => before[k]!, early.line + 1) - i - 1
    const most = firstAtLeast(after.length, k => after[k]!, late.line) - i - 1
    return {
      line: event.line, page: event.page, pages: event.end - event.page, did, basis,
      answer: early.descriptor.granularity,
      commandLine: early.line, laterUnmaps: [Math.max(0, least), Math.max(0, most)],
      wait_us: clock && [
        whole(Math.floor, early.time_us - clock.latest(event.time_us)),
        whole(Math.ceil, late.time_us - clock.earliest(event.time_us))],
      held: held.length > 0,
      hits: [hits.filter(({ line }) => line >= brackets[i]!.before).length,
        hits.filter(({ line }) => line > brackets[i]!.after).length],
    }
  })
}

const whole = (round: (us: number) => number, us: number): number => Math.max(0, round(us))

/** Whether it caches what was unmapped: the same page with the same frame. Without a known mapping the page has to
 *  do. */
function isOf({ page, pages, frame }: Stay, { event, maps }: Unmapped): boolean {
  if (maps.length === 0) return page < event.end && event.page < page + pages
  return maps.some(map => page < map.end && map.page < page + pages && frame - page === map.frame - map.page)
}

function answerOf({ event, did }: Unmapped, bracket: Bracket, claimed: IotlbCommand | undefined,
  commands: Commands): Answered | null {
  if (claimed !== undefined) return { early: claimed, late: claimed }
  // of an unmap that may be older than the log the answer may be so too
  if (did === null || bracket.after === 0) return null
  const early = commands.firstCovering(event, did, bracket.after)
  if (early === null) return null
  const late = bracket.before === Infinity ? null : commands.firstCovering(event, did, bracket.before - 1)
  return { early, late: late ?? commands.all.at(-1)! }
}

/** Some consecutive unmaps of the kernel log, by what answered them. */
export interface Bin {
  /** Lines of the kernel log. */
  readonly from: number
  readonly to: number
  readonly own: number
  readonly flushed: number
  /** No answer is known. */
  readonly unanswered: number
  /** The longest that a window among them can be; null without a common clock. */
  readonly longest_us: number | null
}
/** At most this many, so that a boot fits on a page. */
const mostBins = 80
export function binsOf(unmaps: readonly Unmapped[], windows: readonly (Window | null)[]): Bin[] {
  const each = Math.max(1, Math.ceil(unmaps.length / mostBins))
  return Array.from({ length: Math.ceil(unmaps.length / each) }, (_, bin) => {
    const these = windows.slice(bin * each, (bin + 1) * each), lines = unmaps.slice(bin * each, (bin + 1) * each)
    const known = these.filter(one => one !== null), own = known.filter(({ answer }) => answer === 'page').length
    const waits = known.flatMap(({ wait_us }) => wait_us === null ? [] : [wait_us[1]])
    return { from: lines[0]!.event.line, to: lines.at(-1)!.event.line, own, flushed: known.length - own,
      unanswered: these.length - known.length, longest_us: waits.length === 0 ? null : Math.max(...waits) }
  })
}

const answers: readonly Answer[] = ['page', 'pasid', 'domain', 'global']
const bases: readonly Basis[] = ['named', 'only', 'inferred']

export function rowsOf(windows: readonly Window[]): WindowRow[] {
  return answers.flatMap(answer => bases.flatMap(basis => {
    const these = windows.filter(window => window.answer === answer && window.basis === basis)
    if (these.length === 0) return []
    const waits = these.flatMap(({ wait_us }) => wait_us === null ? [] : [wait_us])
    return [{
      answer, basis, unmaps: these.length,
      laterUnmaps: spreadBetween(these.map(w => w.laterUnmaps)),
      wait_us: waits.length === 0 ? null : spreadBetween(waits),
      held: these.filter(w => w.held).length,
      hit: { certain: these.filter(w => w.hits[0] > 0).length, possible: these.filter(w => w.hits[1] > 0).length },
    }]
  }))
}
const spreadBetween = (all: readonly Between[]): SpreadBetween =>
  ({ least: spread(all.map(([least]) => least)), most: spread(all.map(([, most]) => most)) })
function spread(values: readonly number[]): Spread {
  const all = sorted(values)
  return { median: quantile(all, 0.5)!, p90: quantile(all, 0.9)!, max: all.at(-1)! }
}
