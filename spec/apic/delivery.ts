/** The way of an interrupt: device, message, remapping, local APIC, handler, driver. */
import type { Emit } from '../../src/model/index.ts'
import { match } from 'ts-pattern'
import type { Bounds } from '../bounds.ts'
import { idsOf } from '../ids.ts'
import type { Seen } from '../observations.ts'
import { action } from '../state.ts'
import type { Source, State } from '../state.ts'
import { apicIdOf, cpuOf, decodeIrte, seenByHardware } from '../vtd/bounded/tables.ts'
import { recordIn } from '../vtd/bounded/faults.ts'
import { remap } from '../vtd/remap/remap.ts'
import type { InterruptRequest, Remapped } from '../vtd/remap/remap.ts'
import { interruptUnit } from '../vtd/bounded/state.ts'
import { accept, boundedLapic, dispatch, dispatchable, eoi } from './lapic.ts'

/** Userland drivers are told by IPC; a driver in the kernel runs in the handler itself. */
export interface Delivery { readonly handlersNotify: boolean }

export function interruptActions(b: Bounds, delivery: Delivery) {
  if (b.sources === 0) return []
  return [raise(b), deliver(b), ...b.interruptDrain === 0 ? [acceptRemapped(b)] : [], dispatchTo(b), handle(b, delivery),
    ...delivery.handlersNotify ? [receive(b)] : []]
}

/** What a source sends: in the format of the kernel's set-up, with the address and data of this instant. */
export function messageOf(s: State, source: Source): NonNullable<Source['message']> {
  return s.unit.ires ? { format: 'remappable' } : { format: 'compatible', cpu: source.cpu, vector: source.vector }
}

/** An edge. A masked source keeps one pending bit; an unmasked one sends a message. */
function raise(b: Bounds) {
  const { source } = idsOf(b)
  return action('device.raise', {
    says: 'a source raises an edge: a message, or a pending bit while it is masked',
    agent: 'device', path: 'irq-deliver', params: { source },
    // One message of a source is on its way at a time: messages of one device stay in order.
    when: (s, p) => s.sources[p.source]!.masked || s.sources[p.source]!.message === null,
    then: (d, p, emit) => {
      const source = d.sources[p.source]!
      emit.see({ what: 'raised', source: p.source, pended: source.masked })
      if (source.masked) {
        source.pending = true
        emit.clause('PCI:msix/pending-on-mask')
        return
      }
      source.message = messageOf(d, source)
      emit.cost('msi-message')
      emit.clause('PCI:msi/message')
    },
  })
}

/** A message arrives at the unit and, remapped, at a local APIC. Where interrupts are not drained these are two moments. */
function deliver(b: Bounds) {
  const { source } = idsOf(b)
  return action('iommu.deliver', {
    says: 'the message of a source is remapped, or refused',
    agent: 'iommu', path: 'irq-deliver', fair: true, params: { source },
    when: (s, p) => s.sources[p.source]!.message !== null && s.sources[p.source]!.message!.format !== 'remapped',
    then: (d, p, emit) => {
      const { message } = d.sources[p.source]!
      d.sources[p.source]!.message = null
      const device = p.source % b.devices
      match(message!)
        .with({ format: 'compatible' }, ({ cpu, vector }) => {
          remapAndAccept(d, { device, source: p.source, format: 'compatible', cpu, vector }, emit, b)
        })
        .with({ format: 'remappable' }, () => { remapAndAccept(d, { device, source: p.source, format: 'remappable', index: p.source }, emit, b) })
        .with({ format: 'remapped' }, () => {})
        .exhaustive()
    },
  })
}

