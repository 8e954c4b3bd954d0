/** Unmaps and what answered them, by the kernel's own trace: on real hardware there is no other log. The closing wait
 *  is not traced, so a window ends where the kernel queues the invalidation (VT-d rev 5.10, table 28). */
import { anything, decodeDescriptor } from '../../../spec/vtd/index.ts'
import type { RawDescriptor, TranslationInvalidation } from '../../../spec/vtd/index.ts'
import { padded } from '../dwords.ts'
import type { SubmitEvent, TagEvent, UnmapEvent } from '../event.ts'
import { count, noPlaces, note, quantile, sorted } from '../numbers.ts'
import type { Places } from '../numbers.ts'

export interface Window { readonly line: number; readonly wait_us: number }
export interface FlushReport {
  readonly unmaps: number
  /** Answered by an invalidation of the same pages, which the kernel queued on the same CPU. */
  readonly own: number
  /** Answered since every domain was flushed. */
  readonly flushed: number
  /** Of those that were flushed: from the first flush of any domain up to the flush of the last, in microseconds; an
   *  unmap does not name its domain. Of the others both are the same. */
  readonly least_us: Spread | null
  readonly most_us: Spread | null
  readonly longest: Window | null
  /** Some domains were flushed since, and not all. */
  readonly perhaps: Places
  /** Nothing was flushed since; `ending`: as long as an answer took before, so that the trace may end too early. */
  readonly unanswered: Places
  readonly ending: Places
  /** Unmaps beyond what is kept. */
  readonly dropped: number
  readonly domains: readonly number[]
  readonly units: readonly string[]
  /** By kind of descriptor. */
  readonly descriptors: readonly { readonly kind: string; readonly count: number }[]
  /** Descriptors that one CPU queued without another event of it between: at most so many had one wait. */
  readonly runs: readonly { readonly descriptors: number; readonly runs: number }[]
}
export interface Spread { readonly median: number; readonly p90: number; readonly max: number }

interface Pending {
  readonly event: UnmapEvent
  /** Position among the unmaps. */
  readonly order: number
  /** What nothing of the same CPU has covered yet. */
  rest: readonly (readonly [page: number, end: number])[]
  first_us: number | null
  done: boolean
}
/** Windows and pending unmaps that are kept. */
const most = 1_000_000
/** Of one CPU, those that an invalidation of pages may answer. */
const recent = 64
/** Answered ones that may stand among the pending. */
const compact = 1024
const modes = [{ bits: 128, scalable: false, rules: anything }, { bits: 256, scalable: true, rules: anything }] as const
function decoded(words: Uint32Array): RawDescriptor | null {
  for (const mode of modes) {
    const found = decodeDescriptor(padded(words, mode.bits / 32), mode)
    if (found.type !== 'undecoded') return found
  }
  return null
}
const without = (ranges: Pending['rest'], from: number, to: number): Pending['rest'] =>
  ranges.flatMap(([page, end]) => page >= to || end <= from ? [[page, end] as const]
    : [...page < from ? [[page, from] as const] : [], ...end > to ? [[to, end] as const] : []])

export class Flushes {
  #pending: Pending[] = []
  readonly #ofCpu = new Map<number, Pending[]>()
  /** When each domain was flushed last: position among the unmaps. */
  readonly #flushed = new Map<number, number>()
  readonly #units = new Set<string>()
  readonly #kinds = new Map<string, number>()
  readonly #runs = new Map<number, number>()
  readonly #run = new Map<number, number>()
  readonly #least: number[] = []
  readonly #most: number[] = []
  #unmaps = 0
  #own = 0
  #byFlush = 0
  #longest: Window | null = null
  /** Later unmaps that an answer took at most. */
  #laterUnmaps = 0
  /** Pending ones from here on saw no flush yet. */
  #untouched = 0
  #dropped = 0
  #done = 0

