/** A kernel design: a protocol of atomic steps for each call it offers. A bug is an edit of a protocol:
 *  `without(...)`. */
import { claimOf } from '../claim.ts'
import type { AnyOwn, Design, DesignOptions, Own, Protocol, ProtocolName, ProtocolSource, Step } from '../step.ts'

export type {
  Design, DesignOptions, StepContext, NeutralStep, Own, Protocol, ProtocolSource, Step, View,
} from '../step.ts'

/** What a design has where it says nothing. */
export const usual = {
  iommu: null, bounces: false, userDrivers: false, verifiesSource: true, blocksUnremapped: true,
  wideDestinations: 'as-capable', postsInterrupts: false, interruptTables: 1, memoryOf: null, interruptsOf: null,
  givesUp: {}, state: null, start: null, registers: null, observations: null, calls: {}, hardware: {},
  scopes: null, claims: [], costs: [],
} as const

/** `C`: names of calls of its own, each of which has a protocol too. */
export function design<U, O extends Own = AnyOwn<U>, C extends string = never>(name: string,
  options: NoInfer<DesignOptions<U, O>> & { readonly calls?: Readonly<Record<C, unknown>> },
  protocols: Readonly<Partial<Record<ProtocolName | NoInfer<C>, ProtocolSource<U, O>>>>): Design<U, O> {
  return {
    ...usual, name, ...options, claims: (options.claims ?? []).map(claimOf),
    protocols: Object.fromEntries(Object.entries<ProtocolSource<U, O>>(protocols as never)
      .map(([call, steps]) => [call, stepsOf(call, steps)])),
  }
}

/** The design without a step (or steps that belong together), wherever the protocol has it. @throws RangeError when it
 *  has none. */
export function without<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string,
  ...steps: readonly (Step<U, O> | Protocol<U, O>)[]): Design<U, O> {
  const gone = steps.flat()
  for (const step of gone) positionOf(from, call, step)
  return edited(from, call, `without ${call}.${steps.map(nameOf).join('+')}`,
    protocol => taken(protocol, step => gone.includes(step)))
}

/** The protocol without these steps. Where another goes to one of them, its place stays. */
export function taken<U, O extends Own>(protocol: Protocol<U, O>,
  isGone: (step: Step<U, O>, label: string) => boolean): Protocol<U, O> {
  const labels = stepLabels(protocol)
  return protocol.flatMap((step, at) => {
    if (!isGone(step, labels[at]!)) return [step]
    return protocol.some(({ goesTo = [] }) => goesTo.includes(labels[at]!)) ? [{ ...step, skip: always }] : []
  })
}
const always = (): boolean => true

/** Step names, numbered where a protocol takes a step more than once. */
export function stepLabels(protocol: readonly { readonly name: string }[]): readonly string[] {
  return protocol.map((step, i) => {
    const before = protocol.slice(0, i).filter(other => other.name === step.name).length
    return before === 0 ? step.name : `${step.name}#${before + 1}`
  })
}

/** The design with two steps of a protocol in each other's place. */
export function swapped<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string,
  one: Step<U, O>, other: Step<U, O>): Design<U, O> {
  const i = positionOf(from, call, one), j = positionOf(from, call, other)
  return edited(from, call, `${call}.${one.name}<->${other.name}`,
    protocol => protocol.with(i, other).with(j, one))
}

/** The design with a step moved to right before another. */
export function moved<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string,
  step: Step<U, O>, before: Step<U, O>): Design<U, O> {
  positionOf(from, call, step)
  positionOf(from, call, before)
  return edited(from, call, `${call}.${step.name} before ${before.name}`, protocol =>
    protocol.filter(one => one !== step).flatMap(one => one === before ? [step, one] : [one]))
}

/** The design with one step done another way. */
export function replaced<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string, step: Step<U, O>,
  ...by: readonly (Step<U, O> | Protocol<U, O>)[]): Design<U, O> {
  positionOf(from, call, step)
  return edited(from, call, `${call}.${step.name}->${by.map(nameOf).join('+')}`,
    protocol => protocol.flatMap(one => one === step ? stepsOf(call, by) : [one]))
}

/** The design with another protocol for a call. */
export function withProtocol<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string,
  protocol: ProtocolSource<U, O>, name = `${from.name}+${call}`): Design<U, O> {
  return { ...from, name, protocols: { ...from.protocols, [call]: stepsOf(call, protocol) } }
}

/** An entry of a protocol that is no step: a mistyped name of a namespace is `undefined`. */
export class MissingStep extends RangeError {
  readonly call: string
  /** From 0, as the list was given. */
  readonly at: number
  /** The entry before it: a step, or a list of steps. */
  readonly before: unknown
  constructor(call: string, at: number, before: unknown) {
    super(`entry ${at + 1} of ${call} is no step`)
    this.call = call
    this.at = at
    this.before = before
  }
}

/** An edit names a step that the call does not have; perhaps one for another IOMMU. */
export class NoStep extends RangeError {
  /** What the call has. */
  readonly steps: readonly string[]
  constructor(design: string, call: string, step: string, steps: readonly string[]) {
    super(`design '${design}' has no step ${call}/${step}`)
    this.steps = steps
  }
}

/** All steps of the lists in it, in order. @throws MissingStep. */
function stepsOf<U, O extends Own>(call: string, source: ProtocolSource<U, O>): Protocol<U, O> {
  const missing = source.findIndex(entry => (entry as unknown) === undefined || entry === null)
  if (missing >= 0) throw new MissingStep(call, missing, source[missing - 1])
  return source.flat()
}

function edited<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string, change: string,
  edit: (protocol: Protocol<U, O>) => Protocol<U, O>): Design<U, O> {
  return { ...from, name: `${from.name} ${change}`,
    protocols: { ...from.protocols, [call]: edit(from.protocols[call] ?? []) } }
}
function positionOf<U, O extends Own = AnyOwn<U>>(from: Design<U, O>, call: string, step: Step<U, O>): number {
  const at = from.protocols[call]?.indexOf(step) ?? -1
  if (at < 0) throw new NoStep(from.name, call, step.name, (from.protocols[call] ?? []).map(({ name }) => name))
  return at
}
const nameOf = (step: { readonly name: string } | readonly { readonly name: string }[]): string =>
  'name' in step ? step.name : step.map(one => one.name).join('+')
