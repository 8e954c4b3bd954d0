/** The calls of a kernel as actions: each call enters with its first step and goes on one atomic step at a time. The
 *  protocol of handlers begins where a CPU takes an interrupt (spec/apic/delivery.ts). */
import { ModelError, refuseAnswer } from '../../src/model/index.ts'
import type { Action, Emit, Fields } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import { capsOf } from '../bounds.ts'
import { idsOf } from '../ids.ts'
import type { MachineObservation } from '../observations.ts'
import { action, blankCall, callNames, handlerName, handlerOf } from '../state.ts'
import type { Call, CallName, KernelShape, State } from '../state.ts'
import type { Iommu } from '../iommu/iommu.ts'
import type { Setup } from '../setup.ts'
import type { CallSpec, Entry, Own, View } from '../step.ts'
import { stepLabels } from './design.ts'
import type { Design, StepContext, Protocol, Step } from './design.ts'
import { fieldsOf, paramsOf, strictly } from './declared.ts'
import { builtInCalls } from './entries.ts'

/** Names of the calls that a design may give a protocol: built-in ones, and its own. */
export const callsOf = ({ calls }: Pick<Design, 'calls'>): readonly string[] =>
  [...callNames, ...Object.keys(calls).filter(name => !isBuiltIn(name))]
/** Those, and its handler. */
export const protocolsOf = (design: Pick<Design, 'calls'>): readonly string[] => [...callsOf(design), handlerName]
export const isBuiltIn = (name: string): name is CallName => Object.hasOwn(builtInCalls, name)

/** A call with all its parts: of a built-in one, those that the design does not replace. */
export function callOf({ calls }: Pick<Design, 'calls'>, name: string): CallSpec {
  const own = Object.hasOwn(calls, name) ? calls[name]! : {}
  if (!isBuiltIn(name)) return own
  const from = builtInCalls[name]
  return { ...from, ...own, rules: { ...from.rules, ...own.rules }, takes: { ...from.takes, ...own.takes } }
}

/** What of the kernel's state depends on the design. */
export function shapeOf(design: Design, b: Bounds): KernelShape {
  const sizes = { id: idsOf(b), b }
  const lengths = protocolsOf(design).map(name => protocolOn(design, name, b).length)
  return {
    calls: callsOf(design).filter(name => !isBuiltIn(name)), longestProtocol: Math.max(1, ...lengths),
    handles: protocolOn(design, handlerName, b).length > 0,
    interruptsOff: Object.fromEntries(callsOf(design).flatMap(name => {
      const off = protocolOn(design, name, b).flatMap((step, i) => step.interruptsOff === true ? [i] : [])
      return off.length === 0 ? [] : [[name, off]]
    })),
    registers: fieldsOf(design, 'registers', sizes) ?? {}, own: fieldsOf(design, 'state', sizes),
  }
}

/** One action to enter each call, and one for each later step of its protocol. */
export function kernelActions(design: Design, setup: Setup, iommu: Iommu): Action<State, MachineObservation>[] {
  return protocolsOf(design).flatMap(name => {
    const protocol = protocolOn(design, name, setup.bounds)
    return protocol.length === 0 ? [] : new Running(design, name, protocol, setup, iommu).actions()
  })
}

/** The steps that a call of the design takes within these bounds; none where it has no such call. */
export function protocolOn(design: Design, name: string, b: Bounds): Protocol {
  const on = hardwareOf(b)
  const isOn = name === handlerName ? b.sources > 0 : isOffered(name, callOf(design, name), b)
  return isOn ? (design.protocols[name] ?? []).filter(step => !isSkipped(step, name, on)) : []
}

/** @throws ModelError when the call does not say. */
function isOffered(name: string, { offered }: CallSpec, b: Bounds): boolean {
  const answer: unknown = offered === undefined || offered(b)
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`\`offered\` of the call ${name} answered ${String(answer)}; answer true or false`)
}

/** What a step is told of the hardware. Frozen: a step that writes to it would change the machine for all steps
 *  after. */
const hardwareOf = (b: Bounds): Pick<StepContext, 'b' | 'caps'> => ({ b: Object.freeze({ ...b }), caps: capsOf(b) })

