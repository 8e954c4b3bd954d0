/** What is wrong with a design of a user, before any search: each call is taken once by itself, on a small machine, and
 *  what it leaves behind then it leaves behind always. */
import { isEnabled, ModelError, step } from '../model/index.ts'
import type { Op } from '../model/index.ts'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import type { Iommu } from '../../spec/iommu/iommu.ts'
import { iommuOf } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { remapMachine } from '../../spec/machine.ts'
import type { RemapMachine } from '../../spec/machine.ts'
import type { CallName, State } from '../../spec/state.ts'
import type { Scope } from '../../spec/scopes.ts'
import { excerpt, placeOfText, shownAt } from './place.ts'
import type { Place } from './place.ts'
import type { Subject } from './subject.ts'

export interface Hint { readonly call: CallName; readonly says: string; readonly next: string }

/** Calls one after another, on bounds on which all their steps are taken: locks are where two CPUs call, lower tables
 *  where there are two levels. */
const memory = bounds({ cpus: 2, callers: 2, frames: 1, iovas: 1, levels: 2, tables: 1 })
const moving = bounds({ cpus: 2, callers: 2, sources: 1, vectors: 2, migrate: 1 })
const runs: readonly { readonly at: Bounds; readonly calls: readonly CallName[] }[] = [
  { at: memory, calls: ['map', 'unmap', 'flush'] }, { at: { ...memory, readOnly: 1 }, calls: ['map', 'protect'] },
  { at: { ...memory, reassign: 1 }, calls: ['detach', 'attach'] }, { at: moving, calls: ['migrateInterrupt'] },
]

/** Each call once at most: what the first one left behind is no fault of the next. */
export function hintsOf(design: Design): readonly Hint[] {
  const hints = runs.flatMap(({ at, calls }): Hint[] => {
    try { return rehearsed(design, at, calls) } catch (cause) {
      if (cause instanceof ModelError) return [] // the search shows it, with the way there
      throw cause
    }
  })
  return hints.filter(({ call }, i) => hints.findIndex(other => other.call === call) === i)
}

function rehearsed(design: Design, at: Bounds, calls: readonly CallName[]): Hint[] {
  const machine = remapMachine(design, at)
  let world = machine.initialWorld
  for (const call of calls) {
    const taken = takeCall(machine, world, call)
    if (taken === null) continue
    const hint = taken.ended ? leftBehind(design, call, taken.steps) : null
    if (hint !== null) return [hint]
    if (!taken.ended) return [] // it waits for somebody
    world = taken.steps.at(-1)!.world
  }
  return []
}

interface Taken { readonly op: Op; readonly world: RemapMachine['initialWorld'] }
/** More steps than any call takes by itself. */
const mostSteps = 200

/** The call on CPU 0, with the hardware that it waits for and nothing else. Null where the design has none. */
function takeCall(machine: RemapMachine, from: Taken['world'],
  call: CallName): { readonly steps: readonly Taken[]; readonly ended: boolean } | null {
  const isOfCall = ({ action, args }: Op): boolean => action.startsWith(`${call}/`) && args['cpu'] === 0
  const { instances } = machine
  const goesOn = [...instances.filter(({ op }) => isOfCall(op)),
    ...instances.filter(({ action }) => action.agent === 'iommu' && action.fair !== false)]
  // The last of them first: a mapping that may be written can be protected too.
  const begins = instances.filter(({ op }) => op.action === call && op.args['cpu'] === 0).toReversed()
  const steps: Taken[] = []
  let world = from
  const take = (among: typeof begins): boolean => {
    const next = among.find(instance => isEnabled(machine, world, instance))
    if (next === undefined) return false
    world = step(machine, world, next.op).world
    steps.push({ op: next.op, world })
    return true
  }
  if (!take(begins)) return null
  while (world.state.kernel.calls[0] !== null && steps.length < mostSteps && take(goesOn));
  return { steps, ended: world.state.kernel.calls[0] === null }
}

