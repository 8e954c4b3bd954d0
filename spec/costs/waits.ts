/** What somebody waits for, from a beginning to an end, and which steps make the wait longer: the worst and the best
 *  case are sought over all behaviours of a small machine. A step of somebody else that goes on beside the wait costs
 *  nothing here, however often it happens. */
import type { Instance, ModelEvent, World } from '../../src/model/index.ts'
import { bounds } from '../bounds.ts'
import type { Bounds } from '../bounds.ts'
import { protocolOn } from '../kernel/calls.ts'
import { stepLabels } from '../kernel/design.ts'
import type { Design } from '../kernel/design.ts'
import { sharedWith } from '../sharing.ts'
import type { Ledger } from '../ledger.ts'
import type { MachineObservation } from '../observations.ts'
import type { State } from '../state.ts'

interface Step {
  readonly instance: Instance<State, MachineObservation>
  readonly events: readonly ModelEvent<MachineObservation>[]
  readonly before: World<State, Ledger>
}

export interface Wait {
  readonly name: string
  readonly says: string
  readonly bounds: Bounds
  readonly appliesTo: (design: Design) => boolean
  readonly begins: (step: Step) => boolean
  readonly ends: (step: Step, design: Design) => boolean
  /** Its cost is part of the wait, if the wait is under way. */
  readonly delays: (step: Step, design: Design) => boolean
}

const sees = ({ events }: Step, test: (seen: MachineObservation) => boolean): boolean =>
  events.some(event => event.kind === 'observation' && test(event.observation))
const inIrr = ({ ledger }: World<State, Ledger>, cpu?: number): boolean =>
  (cpu === undefined ? ledger.edges[0]!.irr : [ledger.edges[0]!.irr[cpu]!]).some(row => row.includes(true))

/** No edge of source 0 waits for a handler: one raised now merges with none. */
function isQuiet(world: World<State, Ledger>): boolean {
  const { pending, message } = world.ledger.edges[0]!
  return !pending && !message && !inIrr(world)
}

/** From the moment that source 0 raises an edge, none before it waiting, to the entry of a handler for it. */
const edge = {
  begins: (step: Step) => sees(step, seen => seen.what === 'raised' && seen.source === 0) && isQuiet(step.before),
  ends: (step: Step) =>
    sees(step, seen => seen.what === 'dispatched' && step.before.ledger.edges[0]!.irr[seen.cpu]![seen.vector]!),
  delays: ({ instance: { op }, before }: Step) => {
    const { pending } = before.ledger.edges[0]!
    const { source, cpu } = op.args
    // The message of an edge that comes later merges; the CPU waits for none.
    if (op.action === 'device.raise') return source === 0 && isQuiet(before)
    if (op.action === 'iommu.deliver' || op.action === 'lapic.accept') return source === 0 && !inIrr(before)
    if (op.action === 'cpu.dispatch' || op.action === 'cpu.handle') return inIrr(before, cpu as number)
    return pending && typeof cpu === 'number' && before.state.kernel.calls[cpu]?.source === 0
  },
}

/** From the call of unmap on CPU 0 to its return. */
const unmap = {
  begins: ({ instance: { op } }: Step) => op.action === 'unmap' && op.args['cpu'] === 0,
  ends: ({ instance: { op } }: Step, design: Design, b: Bounds) =>
    op.args['cpu'] === 0 && op.action === `unmap/${stepLabels(protocolOn(design, 'unmap', b)).at(-1)}`,
  delays: ({ instance: { op }, before }: Step, design: Design, b: Bounds) => {
    const { cpu } = op.args
    const { calls, queueLock, tableLock } = before.state.kernel
    if (cpu === 0) return op.action === 'unmap' || calls[0]?.call === 'unmap'
    // Another CPU's steps, while it holds the lock that the next step needs.
    const call = calls[0]
    if (typeof cpu !== 'number' || call?.call !== 'unmap') return false
    const next = protocolOn(design, 'unmap', b)[call.step]!
    return next.uses === 'queue' ? queueLock === cpu : next.name === 'lockTables' && tableLock[call.domain!] === cpu
  },
}

function unmapIn(name: string, says: string, b: Bounds): Wait {
  return {
    name, says, bounds: b,
    appliesTo: design => sharedWith(design, 'memory') === null && protocolOn(design, 'unmap', b).length > 1,
    begins: unmap.begins,
    ends: (step, design) => unmap.ends(step, design, b), delays: (step, design) => unmap.delays(step, design, b),
  }
}
const hasInterrupts = (design: Design): boolean => sharedWith(design, 'interrupts') === null

/** The one that designs are compared by. */
export const waitOfMovingEdge: Wait = {
  name: 'edge raised -> handler entered', says: 'one source, which moves between two CPUs at any time',
  appliesTo: hasInterrupts, ...edge, bounds: bounds({ cpus: 2, sources: 1, vectors: 2, migrate: 1 }),
}
export const waits: readonly Wait[] = [
  waitOfMovingEdge,
  { name: 'edge raised -> handler entered, beside another source',
    says: 'another source, of higher priority on the same CPU', appliesTo: hasInterrupts, ...edge,
    bounds: bounds({ devices: 2, sources: 2, vectors: 2 }) },
  unmapIn('unmap called -> unmap returned', 'one CPU, one page', bounds({ frames: 1, iovas: 1 })),
  unmapIn('unmap called -> unmap returned, beside another CPU', 'two CPUs, two pages of one domain',
    bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2 })),
]
