/** Interrupts that the hypervisor injects: its handler records them for the virtual CPU, and wakes it or interrupts the
 *  CPU that runs it. The guest gets them at its next entry. */
import { bool, table } from '../../../src/model/index.ts'
import type { DeepReadonly } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import { handlerOf } from '../../state.ts'
import type { State } from '../../state.ts'
import type { OwnScope, StepContext, Sizes, Step } from '../../step.ts'
import { call } from '../entries.ts'
import { findHandler, sendEoi } from './handlers.ts'
import {
  exitGuest, hasVcpus, interruptsFirst, loadVcpu, putVcpu, running, serveDevice, startRunning, vcpuCalls, vcpuOf,
} from './vcpus.ts'
import type { Running } from './vcpus.ts'

export interface Injecting extends Running {
  readonly state: Running['state'] & {
    /** By virtual CPU: it has halted, or is about to. */
    halted: boolean[]
    /** By CPU: an interrupt for it to exit its guest is on its way. */
    kicked: boolean[]
  }
}
type InjectionStep = Step<unknown, Injecting>

function inject(k: StepContext<unknown, Injecting>, vcpu: number): void {
  if (!k.s.kernel.notifications[vcpu]) return
  k.emit.cost('irq-entry')
  serveDevice(k, vcpu)
}

const recordInterrupt: InjectionStep = {
  name: 'recordInterrupt', says: 'record the interrupt for its virtual CPU',
  then: ({ s, call: of, emit }) => {
    const { source } = of
    emit.observe({ what: 'handled', ...of.from!, by: source, notifies: source !== null })
    if (source === null) return
    s.kernel.notifications[source] = true
    emit.observe({ what: 'injected', source, into: source })
  },
}
const wakeOrKick: InjectionStep = {
  name: 'wakeOrKick', says: 'wake the virtual CPU if it has halted, or interrupt another CPU that runs it',
  then: ({ s, call: of, cpu, emit }) => {
    if (of.source === null) return
    const on = s.own.runsOn[of.source]!
    if (s.own.halted[of.source]) {
      s.own.halted[of.source] = false
      if (on === null) emit.observe({ what: 'woken', source: of.source })
    } else if (on !== null && on !== cpu) {
      s.own.kicked[on] = true
      emit.cost('ipi')
    }
  },
}
/** The interrupt of the device was an exit of the guest that executed there. */
const returnToGuest: InjectionStep = {
  name: 'returnToGuest', says: 'where a guest was interrupted: inject what waits for it, and enter it again',
  then: k => {
    const vcpu = k.s.kernel.calls[k.cpu] === null ? vcpuOf(k.s, k.cpu) : null
    if (vcpu === null) return
    k.emit.cost('vm-exit')
    inject(k, vcpu)
  },
}

/** The last step of an entry: what comes after it finds the virtual CPU running, and interrupts its CPU. */
const injectPending: InjectionStep = {
  name: 'injectPending', says: 'inject the interrupt that waits, and enter the guest', interruptsOff: true,
  then: k => { inject(k, k.call.source!) },
}
const takeKick: InjectionStep = {
  name: 'takeKick', says: 'the guest exits, if there is one', interruptsOff: true,
  then: ({ s, call: of, cpu, emit, end }) => {
    s.own.kicked[cpu] = false
    of.source = vcpuOf(s, cpu)
    if (of.source === null) end()
    else emit.cost('vm-exit')
  },
}

const markHalted: InjectionStep = {
  name: 'markHalted', says: 'mark the virtual CPU halted: whoever has an interrupt for it wakes it from here on',
  interruptsOff: true, then: ({ s, call: of }) => { s.own.halted[of.source!] = true },
}
const lookForPending: InjectionStep = {
  name: 'lookForPending', says: 'look whether an interrupt waits; if so, go back to the guest with it',
  interruptsOff: true, goesTo: ['injectPending'],
  then: ({ s, call: of, go }) => {
    if (!s.kernel.notifications[of.source!]) return
    s.own.halted[of.source!] = false
    go('injectPending')
  },
}
const sleepIfHalted: InjectionStep = {
  name: 'sleepIfHalted', says: 'put the virtual CPU to sleep, unless it was woken meanwhile', interruptsOff: true,
  then: ({ s, call: of, emit, end }) => {
    if (!s.own.halted[of.source!]) return
    s.own.runsOn[of.source!] = null
    emit.observe({ what: 'slept', source: of.source! })
    end()
  },
}

/** Whether a CPU whose guest executes is about to exit for what waits: by an interrupt on its way, or a handler that
 *  will send it. */
export function isNoticed({ kernel, own }: DeepReadonly<State> & { readonly own: DeepReadonly<Injecting['state']> },
  vcpu: number, cpu: number): boolean {
  return own.kicked[cpu]! || own.kicked.some((_, other) => handlerOf(kernel, other)?.source === vcpu)
}

export const injectionState = (of: Sizes) => hasVcpus(of.b)
  ? { ...running(of), halted: table([of.id.source], bool), kicked: table([of.id.cpu], bool) } : {}
export function startInjection({ own, b }: { readonly own: Injecting['state']; readonly b: Bounds }): void {
  if (hasVcpus(b)) startRunning(own, b)
}
export const injectionCalls = {
  ...vcpuCalls<Injecting>(true, ({ s }, vcpu) => !s.own.halted[vcpu]),
  answerKick: call<{}, Injecting>({
    says: 'a CPU takes the interrupt that asks it to exit its guest', offered: b => hasVcpus(b) && b.cpus > 1,
    path: 'irq-deliver', fair: 'strong', params: () => ({}),
    rules: { isKicked: ({ s, cpu }) => s.own.kicked[cpu]!, interruptsFirst },
  }),
}
export const injecting: OwnScope = {
  name: 'injection', says: 'a virtual CPU runs, is preempted, halts and is interrupted, on two CPUs',
  bounds: { cpus: 2, callers: 2, sources: 1, vectors: 1 },
}
export const twoGuests: OwnScope = {
  name: 'two-guests', says: 'two virtual CPUs by turns on one CPU, each with the interrupt of its device',
  bounds: { devices: 2, sources: 2, vectors: 2 },
}
/** What a host gives up that handles interrupts itself. */
export const hostFirst = {
  'edges-are-served': 'the host handles each interrupt before it schedules: a source that does not stop keeps the '
    + 'CPU from a guest that is ready (receive livelock)',
}
export const injectionProtocols = {
  handleInterrupt: [findHandler, recordInterrupt, wakeOrKick, sendEoi, returnToGuest],
  runVcpu: [loadVcpu, injectPending], preempt: [exitGuest, putVcpu], endSlice: [exitGuest, putVcpu],
  answerKick: [takeKick, injectPending],
  halt: [exitGuest, markHalted, lookForPending, sleepIfHalted, injectPending],
}