  unmap(event: UnmapEvent): void {
    this.#unmaps++
    const pending: Pending =
      { event, order: this.#unmaps, rest: [[event.page, event.end]], first_us: null, done: false }
    if (this.#pending.length < most) this.#pending.push(pending)
    else this.#dropped++
    const own = this.#ofCpu.get(event.cpu) ?? []
    own.push(pending)
    this.#ofCpu.set(event.cpu, own.length > recent ? own.slice(-recent) : own)
  }

  /** Anything else on that CPU. */
  otherEvent(cpu: number): void {
    const run = this.#run.get(cpu) ?? 0
    if (run > 0) count(this.#runs, run)
    this.#run.set(cpu, 0)
  }

  submit({ words, unit, cpu, time_us }: SubmitEvent): void {
    this.#units.add(unit)
    this.#run.set(cpu, (this.#run.get(cpu) ?? 0) + 1)
    const descriptor = decoded(words)
    if (descriptor === null) return count(this.#kinds, 'unknown')
    count(this.#kinds, 'granularity' in descriptor ? `${descriptor.type} ${descriptor.granularity}` : descriptor.type)
    if (descriptor.type === 'iotlb' || descriptor.type === 'pasid-iotlb') this.#invalidated(descriptor, cpu, time_us)
  }

  #invalidated({ granularity, did, page, addressMask }: TranslationInvalidation, cpu: number, time_us: number): void {
    if (granularity === 'page') {
      const size = 2 ** addressMask, from = page - page % size
      if (!this.#flushed.has(did)) this.#flushed.set(did, 0)
      return this.#covered(cpu, from, from + size, time_us)
    }
    if (granularity === 'global') for (const known of this.#flushed.keys()) this.#flushed.set(known, this.#unmaps)
    else this.#flushed.set(did, this.#unmaps)
    this.#sweep(time_us)
  }

  /** What the kernel means by the descriptors that follow: it names the range and the domain. */
  tag({ what, type, did, page, end, cpu, time_us }: TagEvent): void {
    if (type !== 'iotlb') return
    if (what === 'assign' && !this.#flushed.has(did)) this.#flushed.set(did, 0)
    if (what === 'unassign') this.#flushed.delete(did)
    if (what === 'range') this.#covered(cpu, page, end, time_us)
  }

  #covered(cpu: number, from: number, to: number, time_us: number): void {
    const own = this.#ofCpu.get(cpu) ?? []
    const pending = own.findLast(({ done, first_us, event }) =>
      !done && first_us === null && event.page < to && from < event.end)
    if (pending === undefined) return
    pending.rest = without(pending.rest, from, to)
    if (pending.rest.length > 0) return
    pending.done = true
    this.#own++
    this.#answered(pending, time_us, time_us)
    if (++this.#done > compact && this.#done * 2 > this.#pending.length) this.#compact()
  }

  #compact(): void {
    let untouched = 0
    this.#pending = this.#pending.filter(({ done }, i) => {
      if (!done && i < this.#untouched) untouched++
      return !done
    })
    this.#untouched = untouched
    this.#done = 0
  }

  /** After a flush of a domain: those are answered that every known domain was flushed since. */
  #sweep(time_us: number): void {
    for (let i = this.#untouched; i < this.#pending.length; i++) this.#pending[i]!.first_us ??= time_us
    this.#untouched = this.#pending.length
    let last = Infinity
    for (const at of this.#flushed.values()) last = Math.min(last, at)
    let gone = 0
    for (; gone < this.#pending.length && this.#pending[gone]!.order <= last; gone++) {
      const pending = this.#pending[gone]!
      if (pending.done) continue
      pending.done = true
      this.#byFlush++
      this.#answered(pending, pending.first_us ?? time_us, time_us)
    }
    this.#pending = this.#pending.slice(gone)
    this.#untouched -= gone
  }

  #answered({ event, order }: Pending, least_us: number, most_us: number): void {
    this.#laterUnmaps = Math.max(this.#laterUnmaps, this.#unmaps - order)
    const window = { line: event.line, wait_us: Math.round(most_us - event.time_us) }
    if (this.#longest === null || window.wait_us > this.#longest.wait_us) this.#longest = window
    if (this.#least.length >= most) return
    this.#least.push(Math.round(least_us - event.time_us))
    this.#most.push(window.wait_us)
  }

  report(): FlushReport {
    for (const cpu of this.#run.keys()) this.otherEvent(cpu)
    const perhaps = noPlaces(), unanswered = noPlaces(), ending = noPlaces()
    for (const { event, order, first_us, done } of this.#pending) {
      if (done) continue
      if (first_us !== null) note(perhaps, event.line)
      else note(this.#unmaps - order <= this.#laterUnmaps ? ending : unanswered, event.line)
    }
    const byNumber = <T>(map: ReadonlyMap<number, T>): [number, T][] => [...map].sort(([a], [b]) => a - b)
    return {
      unmaps: this.#unmaps, own: this.#own, flushed: this.#byFlush, least_us: spreadOf(this.#least),
      most_us: spreadOf(this.#most), longest: this.#longest, perhaps, unanswered, ending,
      dropped: this.#dropped, domains: byNumber(this.#flushed).map(([did]) => did), units: [...this.#units].sort(),
      descriptors: [...this.#kinds].map(([kind, n]) => ({ kind, count: n })).sort((a, b) => a.kind < b.kind ? -1 : 1),
      runs: byNumber(this.#runs).map(([descriptors, runs]) => ({ descriptors, runs })),
    }
  }
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const all = sorted(values)
  return { median: quantile(all, 0.5)!, p90: quantile(all, 0.9)!, max: all.at(-1)! }
}
