/** `cost --timed`: random workloads of maps, unmaps, interrupts and moves on two CPUs, with clocks; and a stream of DMA
 *  through an IOTLB. */
import { CostError } from '../cost/index.ts'
import type { Prices } from '../cost/index.ts'
import { stream } from '../cost/stream.ts'
import { timedRun } from '../explore/timed.ts'
import type { Mark, TimedStep } from '../explore/timed.ts'
import type { ModelEvent } from '../model/index.ts'
import type { Distribution, TimedDesign, Workload } from '../report/timed.ts'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { load } from '../../spec/costs/index.ts'
import type { Profile, Unit } from '../../spec/costs/index.ts'
import type { Ledger } from '../../spec/ledger.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { MachineObservation } from '../../spec/observations.ts'
import type { State } from '../../spec/state.ts'
import { withDesignErrors } from './design-errors.ts'
import type { Subject } from './subject.ts'

const requests = 20_000

type Step = TimedStep<State, Ledger, MachineObservation>

/** Two pages of one domain, one source that may move. */
const boundsOf = ({ cpus, queue }: Workload): Bounds => bounds({ cpus, callers: cpus, frames: 2, iovas: 2, queue,
  sources: 1, vectors: 2, migrate: 1 })

/** @throws CostError when the profile lacks a price. */
export function timedOf(subject: Subject, workload: Workload, profile: Profile): TimedDesign {
  const { design } = subject
  const machine = withDesignErrors(subject, () => remapMachine(design, boundsOf(workload)))
  const work = new Durations(profile)
  const { steps, lasted, spans, unfinished, agents } = withDesignErrors(subject, () => timedRun(machine, {
    seed: workload.seed, steps: workload.steps, gap: workload.gap, chosen: () => true,
    duration: events => work.of(events),
    marks: step => {
      work.follow(step)
      return marksOf(step)
    },
  }))
  return {
    design: design.name, steps, elapsed_cycles: lasted,
    spans: [...new Set([...spans.keys(), ...unfinished.keys()])].sort().map(span =>
      ({ span, unfinished: unfinished.get(span) ?? 0, ...distributionOf(spans.get(span) ?? []) })),
    agents: [...agents].sort(([a], [b]) => a < b ? -1 : 1).map(([agent, { busy, waited }]) =>
      ({ agent, busy_percent: percent(busy, lasted), waited_percent: percent(waited, lasted) })),
    dma: design.remapsDma ? dmaOf(workload, profile) : null,
  }
}

/** By descriptors in the queue, or by registers. */
const submits: ReadonlySet<string> = new Set<Unit>(['queue-entry', 'mmio-write'])
const waited: Unit = 'queue-wait'

/** The price of the hardware's own work is in that of a wait, once for all that a CPU submits before it. The unit takes
 *  it when it does the work, so that work of two CPUs queues up there; the wait that it was done for costs nothing more
 *  then. */
class Durations {
  private readonly prices: Prices
  /** CPUs that have submitted something and not yet waited. */
  private readonly open = new Set<number>()
  /** Waits of theirs whose price the unit has taken; never more than there are. */
  private ahead = 0
  constructor(prices: Prices) { this.prices = prices }

  /** After each step, of which `of` was asked before. */
  follow(step: Step): void {
    const { instance: { op: { args: { cpu } } }, events } = step
    if (typeof cpu !== 'number') return
    let isOver = false
    for (const event of events) {
      if (event.kind !== 'cost') continue
      if (submits.has(event.unit)) this.open.add(cpu)
      if (event.unit === waited) isOver = true
    }
    if (!this.open.has(cpu) || !isOver && !step.isNull('after', registerOf(cpu))) return
    this.open.delete(cpu)
    this.ahead = Math.min(this.ahead, this.open.size)
  }

  of(events: readonly ModelEvent<unknown>[]): number {
    let sum = 0
    for (const event of events) if (event.kind === 'cost') sum += this.one(event.unit, event.count, event.path)
    return sum
  }
  private one(unit: string, count: number, path: string): number {
    const price = Object.hasOwn(this.prices.units, unit) ? this.prices.units[unit] : undefined
    if (price === undefined)
      throw new CostError(`profile '${this.prices.id}' has no price for the unit '${unit}', which path '${path}' `
        + 'counts: add it to the profile')
    if ('within' in price) {
      if (price.within !== waited || this.ahead >= this.open.size) return 0
      this.ahead++
      const wait = this.prices.units[waited]
      return wait === undefined || 'within' in wait ? 0 : wait.typ
    }
    if (unit !== waited || this.ahead === 0) return price.typ * count
    this.ahead--
    return price.typ * (count - 1)
  }
}

/** Of each CPU, where its call stands: the same array each time, by which a run knows the place. */
const registers: (readonly (string | number)[])[] = []
const registerOf = (cpu: number): readonly (string | number)[] => registers[cpu] ??= ['kernel', 'calls', cpu]

/** A call from its start to its end, and an edge from the device to the entry of its handler. */
function marksOf(step: Step): readonly Mark[] {
  const { instance: { op }, events } = step
  const marks: Mark[] = []
  const { cpu } = op.args
  if (typeof cpu === 'number') {
    const register = registerOf(cpu)
    const isCall = !op.action.includes('/') && !op.action.includes('.'), wasIdle = step.isNull('before', register)
    if (isCall && wasIdle) marks.push({ span: op.action, key: `call ${cpu}`, is: 'begin' })
    if (step.isNull('after', register) && (!wasIdle || isCall))
      marks.push({ span: op.action, key: `call ${cpu}`, is: 'end' })
  }
  for (const event of events) {
    if (event.kind !== 'observation') continue
    const { observation: seen } = event
    if (seen.what === 'raised') marks.push({ span: 'interrupt', key: `edge ${seen.source}`, is: 'begin' })
    if (seen.what !== 'dispatched') continue
    step.before().ledger.edges.forEach((edge, source) => {
      if (edge.irr[seen.cpu]![seen.vector]!) marks.push({ span: 'interrupt', key: `edge ${source}`, is: 'end' })
    })
  }
  return marks
}

function distributionOf(times: readonly number[]): Distribution {
  const sorted = [...times].sort((a, b) => a - b), at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }
}

function dmaOf({ iotlb_entries: entries, pages, page_bytes, depth, seed }: Workload, { clock_ghz }: Profile):
  TimedDesign['dma'] {
  const walk = load.walk_ns * clock_ghz
  const whole = Math.max(1, Math.ceil(pages * load.page_bytes / page_bytes))
  const { miss_share, median, p99, max } = stream({ entries, pages: whole, walkers: load.walkers, walk, base: 0,
    link: 0, depth, requests, seed })
  return { count: requests, median, p99, max, miss_percent: percent(miss_share, 1) }
}
const percent = (part: number, whole: number): number => whole === 0 ? 0 : Math.round(1000 * part / whole) / 10
