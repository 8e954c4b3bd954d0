/** The way of an interrupt: device, message, remapping, local APIC, handler, driver. */
import type { Emit } from '../../src/model/index.ts'
import { match } from 'ts-pattern'
import type { Delivered, Iommu, Message } from '../iommu/iommu.ts'
import type { MachineObservation } from '../observations.ts'
import type { Setup } from '../setup.ts'
import { action, actionOn, blankCall, handlerName, handlerOf, hasInterruptsOff } from '../state.ts'
import type { State } from '../state.ts'
import { accept, boundedLapic, dispatch, dispatchable, eoi } from './lapic.ts'
import { event } from './msi.ts'
import { functionOf, sent } from './source.ts'

export function interruptActions<U>(setup: Setup, iommu: Iommu<U>) {
  const { bounds: b, design: { userDrivers } } = setup
  if (b.sources === 0) return []
  return [raise(setup, iommu), deliver(setup, iommu), ...b.interruptDrain === 0 ? [acceptRemapped(setup)] : [],
    dispatchTo(setup), ...setup.kernel.handles ? [] : [handle(setup)], ...userDrivers ? [receive(setup)] : []]
}

/** An edge. A masked source keeps one pending bit; an unmasked one sends a message. */
function raise<U>({ ids: { source } }: Setup, iommu: Iommu<U>) {
  return actionOn<U>()('device.raise', {
    says: 'a source raises an edge: a message, or a pending bit while it is masked',
    agent: 'device', path: 'irq-deliver', params: { source },
    // One message of a source is on its way at a time: messages of one device stay in order.
    when: (s, p) => s.sources[p.source]!.masked || s.sources[p.source]!.message === null,
    then: (d, p, emit) => {
      const source = d.sources[p.source]!
      const remapped = iommu.remapsInterrupts(d.unit)
      emit.observe({ what: 'raised', source: p.source, pended: source.masked })
      const outcome = event(functionOf(source, remapped), emit.clause)
      if (outcome.kind !== 'message') return
      source.message = sent(outcome.message, remapped)
      emit.cost('msi-message')
    },
  })
}

/** A message arrives at the unit and, remapped, at a local APIC. Where interrupts are not drained these are two
 *  moments. */
function deliver<U>(setup: Setup, iommu: Iommu<U>) {
  const { bounds: b, ids: { source } } = setup
  return actionOn<U>()('iommu.deliver', {
    says: 'the message of a source is remapped, or refused',
    agent: 'iommu', path: 'irq-deliver', fair: true, params: { source },
    when: (s, p) => s.sources[p.source]!.message !== null && s.sources[p.source]!.message!.format !== 'remapped',
    then: (d, p, emit) => {
      const { message } = d.sources[p.source]!
      d.sources[p.source]!.message = null
      const device = p.source % b.devices
      match(message!)
        .with({ format: 'compatible' }, ({ cpu, vector }) => {
          remapAndAccept(d, { device, format: 'compatible', cpu, vector }, p.source, emit, setup, iommu)
        })
        .with({ format: 'remappable' },
          () => { remapAndAccept(d, { device, format: 'remappable', index: p.source }, p.source, emit, setup, iommu) })
        .with({ format: 'remapped' }, () => {})
        .exhaustive()
    },
  })
}

function acceptRemapped({ bounds: b, ids: { source } }: Setup) {
  return action('lapic.accept', {
    says: 'a remapped message reaches its local APIC, which sets IRR',
    agent: 'lapic', path: 'irq-deliver', fair: true, params: { source },
    when: (s, p) => s.sources[p.source]!.message?.format === 'remapped',
    then: (d, p, emit) => {
      const { message } = d.sources[p.source]!
      if (message?.format !== 'remapped') return
      d.sources[p.source]!.message = null
      acceptAt(d, { device: p.source % b.devices, source: p.source, cpu: message.cpu, vector: message.vector }, emit)
    },
  })
}

/** Interrupt remapping, then acceptance. `source: null` marks a forged message for the judge; hardware cannot see the
 *  difference. */
