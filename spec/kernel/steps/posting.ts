/** Interrupts that the unit posts: it writes them into memory for the virtual CPU, and notifies the CPU that runs it,
 *  which takes them without an exit, or the host, which wakes it. */
import { optional, table } from '../../../src/model/index.ts'
import type { DeepReadonly } from '../../../src/model/index.ts'
import { notificationVectors } from '../../apic/ids.ts'
import type { Bounds } from '../../bounds.ts'
import type { Posting } from '../../iommu/iommu.ts'
import type { State } from '../../state.ts'
import type { StepContext, Sizes, Step } from '../../step.ts'
import { call } from '../entries.ts'
import { sendEoi } from './handlers.ts'
import {
  exitGuest, hasVcpus, interruptsFirst, loadVcpu, putVcpu, running, serveDevice, startRunning, vcpuCalls, vcpuOf,
} from './vcpus.ts'
import type { Running } from './vcpus.ts'

export interface Posted extends Running {
  readonly state: Running['state'] & {
    /** By virtual CPU: the CPU on whose list of those to wake it is. */
    listedOn: (number | null)[]
  }
}
type PostedStep = Step<unknown, Posted>
type Of = Pick<StepContext<unknown, Posted>, 's' | 'iommu'>

const isAnnounced = ({ s, iommu }: Of, vcpu: number): boolean => iommu.posting!.isAnnounced(s, vcpu)

/** In the guest the CPU does this, and what follows, by its microcode. In the host a notification for a guest says
 *  nothing: the entry looks. */
const takeNotification: PostedStep = {
  name: 'takeNotification', says: 'in the guest: the CPU takes the notification for its virtual CPU, without an exit',
  goesTo: ['wakeListed', 'sendEoi'],
  then: ({ s, call: of, cpu, b, emit, go }) => {
    if (of.from!.vector === notificationVectors(b.vectors).host) go('wakeListed')
    else {
      of.source = s.kernel.calls[cpu] === null ? vcpuOf(s, cpu) : null
      if (of.source === null) go('sendEoi')
    }
    emit.observe({ what: 'handled', ...of.from!, by: null, notifies: false })
  },
}
const takePosted: PostedStep = {
  name: 'takePosted', says: 'take what was posted, and enter the guest with it', interruptsOff: true,
  then: k => {
    if (!k.s.kernel.notifications[k.call.source!]) return
    k.emit.cost('irq-entry')
    serveDevice(k, k.call.source!)
  },
}
const takePostedInGuest: PostedStep = {
  name: 'takePostedInGuest', says: 'the CPU takes what was posted: the guest handles it', goesTo: ['sendEoi'],
  then: k => {
    if (k.s.kernel.notifications[k.call.source!]) serveDevice(k, k.call.source!)
    k.go('sendEoi')
  },
}
const wakeListed: PostedStep = {
  name: 'wakeListed', says: 'wake each virtual CPU on the list of this CPU for which something was announced',
  then: k => {
    const { s, cpu, emit } = k
    s.own.listedOn.forEach((on, vcpu) => {
      if (on !== cpu || !isAnnounced(k, vcpu)) return
      s.own.listedOn[vcpu] = null
      emit.observe({ what: 'woken', source: vcpu })
    })
  },
}

/** What was announced at the old CPU is for the list of that one. */
const wakeIfAnnounced: PostedStep = {
  name: 'wakeIfAnnounced', says: 'wake the virtual CPU, if something was announced before it came here',
  interruptsOff: true,
  then: k => {
    const vcpu = k.call.source!
    if (k.s.own.listedOn[vcpu] !== k.cpu || !isAnnounced(k, vcpu)) return
    k.s.own.listedOn[vcpu] = null
    k.emit.observe({ what: 'woken', source: vcpu })
  },
}

