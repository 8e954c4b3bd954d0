/** A kernel design: a protocol of atomic steps for each call it offers. A bug is an edit of a protocol:
 *  `without(...)`. */
import type { CallName } from '../state.ts'
import type { Design, DesignOptions, Protocol, ProtocolSource, Step } from '../step.ts'

export type { Design, DesignOptions, Kernel, NeutralStep, Protocol, ProtocolSource, Step } from '../step.ts'

export function design<U>(name: string, options: DesignOptions,
  protocols: Readonly<Partial<Record<CallName, ProtocolSource<U>>>>): Design<U> {
  return {
    name, iommu: null, userDrivers: false, verifiesSource: true, blocksCompatibility: true,
    extendedInterrupts: 'as-capable', interruptTables: 1, memoryOf: null, interruptsOf: null,
    givesUp: {}, ...options,
    protocols: Object.fromEntries(Object.entries(protocols).map(([call, steps]) => [call, steps.flat()])),
  }
}

/** The design without a step (or steps that belong together), wherever the protocol has it. @throws RangeError when it
 *  has none. */
export function without<U>(from: Design<U>, call: CallName, ...steps: readonly (Step<U> | Protocol<U>)[]): Design<U> {
  const gone = steps.flat()
  for (const step of gone) positionOf(from, call, step)
  return edited(from, call, `without ${call}.${steps.map(nameOf).join('+')}`,
    protocol => protocol.filter(step => !gone.includes(step)))
}

/** The design with two steps of a protocol in each other's place. */
export function swapped<U>(from: Design<U>, call: CallName, one: Step<U>, other: Step<U>): Design<U> {
  const i = positionOf(from, call, one), j = positionOf(from, call, other)
  return edited(from, call, `${call}.${one.name}<->${other.name}`,
    protocol => protocol.with(i, other).with(j, one))
}

/** The design with a step moved to right before another. */
export function moved<U>(from: Design<U>, call: CallName, step: Step<U>, before: Step<U>): Design<U> {
  positionOf(from, call, step)
  positionOf(from, call, before)
  return edited(from, call, `${call}.${step.name} before ${before.name}`, protocol =>
    protocol.filter(one => one !== step).flatMap(one => one === before ? [step, one] : [one]))
}

/** The design with one step done another way. */
export function replaced<U>(from: Design<U>, call: CallName, step: Step<U>,
  ...by: readonly (Step<U> | Protocol<U>)[]): Design<U> {
  positionOf(from, call, step)
  return edited(from, call, `${call}.${step.name}->${by.map(nameOf).join('+')}`,
    protocol => protocol.flatMap(one => one === step ? by.flat() : [one]))
}

/** The design with another protocol for a call. */
export function withProtocol<U>(from: Design<U>, call: CallName, protocol: ProtocolSource<U>,
  name = `${from.name}+${call}`): Design<U> {
  return { ...from, name, protocols: { ...from.protocols, [call]: protocol.flat() } }
}

function edited<U>(from: Design<U>, call: CallName, change: string,
  edit: (protocol: Protocol<U>) => Protocol<U>): Design<U> {
  return { ...from, name: `${from.name} ${change}`,
    protocols: { ...from.protocols, [call]: edit(from.protocols[call] ?? []) } }
}
function positionOf<U>(from: Design<U>, call: CallName, step: Step<U>): number {
  const at = from.protocols[call]?.indexOf(step) ?? -1
  if (at < 0) throw new RangeError(`design '${from.name}' has no step ${call}/${step.name}`)
  return at
}
const nameOf = (step: { readonly name: string } | readonly { readonly name: string }[]): string =>
  'name' in step ? step.name : step.map(one => one.name).join('+')
