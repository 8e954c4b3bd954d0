/** Steps of hypervisors: virtual CPUs run, are preempted, halt and are woken. Virtual CPU i is the one that the
 *  interrupt of source i is for, so where there are no sources there are none. A CPU is in the guest of the virtual CPU
 *  that it runs while it is in no call and no handler: a call is what an exit leads to, and its end is the entry. */
import { optional, table } from '../../../src/model/index.ts'
import type { DeepReadonly } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { boundedLapic, dispatchable } from '../../apic/lapic.ts'
import { handlerOf } from '../../state.ts'
import type { State } from '../../state.ts'
import type { CallSpec, StepContext, Own, Sizes, Step } from '../../step.ts'
import { call } from '../entries.ts'

/** By virtual CPU: the CPU that runs it. */
export interface Running extends Own { readonly state: { runsOn: (number | null)[] } }
type VcpuStep = Step<unknown, Running>
type On = DeepReadonly<Pick<State, 'kernel'>> & { readonly own: DeepReadonly<Running['state']> }

export const hasVcpus = (b: Bounds): boolean => b.sources > 0
export const running = ({ id }: Sizes) => ({ runsOn: table([id.source], optional(id.cpu)) })
/** Each runs on a CPU of its own, as far as there are such. */
export function startRunning(own: Running['state'], b: Bounds): void {
  own.runsOn = own.runsOn.map((_, vcpu) => vcpu < b.cpus ? vcpu : null)
}
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
/** What the guest does when it gets the interrupt: its handler serves the device. */
export function enterGuestHandler({ s, emit }: Pick<StepContext<unknown, Own>, 's' | 'emit'>, vcpu: number): void {
  s.kernel.notifications[vcpu] = false
  emit.cost('irq-entry')
  emit.cost('handler')
  emit.observe({ what: 'received', source: vcpu })
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
/** `isReady`: whether the scheduler may choose it, beside that nobody runs it. */
export const runVcpu = <O extends Running>(isReady: (own: O['state'], vcpu: number, cpu: number) => boolean):
  CallSpec<unknown, O> => call<ReturnType<typeof vcpuOnly>, O>({
  says: 'the scheduler gives the CPU to a virtual CPU that is ready', on: hasVcpus, path: 'vm-run', params: vcpuOnly,
  fair: 'strong',
  rules: {
    isReady: ({ s, args, cpu }) => s.own.runsOn[args.source] === null && isReady(s.own, args.source, cpu),
    cpuRunsNone: ({ s, cpu }) => vcpuOf(s, cpu) === null,
  },
})
const exits = <O extends Running>(says: string): CallSpec<unknown, O> => call<{}, O>({
  says, on: hasVcpus, path: 'vm-run', params: () => ({}),
  rules: { runsOne: ({ s, cpu }) => vcpuOf(s, cpu) !== null, interruptsFirst },
  registers: ({ s, cpu }) => ({ source: vcpuOf(s, cpu) }),
})
export const preempt = <O extends Running>(): CallSpec<unknown, O> =>
  exits('the scheduler takes the CPU from a virtual CPU')
export const halt = <O extends Running>(): CallSpec<unknown, O> =>
  exits('a guest that has nothing to do executes HLT')