function acceptRemapped(b: Bounds) {
  const { source } = idsOf(b)
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

type Arrival = { readonly device: number; readonly source: number | null }
  & ({ readonly format: 'compatible'; readonly cpu: number; readonly vector: number } | { readonly format: 'remappable'; readonly index: number })

/** Interrupt remapping, then acceptance. `source: null` marks a forged message for the judge; hardware cannot see the difference. */
export function remapAndAccept(d: State, arrival: Arrival, emit: Emit<Seen>, b: Bounds): void {
  const { device, source } = arrival
  const result = remapped(d, arrival, emit, b)
  for (const id of result.exercised) emit.clause(id)
  const rejected = (reason: number): void => { emit.see({ what: 'rejected', device, source, reason }) }
  if (result.kind === 'fault') {
    rejected(result.reason)
    recordIn(d.unit, { reason: result.reason, sid: device, address: result.index ?? 0, write: true }, emit)
    return
  }
  const cpu = result.kind === 'interrupt' ? cpuOf(result.interrupt.dst, b) : null
  if (result.kind !== 'interrupt' || cpu === null) {
    emit.clause('SDM:apic/no-target')
    rejected(0)
    return
  }
  emit.clause('SDM:apic/physical')
  const { vector } = result.interrupt
  if (b.interruptDrain === 0 && d.unit.ires && source !== null) d.sources[source]!.message = { format: 'remapped', cpu, vector }
  else acceptAt(d, { device, source, cpu, vector }, emit)
}

function remapped(d: State, arrival: Arrival, emit: Emit<Seen>, b: Bounds): Remapped {
  const { wideDestinations } = d.unit.memory
  const request: InterruptRequest = {
    sid: arrival.device,
    unremapped: {
      vector: arrival.format === 'compatible' ? arrival.vector : 0, dlm: 0, dm: false, rh: false, tm: false, assert: true,
      // The message has eight bits for the destination (SDM vol. 3 10.11).
      dst: arrival.format === 'compatible' ? apicIdOf(arrival.cpu, b) & 0xff : 0,
    },
    remappable: arrival.format === 'compatible' ? null : { index: arrival.index, reserved: false },
  }
  return remap(interruptUnit(d.unit, b), request, index => {
    const cached = d.unit.iec[index]!
    emit.cost(cached === null ? 'irte-fetch' : 'iec-hit')
    return decodeIrte(cached === null ? seenByHardware(d.unit.memory.irt[d.unit.memory.irta]![index]!) : cached.entry, wideDestinations, b)
  })
}

interface Accepted { readonly device: number; readonly source: number | null; readonly cpu: number; readonly vector: number }

function acceptAt(d: State, { device, source, cpu, vector }: Accepted, emit: Emit<Seen>): void {
  const outcome = accept(d.lapics[cpu]!, vector, false, boundedLapic, emit.clause)
  emit.cost('lapic-accept')
  emit.see({ what: 'accepted', device, source, cpu, vector, merged: outcome === 'merged' })
}

function dispatchTo(b: Bounds) {
  const { cpu } = idsOf(b)
  return action('cpu.dispatch', {
    says: 'a CPU takes its highest accepted vector into service',
    agent: p => `cpu${p.cpu}`, path: 'irq-deliver', fair: true, params: { cpu },
    when: (s, p) => dispatchable(s.lapics[p.cpu]!, 0, boundedLapic) !== null,
    then: (d, p, emit) => {
      const vector = dispatchable(d.lapics[p.cpu]!, 0, boundedLapic)!
      dispatch(d.lapics[p.cpu]!, vector, emit.clause)
      emit.cost('irq-entry')
      emit.see({ what: 'dispatched', cpu: p.cpu, vector })
    },
  })
}

/** The handler of the highest vector in service runs and ends with EOI. It drains its device, so one run serves all merged edges. */
function handle(b: Bounds, { handlersNotify }: Delivery) {
  const { cpu } = idsOf(b)
  return action('cpu.handle', {
    says: 'the handler of the vector in service runs, and ends with EOI',
    agent: p => `cpu${p.cpu}`, path: 'irq-deliver', fair: true, params: { cpu },
    when: (s, p) => s.lapics[p.cpu]!.isr.includes(true),
    then: (d, p, emit) => {
      const { vector } = eoi(d.lapics[p.cpu]!, boundedLapic, emit.clause)!
      const by = d.kernel.vectors[p.cpu]![vector]!
      emit.cost('eoi')
      if (by !== null && !handlersNotify) emit.cost('handler')
      if (by !== null && handlersNotify) d.kernel.notifications[by] = true
      emit.see({ what: 'handled', cpu: p.cpu, vector, by, notifies: handlersNotify })
    },
  })
}

/** The userland driver takes the interrupt message and serves its device. */
function receive(b: Bounds) {
  const { source } = idsOf(b)
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
      emit.see({ what: 'received', source: p.source })
    },
  })
}
