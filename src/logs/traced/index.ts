/** Checks a kernel's trace without a log of the unit, as it comes of real hardware. See docs/validate.md. */
import type { MapEvent, PageFaultEvent, TracedEvent, UnmapEvent } from '../event.ts'
import { readTrace } from '../formats/kernel.ts'
import { nameOf } from '../lines.ts'
import type { LogSource } from '../lines.ts'
import { thousands } from '../numbers.ts'
import type { Expectation } from '../verdicts/expected.ts'
import { Flushes } from '../vtd/flushes.ts'
import { Interrupts } from './interrupts.ts'
import type { FaultSeen, TraceFacts, TraceReport } from './report.ts'
import { judgeTrace, lacksOf } from './verdicts.ts'

export interface TraceOptions {
  readonly log: LogSource
  readonly expect?: readonly Expectation[]
  readonly onProgress?: (lines: number) => void
}

/** @throws UserError E-LOG-* where the file is none of what it should be. */
export async function validateTrace({ log, expect = [], onProgress }: TraceOptions): Promise<TraceReport> {
  const tracer = new Tracer()
  const { lines, counts, lost, damage } = await readTrace(log, event => { tracer.take(event) }, onProgress)
  const facts: TraceFacts = { trace: { path: nameOf(log), lines, lost, ...tracer.clock() }, events: counts,
    unread: damage, ...tracer.facts() }
  return { ...facts, lacks: lacksOf(facts), verdicts: judgeTrace(facts, expect) }
}

const mostFaults = 50
/** Mappings and unmapped pages that are kept, to say what was at the address of a fault. */
const mostPages = 500_000

class Tracer {
  readonly #flushes = new Flushes()
  readonly #interrupts = new Interrupts()
  readonly #live = new Map<number, MapEvent>()
  readonly #gone = new Map<number, UnmapEvent>()
  readonly #faults: FaultSeen[] = []
  #total = 0
  #maps = 0
  #first_us: number | null = null
  #now_us = 0
  #backward = 0
  #farthest_us = 0

  take(event: TracedEvent): void {
    this.#stamp(event.time_us)
    if (event.kind !== 'submit') this.#flushes.otherEvent(event.cpu)
    switch (event.kind) {
      case 'map': return this.#map(event)
      case 'unmap': return this.#unmap(event)
      case 'submit': return this.#flushes.submit(event)
      case 'tag': return this.#flushes.tag(event)
      case 'vector': return this.#interrupts.vector(event)
      case 'handler': return this.#interrupts.handler(event)
      case 'pageFault': return this.#fault(event)
    }
  }

  clock(): Pick<TraceFacts['trace'], 'span_s' | 'backward' | 'farthest_us'> {
    return { span_s: (this.#now_us - (this.#first_us ?? 0)) / 1e6, backward: this.#backward,
      farthest_us: this.#farthest_us }
  }
  facts(): Pick<TraceFacts, 'maps' | 'flushes' | 'interrupts' | 'faults'> {
    return { maps: this.#maps, flushes: this.#flushes.report(), interrupts: this.#interrupts.report(),
      faults: { total: this.#total, first: this.#faults } }
  }

  #stamp(time_us: number): void {
    this.#first_us ??= time_us
    if (time_us >= this.#now_us) { this.#now_us = time_us; return }
    this.#backward++
    this.#farthest_us = Math.max(this.#farthest_us, Math.round(this.#now_us - time_us))
  }

  #map(event: MapEvent): void {
    this.#maps++
    if (this.#live.size < mostPages) this.#live.set(event.page, event)
  }
  #unmap(event: UnmapEvent): void {
    this.#live.delete(event.page)
    if (this.#gone.size < mostPages) this.#gone.set(event.page, event)
    this.#flushes.unmap(event)
  }

  #fault({ device, address, flags, line, time_us }: PageFaultEvent): void {
    this.#total++
    if (this.#faults.length < mostFaults)
      this.#faults.push({ line, device, address, flags, says: this.#saysOf(Math.floor(address / 4096), time_us) })
  }
  /** An unmap names no domain, so what was at the address may be of another device. */
  #saysOf(page: number, time_us: number): string {
    const holds = ({ page: from, end }: UnmapEvent | MapEvent): boolean => from <= page && page < end
    const live = this.#live.get(page) ?? [...this.#live.values()].find(holds)
    if (live !== undefined) return `mapped at line ${live.line}, perhaps for another device`
    const gone = this.#gone.get(page) ?? [...this.#gone.values()].findLast(holds)
    if (gone !== undefined)
      return `unmapped ${thousands(Math.round(time_us - gone.time_us))} µs before (line ${gone.line})`
    const before = [...this.#live.values()].find(({ end }) => end === page)
    return before === undefined ? 'not mapped in this trace' : `the end of what was mapped at line ${before.line}`
  }
}
