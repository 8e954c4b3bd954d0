/** Steps of hypervisors: virtual CPUs run, are preempted, halt and are woken. Virtual CPU i is the one that the
 *  interrupt of source i is for, so where there are no sources there are none. A CPU is in the guest of the virtual CPU
 *  that it runs while it is in no call and no handler: a call is what an exit leads to, and its end is the entry. */
import { optional, table } from '../../../src/model/index.ts'
import type { DeepReadonly } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { boundedLapic, dispatchable } from '../../apic/lapic.ts'
import { handlerOf } from '../../state.ts'
import type { State } from '../../state.ts'
import type { CallSpec, Entry, StepContext, Own, OwnCost, Sizes, Step } from '../../step.ts'
import { call } from '../entries.ts'

/** By virtual CPU: the CPU that runs it. */
export interface Running extends Own { readonly state: { runsOn: (number | null)[] } }
type VcpuStep = Step<unknown, Running>
type On = DeepReadonly<Pick<State, 'kernel'>> & { readonly own: DeepReadonly<Running['state']> }

export const hasVcpus = (b: Bounds): boolean => b.sources > 0
export const running = ({ id }: Sizes) => ({ runsOn: table([id.source], optional(id.cpu)) })
/** At first each runs on a CPU of its own, as far as there are such. */
export const firstCpuOf = (vcpu: number, b: Bounds): number | null => vcpu < b.cpus ? vcpu : null
export function startRunning(own: Running['state'], b: Bounds): void {
  own.runsOn = own.runsOn.map((_, vcpu) => firstCpuOf(vcpu, b))
}
/** A virtual CPU halts, and is woken by its interrupt. @param moves ops in between. */
export const sleeping = (sizes: OwnCost['bounds'], ...moves: OwnCost['ops']): OwnCost => ({
  name: 'sleep', bounds: { sources: 1, ...sizes }, paths: ['vm-run'],
  ops: [{ action: 'halt', args: { cpu: 0 } }, ...moves, { action: 'device.raise', args: { source: 0 } }],
})
/** The virtual CPU that a CPU runs; null where it runs none. */
export function vcpuOf({ own }: Pick<On, 'own'>, cpu: number): number | null {
  const vcpu = own.runsOn.indexOf(cpu)
  return vcpu < 0 ? null : vcpu
}
/** The CPU on which the guest of a virtual CPU executes at this moment; null where the hypervisor does, or none. */
export function inGuest({ kernel, own }: On, vcpu: number): number | null {
  const cpu = own.runsOn[vcpu]!
  return cpu !== null && kernel.calls[cpu] === null && handlerOf(kernel, cpu) === null ? cpu : null
}

export const exitGuest: Step<unknown> = {
  name: 'exitGuest', says: 'the guest exits to the hypervisor', then: ({ emit }) => { emit.cost('vm-exit') },
}
/** What the guest on this CPU does when it gets the interrupt of the source: its handler serves the device, for all
 *  edges that have merged. */
export function serveDevice({ s, cpu, emit }: Pick<StepContext<unknown, Running>, 's' | 'cpu' | 'emit'>,
  source: number): void {
  s.kernel.notifications[source] = false
  emit.cost('handler')
  emit.observe({ what: 'received', source, by: vcpuOf(s, cpu) })
}

export const loadVcpu: VcpuStep = {
  name: 'loadVcpu', says: 'load the virtual CPU: this CPU runs it from here on', interruptsOff: true,
  then: ({ s, call: of, cpu }) => { s.own.runsOn[of.source!] = cpu },
}
export const putVcpu: VcpuStep = {
  name: 'putVcpu', says: 'put the virtual CPU back: it is ready, and runs nowhere', interruptsOff: true,
  then: ({ s, call: of }) => { s.own.runsOn[of.source!] = null },
}

/** A guest executes with interrupts on: it exits for one that waits before it does of its own, or for the scheduler. */
export const interruptsFirst = ({ s, cpu }: { readonly s: Pick<State, 'lapics'>; readonly cpu: number }): boolean =>
  dispatchable(s.lapics[cpu]!, 0, boundedLapic) === null

const vcpuOnly = ({ id }: Sizes) => ({ source: id.source })
const runsOne = ({ s, cpu }: { readonly s: Pick<On, 'own'>; readonly cpu: number }): boolean => vcpuOf(s, cpu) !== null
const exits = <O extends Running>(says: string): CallSpec<unknown, O> => call<{}, O>({
  says, offered: hasVcpus, path: 'vm-run', params: () => ({}), rules: { runsOne, interruptsFirst },
  registers: ({ s, cpu }) => ({ source: vcpuOf(s, cpu) }),
})

/** @param mayRun whether a CPU may run a virtual CPU that no CPU runs. @param hostHandles whether the host handles what
 *  devices send. */
export function vcpuCalls<O extends Running>(hostHandles: boolean,
  mayRun: (k: Pick<Entry<unknown, O>, 's' | 'cpu' | 'b'>, vcpu: number) => boolean) {
  type Of = Pick<Entry<unknown, O>, 's' | 'cpu' | 'b'>
  const isReady = (k: Of, vcpu: number): boolean => k.s.own.runsOn[vcpu] === null && mayRun(k, vcpu)
  return {
    runVcpu: call<ReturnType<typeof vcpuOnly>, O>({
      says: 'the scheduler gives the CPU to a virtual CPU that is ready',
      offered: hasVcpus, path: 'vm-run', fair: 'strong',
      params: vcpuOnly,
      rules: { isReady: k => isReady(k as Of, k.args.source), cpuRunsNone: ({ s, cpu }) => vcpuOf(s, cpu) === null },
    }),
    preempt: exits<O>('the scheduler takes the CPU from a virtual CPU'),
    halt: exits<O>('a guest that has nothing to do executes HLT'),
    /** What the scheduler owes: else one may keep the CPU. Handlers of the host come before it. */
    endSlice: {
      ...exits<O>('the time of a virtual CPU is up, and another one is ready'), fair: 'strong',
      offered: b => b.sources > 1,
      rules: { runsOne, ...hostHandles ? { interruptsFirst } : {},
        anotherIsReady: (k: Of) => k.s.own.runsOn.some((_, vcpu) => isReady(k, vcpu)) },
    } as CallSpec<unknown, O>,
  }
}
