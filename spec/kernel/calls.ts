/** The calls of a kernel as actions: each call enters with its first step and goes on one atomic step at a time. */
import { ModelError, refuseAnswer } from '../../src/model/index.ts'
import type { Action, Emit, Fields, Value } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import { capsOf } from '../bounds.ts'
import type { Ids } from '../ids.ts'
import type { Seen } from '../observations.ts'
import { action, callNames } from '../state.ts'
import type { Call, CallName, State } from '../state.ts'
import type { Iommu } from '../iommu/iommu.ts'
import type { Setup } from '../setup.ts'
import type { Design, Kernel, Protocol, Step } from './design.ts'

/** How a call is entered: who may call it when, and what its registers hold then. */
interface CallSpec<P extends Fields = Fields> {
  readonly says: string
  /** What its cost belongs to. */
  readonly path: string
  readonly on: (b: Bounds) => boolean
  readonly params: (id: Ids) => P
  readonly when: (s: State, p: { readonly [K in keyof P]: Value<P[K]> }, setup: Setup, iommu: Iommu) => boolean
  readonly enter: (s: State, p: { readonly [K in keyof P]: Value<P[K]> }) => Partial<Call>
}
const callSpec = <P extends Fields>(spec: CallSpec<P>): CallSpec => spec as unknown as CallSpec

const isBusy = (s: State, test: (call: Call) => boolean): boolean =>
  s.kernel.calls.some(call => call !== null && test(call))

const memoryCalls = {
  map: callSpec({
    says: 'make a frame reachable by the devices of a domain, at one I/O virtual page',
    path: 'map', on: b => b.frames > 0,
    params: id => ({ domain: id.domain, iova: id.iova, frame: id.frame, write: { kind: 'bool' } as const }),
    when: (s, p, { bounds: b }) => s.kernel.mappings[p.domain]![p.iova] === null && s.kernel.frames[p.frame] === null
      && (p.write || b.readOnly === 1)
      && !s.kernel.closed[p.domain]!,
    enter: (s, { domain, iova, frame, write }) => {
      // The allocators hand out frame and address to one caller only, whatever the protocol does before it takes them.
      s.kernel.frames[frame] = domain
      s.kernel.mappings[domain]![iova] = { frame, write, phase: 'mapping' }
      return { domain, iova, frame, write }
    },
  }),
  unmap: callSpec({
    says: 'take one page back from the devices of a domain',
    path: 'unmap', on: b => b.frames > 0, params: id => ({ domain: id.domain, iova: id.iova }),
    when: (s, p) => s.kernel.mappings[p.domain]![p.iova]?.phase === 'live' && !s.kernel.closed[p.domain]!,
    enter: (s, { domain, iova }) => {
      const mapping = s.kernel.mappings[domain]![iova]!
      mapping.phase = 'unmapping'
      return { domain, iova, frame: mapping.frame, write: mapping.write }
    },
  }),
  protect: callSpec({
    says: 'make a live mapping read-only',
    path: 'protect', on: b => b.readOnly === 1, params: id => ({ domain: id.domain, iova: id.iova }),
    when: (s, p) => s.kernel.mappings[p.domain]![p.iova]?.phase === 'live'
      && s.kernel.mappings[p.domain]![p.iova]!.write
      && !s.kernel.closed[p.domain]!,
    enter: (s, { domain, iova }) => {
      const mapping = s.kernel.mappings[domain]![iova]!
      mapping.phase = 'changing'
      return { domain, iova, frame: mapping.frame }
    },
  }),
  flush: callSpec({
    says: 'flush what the unmaps of a domain have deferred',
    path: 'flush', on: b => b.frames > 0, params: id => ({ domain: id.domain }),
    when: (s, p) => s.kernel.mappings[p.domain]!.some(mapping => mapping?.phase === 'deferred')
      && !isBusy(s, call => call.call === 'flush' && call.domain === p.domain) && !s.kernel.closed[p.domain]!,
    enter: (_, { domain }) => ({ domain }),
  }),
}
const deviceCalls = {
  attach: callSpec({
    says: 'give a device that nobody has to a domain',
    path: 'attach', on: b => b.reassign === 1, params: id => ({ device: id.device, domain: id.domain }),
    when: (s, p) => s.kernel.attached[p.device] === null && !isBusy(s, call => call.device === p.device),
    enter: (_, { device, domain }) => ({ device, domain }),
  }),
  detach: callSpec({
    says: 'take a device from its domain',
    path: 'detach', on: b => b.reassign === 1, params: id => ({ device: id.device }),
    // The memory of a domain is at rest while the driver is taken down.
    when: (s, p) => s.kernel.attached[p.device] !== null
      && !isBusy(s, call => call.device === p.device || call.domain === s.kernel.attached[p.device]),
    enter: (s, { device }) => ({ device, domain: s.kernel.attached[device]! }),
  }),
  portAccess: callSpec({
    says: 'a driver asks for the ports of a device',
    path: 'port-io', on: b => b.ports === 1, params: id => ({ domain: id.domain, device: id.device }),
    // A driver may ask for anything: the protocol has to look.
    when: () => true,
    enter: (_, { domain, device }) => ({ domain, device }),
  }),
  migrateInterrupt: callSpec({
    says: 'move an interrupt source to another CPU and vector',
    path: 'irq-migrate', on: b => b.migrate > 0,
    params: id => ({ source: id.source, toCpu: id.cpu, toVector: id.vector }),
    // A second move before the first has ended would leave two old vectors behind: it is refused, as Linux does. A
    // source without one has nothing to move.
    when: (s, p, setup, iommu) => p.source < setup.bounds.migrate && s.kernel.vectors[p.toCpu]![p.toVector] === null
      && !isBusy(s, call => call.source === p.source)
      && placeOf(s, p.source) !== null
      && iommu.reaches(s.unit, p.toCpu, setup),
    enter: (s, { source, toCpu, toVector }) => ({ source, to: { cpu: toCpu, vector: toVector },
      from: placeOf(s, source) }),
  }),
}
export const calls: Readonly<Record<CallName, CallSpec>> = { ...memoryCalls, ...deviceCalls }