/** @throws ModelError when the step does not say. */
function isSkipped(step: Step, name: string, on: Parameters<NonNullable<Step['skip']>>[0]): boolean {
  if (step.skip === undefined) return false
  let answer: unknown
  try { answer = step.skip(on) } catch (cause) {
    throw new ModelError(`skip of ${name}/${step.name} threw: `
      + `${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (typeof answer === 'boolean') return answer
  throw new ModelError(`skip of ${name}/${step.name} answered ${String(answer)}; answer true or false`)
}

type AnyView = View<unknown, Own>
type AnyStep = Step<unknown, Own>
type Arguments = Readonly<Record<string, number>> & { readonly cpu: number }

/** One call of a design on one machine. */
class Running {
  private readonly steps: readonly AnyStep[]
  private readonly labels: readonly string[]
  /** By name of a step: where the call goes on that goes there. */
  private readonly targets: ReadonlyMap<string, number>
  private readonly hardware: Pick<AnyView, 'b' | 'caps' | 'iommu' | 'design'>
  private readonly blank: Record<string, unknown>
  private readonly spec: CallSpec
  private readonly path: string
  /** Whether a design has a part in it: what names are read is looked at. */
  private readonly isOwn: boolean

  constructor(design: Design, private readonly name: string, protocol: Protocol, private readonly setup: Setup,
    private readonly iommu: Iommu) {
    this.steps = protocol as readonly AnyStep[]
    this.labels = stepLabels(protocol)
    this.targets = targetsOf(name, design.protocols[name]!, protocol)
    this.hardware = { ...hardwareOf(setup.bounds), iommu, design: setup.design }
    this.blank = blankCall(setup.kernel) as unknown as Record<string, unknown>
    this.spec = name === handlerName ? {} : callOf(design, name)
    this.isOwn = Object.hasOwn(design.calls, name)
    this.path = name === handlerName ? 'irq-deliver' : this.spec.path ?? name
  }

  actions(): Action<State, MachineObservation>[] {
    // Nothing of a call is to be seen before its first step, so a first step that never waits comes with the entry.
    const joined = this.name !== handlerName && this.steps[0]!.when === undefined
    const steps = this.steps.map((_, i) => this.stepAction(i))
    const later = joined && !this.isTarget(0) ? steps.slice(1) : steps
    return this.name === handlerName ? later : [this.entry(joined), ...later]
  }

  /** A handler runs on any CPU, a call on those that make calls. */
  private get params() {
    const { bounds: b, ids: { cpu } } = this.setup
    const isAny = b.callers === b.cpus || this.name === handlerName
    return { cpu: isAny ? cpu : { kind: 'range', low: 0, high: b.callers - 1 } as const }
  }

  private entry(joined: boolean): Action<State, MachineObservation> {
    const { spec, name } = this, { bounds: b, ids: id } = this.setup
    const rules = Object.values(spec.rules ?? {}).filter(rule => rule !== null)
    const takes = Object.values(spec.takes ?? {}).filter(part => part !== null)
    const own = paramsOf(name, spec, { id, b })
    const registers = Object.keys(own).filter(param => Object.hasOwn(this.blank, param))
    return action<Fields>(name, {
      agent, says: spec.says ?? name, path: this.path, fair: spec.fair ?? false, params: { ...this.params, ...own },
      ...joined ? { recipe: this.steps[0]!.then } : {},
      when: (s, given) => {
        const p = given as Arguments
        return isFree(s, p.cpu) && rules.every(rule => this.answered(rule(this.view(s, p) as never)))
      },
      then: (d, given, emit) => {
        const p = given as Arguments, k = this.view(d, p)
        for (const take of takes) refuseAnswer(take(k as never))
        d.kernel.calls[p.cpu] = { ...this.blank, ...Object.fromEntries(registers.map(param => [param, p[param]])),
          ...spec.registers?.(k as never), call: name, step: 0 } as unknown as Call
        if (joined) this.take(d, p.cpu, 0, emit)
      },
    })
  }
  private view(s: State, args: Arguments): Entry<unknown, Own, Arguments> {
    const k = { s: s as AnyView['s'], args: this.isOwn ? strictly(args, 'args') : args, cpu: args.cpu, ...this.hardware,
      reaches: (cpu: number): boolean => this.iommu.reaches(s.unit, cpu, this.setup) }
    return this.isOwn ? strictly(k, 'what a rule gets') : k
  }
  /** @throws ModelError */
  private answered(answer: unknown): boolean {
    if (typeof answer === 'boolean') return answer
    throw new ModelError(`a rule of the entry of ${this.name} answered ${String(answer)}; answer true or false`)
  }

  private stepAction(i: number): Action<State, MachineObservation> {
    const step = this.steps[i]!
    return action(`${this.name}/${this.labels[i]}`, {
      agent, says: step.says, path: this.path, fair: true, params: this.params, recipe: step.then,
      when: (s, p) => {
        const call = this.running(s)[p.cpu]
        return call !== null && call !== undefined && call.call === this.name && call.step === i
          && (this.name === handlerName || handlerOf(s.kernel, p.cpu) === null)
          && (step.when === undefined || step.when(this.viewOf(s, p.cpu)))
      },
      then: (d, p, emit) => { this.take(d, p.cpu, i, emit) },
    })
  }
  private viewOf(s: State, cpu: number): AnyView {
    return strictly({ s: s as AnyView['s'], call: this.running(s)[cpu]!, cpu, ...this.hardware }, 'what a step gets')
  }
  /** Calls, or interrupts, that CPUs are in. */
  private running(s: State): (Call | null)[] { return this.name === handlerName ? s.kernel.handlers! : s.kernel.calls }

  private take(d: State, cpu: number, i: number, emit: Emit<MachineObservation>): void {
    const step = this.steps[i]!, view = this.viewOf(d, cpu)
    let next = i + 1
    const go = (label: string): void => { next = this.targetOf(step, label) }
    refuseAnswer(step.then(strictly({ ...view, emit, go, end: () => { next = this.steps.length } },
      'what a step gets')))
    const clause = clauseOf(step, this.iommu)
    if (clause !== undefined) emit.clause(clause)
    if (this.running(d)[cpu] === null) return // the step ended the call by hand
    if (next < this.steps.length) view.call.step = next
    else this.running(d)[cpu] = null
  }
  private targetOf(step: AnyStep, label: string): number {
    const found = step.goesTo?.includes(label) === true ? this.targets.get(label) : undefined
    if (found !== undefined) return found
    throw new ModelError(`${this.name}/${step.name} goes to '${label}', which its goesTo does not name; it names `
      + (step.goesTo ?? ['nothing']).join(', '))
  }
  private isTarget(i: number): boolean {
    return this.steps.some(({ goesTo = [] }) => goesTo.some(label => this.targets.get(label) === i))
  }
}

const agent = (p: { readonly cpu?: unknown }): string => `cpu${String(p.cpu)}`
const isFree = ({ kernel }: State, cpu: number): boolean =>
  kernel.calls[cpu] === null && handlerOf(kernel, cpu) === null

/** By name of a step of the whole protocol: its place in the part that is taken on this hardware. Where the step is
 *  left out, that of the next which is not. @throws ModelError naming a step that there is not. */
function targetsOf(name: string, whole: Protocol, part: Protocol): ReadonlyMap<string, number> {
  const labels = stepLabels(whole)
  for (const step of part) {
    const twice = step.goesTo?.find(label => whole.filter(({ name: one }) => one === label).length > 1)
    if (twice !== undefined)
      throw new ModelError(`${name}/${step.name} goes to '${twice}', which ${name} has more than once: `
        + 'give the step that it goes to a name of its own')
    const missing = step.goesTo?.find(label => !whole.some(({ name: one }) => one === label))
    if (missing !== undefined)
      throw new ModelError(`${name}/${step.name} goes to '${missing}', and ${name} has no such step; it has `
        + labels.join(', '))
  }
  return new Map(labels.map((label, at) =>
    [label, whole.slice(0, at).filter(step => part.includes(step)).length] as const))
}

/** The clause that asks for a step. */
export const clauseOf = ({ clause, rule }: Pick<Step, 'clause' | 'rule'>,
  { rules }: Pick<Iommu, 'rules'>): string | undefined => clause ?? (rule === undefined ? undefined : rules[rule])