type Kernel = State['kernel']
interface Lock { readonly what: string; readonly releases: string; readonly isHeld: (kernel: Kernel) => boolean }
const locksOn = ({ steps }: Iommu): readonly Lock[] => [
  { what: 'the lock of the domain\'s tables', releases: 'unlockTables',
    isHeld: ({ tableLock }) => tableLock.some(holder => holder !== null) },
  { what: 'the lock of the queue of the unit', releases: steps.awaitInvalidation[0]!.name,
    isHeld: ({ queueLock }) => queueLock !== null },
  { what: 'the lock of the interrupt table', releases: 'unlockInterruptTable',
    isHeld: ({ interruptTableLock }) => interruptTableLock !== null },
]
/** By call: the phase in which a mapping stays until it returns. */
const during: Partial<Record<CallName, string>> = { map: 'mapping', unmap: 'unmapping', protect: 'changing' }

/** What the call has left undone; null where nothing. */
function leftBehind(design: Design, call: CallName, steps: readonly Taken[]): Hint | null {
  const { kernel } = steps.at(-1)!.world.state as State
  const nameOf = ({ op: { action } }: Taken): string => action.replace(/^.*\//, '')
  const held = locksOn(iommuOf(design)).find(({ isHeld }) => isHeld(kernel))
  if (held !== undefined) {
    const taker = steps.findLast((_, i) => i === 0 || !held.isHeld((steps[i - 1]!.world.state as State).kernel))!
    return { call, says: `no step releases ${held.what}, which ${nameOf(taker)} takes`,
      next: `release it before the call ends, as ${held.releases} does, or no other CPU gets it` }
  }
  const phase = during[call]
  if (phase === undefined || !kernel.mappings.flat().some(mapping => mapping?.phase === phase)) return null
  return { call, says: `never returns to its caller: its last step is ${nameOf(steps.at(-1)!)}`,
    next: 'end it with returnToDriver, or replyToDriver where drivers are user processes' }
}

interface Asked { readonly scopes: readonly Scope[]; readonly properties: ReadonlySet<string> | null }
/** Claims that a design cannot keep that leaves a part of the unit switched off, and the option that does so. */
const unprotected = [
  { option: 'remapsDma', claim: 'no-dma-escape', shared: 'memoryOf', appliesTo: (b: Bounds) => b.frames > 0,
    says: 'memory is unprotected by the design\'s own statement: every device reaches all of it' },
  { option: 'remapsInterrupts', claim: 'no-forged-interrupt', shared: 'interruptsOf',
    appliesTo: (b: Bounds) => b.hostile === 1,
    says: 'interrupts are unprotected by the design\'s own statement: every device can send any' },
] as const

function statements({ design, path }: Subject, { scopes, properties }: Asked): string[] {
  return unprotected.filter(({ option, claim, appliesTo }) => !design[option] && !Object.hasOwn(design.givesUp, claim)
    && (properties?.has(claim) ?? true) && scopes.some(scope => scope.appliesTo(design) && appliesTo(scope.bounds)))
    .map(({ option, claim, shared, says }) => messageAt(path!, placeOfText(path!, new RegExp(`\\b${option}\\b`)),
      `'${design.name}' has ${option}: false, so ${says}`,
      `say so by givesUp: { '${claim}': 'the reason' }, name the design that has this part by ${shared}, or leave out `
        + 'what is about it by --scope'))
}

const messageAt = (path: string, place: Place | null, says: string, next: string): string =>
  [`${shownAt(path, place)}: hint: ${says}`, `  → ${next}`, ...excerpt(place).map(line => `      ${line}`)].join('\n')

/** Messages for stderr, each with its place in the module of the user. */
export function hintMessages(subject: Subject, asked: Asked): string[] {
  const { design, path, machine } = subject
  // An edit leaves out what it means to.
  if (path === null || machine !== undefined || design.name.includes('~')) return []
  return [...statements(subject, asked), ...hintsOf(design).map(({ call, says, next }) =>
    messageAt(path, placeOfText(path, new RegExp(`(?<![\\w.])${call}(?=['"]?\\s*[:,])`)),
      `${call} of '${design.name}': ${says}`, next))]
}