/** The one place that a source's handler is installed while it is not moving; null where a kernel has lost it. */
function placeOf(s: State, source: number): { cpu: number; vector: number } | null {
  for (const [cpu, row] of s.kernel.vectors.entries()) {
    const vector = row.indexOf(source)
    if (vector >= 0) return { cpu, vector }
  }
  return null
}

/** One action to enter each call, and one for each later step of its protocol. */
export function kernelActions(design: Design, setup: Setup, iommu: Iommu): Action<State, Seen>[] {
  return callNames.flatMap(name => {
    const protocol = protocolOn(design, name, setup.bounds) as Protocol<unknown>
    return protocol.length === 0 ? [] : protocolActions(name, protocol, setup, iommu)
  })
}

/** The steps that a call of the design takes within these bounds; none where it has no such call. */
export function protocolOn(design: Design, name: CallName, b: Bounds): Protocol {
  const on = hardwareOf(b)
  return calls[name].on(b) ? (design.protocols[name] ?? []).filter(step => !isSkipped(step, name, on)) : []
}

/** What a step is told of the hardware. Frozen: a step that writes to it would change the machine for all steps
 *  after. */
const hardwareOf = (b: Bounds): Pick<Kernel, 'b' | 'caps'> => ({ b: Object.freeze({ ...b }), caps: capsOf(b) })

/** @throws ModelError when the step does not say. */
function isSkipped(step: Step, name: CallName, on: Parameters<NonNullable<Step['skip']>>[0]): boolean {
  if (step.skip === undefined) return false
  let answer: unknown
  try { answer = step.skip(on) } catch (cause) {
    throw new ModelError(`skip of ${name}/${step.name} threw: `
      + `${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`skip of ${name}/${step.name} answered ${String(answer)}; answer true or false`)
}

function protocolActions(name: CallName, protocol: Protocol<unknown>, setup: Setup,
  iommu: Iommu): Action<State, Seen>[] {
  const { bounds: b, ids } = setup, { cpu } = ids
  const caller = { kind: 'range', low: 0, high: b.callers - 1 } as const
  const spec = calls[name]
  const hardware = { ...hardwareOf(b), iommu, design: setup.design }
  const agent = (p: { readonly cpu?: unknown }): string => `cpu${String(p.cpu)}`
  const view = (s: State, at: number): Omit<Kernel<unknown>, 'emit'> => ({ s, call: s.kernel.calls[at]!, cpu: at,
    ...hardware })
  const labels = stepLabels(protocol)
  const take = (k: Omit<Kernel<unknown>, 'emit'>, i: number, emit: Emit<Seen>): void => {
    refuseAnswer(protocol[i]!.then({ ...k, emit }))
    const clause = clauseOf(protocol[i]!, iommu)
    if (clause !== undefined) emit.clause(clause)
    if (k.s.kernel.calls[k.cpu] === null) return // the step ended the call: it failed
    if (i + 1 < protocol.length) k.call.step = i + 1
    else k.s.kernel.calls[k.cpu] = null
  }
  const params = { cpu: b.callers === b.cpus ? cpu : caller }
  // Nothing of a call is to be seen before its first step, so a first step that never waits comes with the entry.
  const joined = protocol[0]!.when === undefined
  const enter = action(name, {
    agent, says: spec.says, path: spec.path, params: { ...params, ...spec.params(ids) },
    when: (s, p) => s.kernel.calls[p.cpu] === null && spec.when(s, p as never, setup, iommu),
    then: (d, p, emit) => {
      const registers = spec.enter(d, p as never)
      d.kernel.calls[p.cpu] = { ...blank, ...registers, call: name, step: 0 }
      if (joined) take(view(d, p.cpu), 0, emit)
    },
  })
  const steps = protocol.map((step, i) => action(`${name}/${labels[i]}`, {
    agent, says: step.says, path: spec.path, fair: true, params,
    when: (s, p) => {
      const call = s.kernel.calls[p.cpu]
      return call !== null && call !== undefined && call.call === name && call.step === i
        && (step.when === undefined || step.when(view(s, p.cpu)))
    },
    then: (d, p, emit) => { take(view(d, p.cpu), i, emit) },
  }))
  return [enter, ...joined ? steps.slice(1) : steps]
}

const blank = { device: null, domain: null, iova: null, frame: null, write: false, page: null, source: null, to: null,
  from: null }

/** The clause that asks for a step. */
export const clauseOf = ({ clause, rule }: Pick<Step, 'clause' | 'rule'>,
  { rules }: Pick<Iommu, 'rules'>): string | undefined => clause ?? (rule === undefined ? undefined : rules[rule])

/** Step names, numbered where a protocol takes a step more than once. */
export function stepLabels(protocol: Protocol): readonly string[] {
  return protocol.map((step, i) => {
    const before = protocol.slice(0, i).filter(other => other.name === step.name).length
    return before === 0 ? step.name : `${step.name}#${before + 1}`
  })
}