/** At the end of an entry. What is posted after the look notifies the guest. */
const lookForAnnounced: PostedStep = {
  name: 'lookForAnnounced', says: 'enter the guest, with what was announced where something was', interruptsOff: true,
  then: k => { if (!isAnnounced(k, k.call.source!)) k.end() },
}
const joinList: PostedStep = {
  name: 'joinList', says: 'put the virtual CPU on the list of those that this CPU wakes', interruptsOff: true,
  then: ({ s, call: of, cpu }) => { s.own.listedOn[of.source!] = cpu },
}
const leaveList: PostedStep = {
  name: 'leaveList', says: 'take it off the list again', interruptsOff: true,
  then: ({ s, call: of }) => { s.own.listedOn[of.source!] = null },
}
const sleepUnlessAnnounced: PostedStep = {
  name: 'sleepUnlessAnnounced', says: 'put the virtual CPU to sleep, unless something was announced',
  interruptsOff: true, goesTo: ['leaveList'],
  then: k => {
    const { s, call: of, emit, go, end } = k
    if (isAnnounced(k, of.source!)) { go('leaveList'); return }
    s.own.runsOn[of.source!] = null
    emit.observe({ what: 'slept', source: of.source! })
    end()
  },
}

type Seen = DeepReadonly<State> & { readonly own: DeepReadonly<Posted['state']> }
/** Whether the state is that of a hypervisor whose interrupts are posted. */
export const isPosting = (state: DeepReadonly<State>): state is Seen =>
  'own' in state && 'listedOn' in (state.own as object)
/** Whether a CPU whose guest executes is about to take what was posted for it. */
export const isNotified = ({ lapics }: Seen, cpu: number): boolean =>
  lapics[cpu]!.irr[notificationVectors(lapics[cpu]!.irr.length).guest]!
/** Whether one that sleeps is about to be woken: by an interrupt of the CPU on whose list it is, or by whoever moves
 *  it. */
export function isWakened({ lapics, own, kernel }: Seen, vcpu: number): boolean {
  if (isMoving({ kernel } as Pick<State, 'kernel'>, vcpu)) return true
  const cpu = own.listedOn[vcpu]!
  if (cpu === null) return false
  const { irr, isr } = lapics[cpu]!, { host } = notificationVectors(irr.length)
  return irr[host]! || isr[host]!
}

export const postedState = (of: Sizes) => hasVcpus(of.b)
  ? { ...running(of), listedOn: table([of.id.source], optional(of.id.cpu)) } : {}
export function startPosted({ own, b }: { readonly own: Posted['state']; readonly b: Bounds }): void {
  if (hasVcpus(b)) startRunning(own, b)
}
const isMoving = ({ kernel }: Pick<State, 'kernel'>, vcpu: number): boolean =>
  kernel.calls.some(one => one?.call === 'moveSleeper' && one.source === vcpu)
/** @param isAllowed whether a CPU may run a virtual CPU that is ready. */
export const postedCalls = (isAllowed: (vcpu: number, cpu: number, b: Bounds) => boolean) =>
  vcpuCalls<Posted>(false, ({ s, cpu, b }, vcpu) =>
    s.own.listedOn[vcpu] === null && isAllowed(vcpu, cpu, b) && !isMoving(s, vcpu))
const vcpuOnly = ({ id }: Sizes) => ({ source: id.source })
/** The CPU that makes the call takes a virtual CPU that sleeps from the list of another. */
export const moveSleeper = call<ReturnType<typeof vcpuOnly>, Posted>({
  says: 'a CPU takes over a virtual CPU that sleeps on another',
  offered: b => hasVcpus(b) && b.cpus > 1, path: 'vm-run',
  params: vcpuOnly,
  rules: {
    sleepsElsewhere: ({ s, args, cpu }) => s.own.runsOn[args.source] === null && s.own.listedOn[args.source] !== null
      && s.own.listedOn[args.source] !== cpu,
    oneMoveAtATime: ({ s, args }) => !isMoving(s, args.source), interruptsFirst,
  },
})
export const movingProtocol = <U>(p: Posting<U>) => [joinList, ...p.announceToHost, wakeIfAnnounced]

export const postedProtocols = <U>(p: Posting<U>) => ({
  handleInterrupt: [takeNotification, ...p.endAnnouncement, takePostedInGuest, wakeListed, sendEoi],
  runVcpu: [loadVcpu, ...p.announceToGuest, ...p.announceWaiting, lookForAnnounced, ...p.endAnnouncement, takePosted],
  preempt: [exitGuest, ...p.announceNothing, putVcpu], endSlice: [exitGuest, ...p.announceNothing, putVcpu],
  halt: [exitGuest, joinList, ...p.announceToHost, sleepUnlessAnnounced, leaveList, ...p.announceToGuest,
    lookForAnnounced, ...p.endAnnouncement, takePosted],
})
