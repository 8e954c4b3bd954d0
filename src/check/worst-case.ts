/** `cost --worst`: what a wait costs at most and at least over all behaviours of a small machine, and what makes it
 *  endless. */
import { CostError } from '../cost/index.ts'
import type { Prices } from '../cost/index.ts'
import { extremesOf } from '../explore/extremes.ts'
import { buildGraph } from '../explore/graph.ts'
import { Pace, Slices, unlessStopped } from '../explore/pace.ts'
import type { Limits, Progress } from '../explore/pace.ts'
import type { ModelEvent } from '../model/index.ts'
import type { ReportOf } from '../report/report.ts'
import type { WaitOfDesign, WaitReport } from '../report/worst.ts'
import { showBounds } from '../../spec/bounds.ts'
import { waits } from '../../spec/costs/index.ts'
import type { Wait } from '../../spec/costs/index.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { remapMachine } from '../../spec/machine.ts'
import { withDesignErrors, withDesignErrorsAsync } from './design-errors.ts'
import { progressLine } from './progress.ts'
import type { Watch } from './run-scopes.ts'
import type { Subject } from './subject.ts'

/** @throws CostError when the profile lacks a price. */
export async function worstOf(subjects: readonly Subject[], profile: Prices,
  { signal, say }: Pick<Watch, 'signal' | 'say'>, asked: readonly Wait[] = waits): Promise<ReportOf<'worst'>> {
  const found: WaitReport[] = []
  for (const wait of asked) {
    const designs: WaitOfDesign[] = []
    for (const subject of subjects.filter(one => withDesignErrors(one, () => wait.appliesTo(one.design)))) {
      say(`${wait.name}: ${subject.design.name}`)
      const limits = { signal,
        onProgress: (progress: Progress) => { say(`${wait.name}: ${subject.design.name}: ${progressLine(progress)}`) } }
      designs.push(await withDesignErrorsAsync(subject, () => rowOf(subject.design, wait, profile, limits)))
    }
    const { name, says, bounds } = wait
    if (designs.length > 0) found.push({ name, says, bounds: showBounds(bounds), designs })
  }
  const isCut = found.some(({ designs }) => designs.some(one => one.found === null))
  const decided = isCut ? 'incomplete' : 'holds'
  return { kind: 'worst', exit: signal.aborted ? 'interrupted' : decided, profile: profile.id, waits: found }
}

async function rowOf(design: Design, wait: Wait, profile: Prices, limits: Limits): Promise<WaitOfDesign> {
  const machine = remapMachine(design, wait.bounds)
  const pace = new Pace(limits)
  const { graph, states, edges, stopped: cut } = await buildGraph(machine, limits, pace)
  const slices = new Slices(pace,
    () => ({ states, transitions: edges, depth: 0, queue: 0, bytes: 0, growth: 0,
      deciding: 'the most and the least' }))
  const { value: found, stopped } = await unlessStopped(cut, () => extremesOf(machine, graph!, {
    begins: wait.begins, ends: step => wait.ends(step, design),
    price: step => wait.delays(step, design) ? priceOf(step.events, profile) : 0,
  }, slices))
  return { design: design.name, found, states, stopped }
}

/** Typical cycles of what a step counts; 0 for what is in the price of another unit. */
function priceOf(events: readonly ModelEvent<unknown>[], { id, units }: Prices): number {
  let cycles = 0
  for (const event of events) {
    if (event.kind !== 'cost') continue
    const price = Object.hasOwn(units, event.unit) ? units[event.unit] : undefined
    if (price === undefined)
      throw new CostError(`profile '${id}' has no price for the unit '${event.unit}', which path '${event.path}' `
        + 'counts: add it to the profile')
    if (!('within' in price)) cycles += price.typ * event.count
  }
  return cycles
}