export function remapAndAccept<U>(d: State<U>, message: Message, source: number | null,
  emit: Emit<MachineObservation>, setup: Setup,
  iommu: Iommu<U>): void {
  const { device } = message
  const result = iommu.deliver(d, message, emit, setup)
  if (result.kind === 'rejected') {
    if (result.reason === 0) emit.clause('SDM:apic/no-target')
    emit.observe({ what: 'rejected', device, source, reason: result.reason })
    return
  }
  if (result.kind === 'posted') {
    postTo(d, { device, source, ...result }, emit)
    return
  }
  emit.clause('SDM:apic/physical')
  const { cpu, vector } = result
  if (setup.bounds.interruptDrain === 0 && iommu.remapsInterrupts(d.unit)
    && source !== null) d.sources[source]!.message = { format: 'remapped', cpu, vector }
  else acceptAt(d, { device, source, cpu, vector }, emit)
}

/** What a virtual CPU is to take is in memory before anybody is notified of it. */
function postTo(d: State<unknown>, { device, source, vcpu, notification }: Extract<Delivered, { kind: 'posted' }>
  & Pick<Accepted, 'device' | 'source'>, emit: Emit<MachineObservation>): void {
  const { notifications } = d.kernel
  emit.observe({ what: 'posted', device, source, into: vcpu, merged: notifications[vcpu]! })
  notifications[vcpu] = true
  if (notification === null) return
  emit.clause('SDM:apic/physical')
  accept(d.lapics[notification.cpu]!, notification.vector, false, boundedLapic, emit.clause)
  emit.cost('lapic-accept')
}

interface Accepted {
  readonly device: number
  readonly source: number | null
  readonly cpu: number
  readonly vector: number
}

function acceptAt(d: State<unknown>, { device, source, cpu, vector }: Accepted, emit: Emit<MachineObservation>): void {
  const outcome = accept(d.lapics[cpu]!, vector, false, boundedLapic, emit.clause)
  emit.cost('lapic-accept')
  emit.observe({ what: 'accepted', device, source, cpu, vector, merged: outcome === 'merged' })
}

function dispatchTo(setup: Setup) {
  const { ids: { cpu } } = setup
  return action('cpu.dispatch', {
    says: 'a CPU takes its highest accepted vector into service',
    agent: p => `cpu${p.cpu}`, path: 'irq-deliver', fair: true, params: { cpu },
    // A handler runs with interrupts off, and so may a call.
    when: (s, p) => dispatchable(s.lapics[p.cpu]!, 0, boundedLapic) !== null && handlerOf(s.kernel, p.cpu) === null
      && !hasInterruptsOff(s, setup.kernel, p.cpu),
    then: (d, p, emit) => {
      const vector = dispatchable(d.lapics[p.cpu]!, 0, boundedLapic)!
      dispatch(d.lapics[p.cpu]!, vector, emit.clause)
      emit.cost('irq-entry')
      emit.observe({ what: 'dispatched', cpu: p.cpu, vector })
      if (!setup.kernel.handles) return
      d.kernel.handlers![p.cpu] =
        { ...blankCall(setup.kernel), call: handlerName, step: 0, from: { cpu: p.cpu, vector } }
    },
  })
}

/** Userland drivers are told by IPC; a driver in the kernel runs in the handler itself. The handler of the highest
 *  vector in service runs and ends with EOI. It drains its device, so one run serves all merged edges. */
function handle({ ids: { cpu }, design: { userDrivers } }: Setup) {
  return action('cpu.handle', {
    says: 'the handler of the vector in service runs, and ends with EOI',
    agent: p => `cpu${p.cpu}`, path: 'irq-deliver', fair: true, params: { cpu },
    when: (s, p) => s.lapics[p.cpu]!.isr.includes(true),
    then: (d, p, emit) => {
      const { vector } = eoi(d.lapics[p.cpu]!, boundedLapic, emit.clause)!
      const by = d.kernel.vectors[p.cpu]![vector]!
      emit.cost('eoi')
      if (by !== null && !userDrivers) emit.cost('handler')
      if (by !== null && userDrivers) d.kernel.notifications[by] = true
      emit.observe({ what: 'handled', cpu: p.cpu, vector, by, notifies: userDrivers })
    },
  })
}

/** The userland driver takes the interrupt message and serves its device. */
function receive({ ids: { source } }: Setup) {
  return action('driver.receive', {
    says: 'a userland driver takes the message of an interrupt, and serves its device',
    agent: 'driver', path: 'irq-deliver', fair: true, params: { source },
    when: (s, p) => s.kernel.notifications[p.source]!,
    then: (d, p, emit) => {
      d.kernel.notifications[p.source] = false
      emit.cost('irq-to-user')
      emit.cost('handler')
      // The driver acknowledges, and waits for the next one, in one call.
      emit.cost('syscall')
      emit.observe({ what: 'received', source: p.source, by: p.source })
    },
  })
}
