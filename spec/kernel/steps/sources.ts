/** Steps of interrupt migration that are the kernel's own: vectors, and the message registers of the source (PCIe
 *  6.1.4). */
import type { StepContext as ContextOf, NeutralStep as Step } from '../design.ts'
import type { MsiSource } from '../../apic/msi.ts'
import { mask, unmask, writeAddress, writeData } from '../../apic/msi.ts'
import { functionOf, sent } from '../../apic/source.ts'

/** The source of the call, as the function that sends its messages. */
const sourceOf = ({ s, call, iommu }: ContextOf<unknown>): MsiSource =>
  functionOf(s.sources[call.source!]!, iommu.remapsInterrupts(s.unit))

/** The handler is installed at the new place first; the old place stays valid until it is released. Where steps come
 *  before this one, another CPU may have taken the vector that was free at the call. */
export const claimVector: Step = {
  name: 'claimVector',
  says: 'allocate the new vector and install the handler there; the call fails if it was taken meanwhile',
  then: ({ s, call, emit, end }) => {
    if (s.kernel.vectors[call.to!.cpu]![call.to!.vector] !== null) {
      end()
      return
    }
    s.kernel.vectors[call.to!.cpu]![call.to!.vector] = call.source
    emit.cost('lock')
    emit.observe({ what: 'bound', cpu: call.to!.cpu, vector: call.to!.vector, to: call.source })
  },
}

/** Two builders would each copy the table that the other is about to replace. */
export const lockInterruptTable: Step = {
  name: 'lockInterruptTable', says: 'take the lock of the interrupt table', skip: ({ b }) => b.callers === 1,
  endedBy: 'unlockInterruptTable',
  when: ({ s }) => s.kernel.interruptTableLock === null,
  then: ({ s, cpu, emit }) => { s.kernel.interruptTableLock = cpu; emit.cost('lock') },
}
export const unlockInterruptTable: Step = {
  name: 'unlockInterruptTable', says: 'release the lock of the interrupt table', skip: ({ b }) => b.callers === 1,
  then: ({ s }) => { s.kernel.interruptTableLock = null },
}

export const maskSource: Step = {
  name: 'maskSource', says: 'set the mask bit of the source', clause: 'PCI:msix/pending-on-mask',
  endedBy: 'unmaskSource',
  then: k => { mask(sourceOf(k)); k.emit.cost('mmio-write') },
}
/** Sends the message that was pending. */
export const unmaskSource: Step = {
  name: 'unmaskSource', says: 'clear the mask bit of the source', clause: 'PCI:msix/unmask-sends-one',
  when: ({ s, call }) => !s.sources[call.source!]!.pending || s.sources[call.source!]!.message === null,
  then: k => {
    const { s, call, iommu, emit } = k, message = unmask(sourceOf(k))
    emit.cost('mmio-write')
    emit.observe({ what: 'unmasked', source: call.source! })
    if (message === null) return
    s.sources[call.source!]!.message = sent(message, iommu.remapsInterrupts(s.unit))
    emit.cost('msi-message')
  },
}
/** Forgets that an edge came in meanwhile, as a device does whose MSI is switched off and on again. */
export const unmaskSourceDroppingPending: Step = {
  name: 'unmaskSourceDroppingPending', says: 'enable the source again; what came meanwhile is forgotten',
  clause: 'PCI:msi/disabled',
  then: ({ s, call, emit }) => {
    const source = s.sources[call.source!]!
    source.masked = false
    source.pending = false
    emit.cost('mmio-write')
  },
}
export const writeMessageAddress: Step = {
  name: 'writeMessageAddress', says: 'write the message address: the new CPU', clause: 'PCI:msi/address-data-separate',
  then: k => { writeAddress(sourceOf(k), k.call.to!.cpu); k.emit.cost('config-write') },
}
export const writeMessageData: Step = {
  name: 'writeMessageData', says: 'write the message data: the new vector', clause: 'PCI:msi/address-data-separate',
  then: k => { writeData(sourceOf(k), k.call.to!.vector); k.emit.cost('config-write') },
}
/** A read of the device pushes the messages it sent before it ahead of the answer. */
export const readBackSource: Step = {
  name: 'readBackSource', says: 'read a register of the source: messages sent before have arrived',
  clause: 'PCI:posted/read-back',
  when: ({ s, call }) => s.sources[call.source!]!.message === null,
  then: ({ emit }) => { emit.cost('mmio-read') },
}

/** No message can newly arrive there; one that was accepted before must be served first. */
export const awaitOldVectorIdle: Step = {
  name: 'awaitOldVectorIdle', says: 'wait until the old vector is neither in IRR nor in ISR', rule: 'interrupt-drain',
  when: ({ s, call }) => {
    const { cpu, vector } = call.from!
    return !s.lapics[cpu]!.irr[vector]! && !s.lapics[cpu]!.isr[vector]!
  },
  then: ({ emit }) => { emit.cost('ipi') },
}
export const releaseOldVector: Step = {
  name: 'releaseOldVector', says: 'remove the handler from the old place',
  then: ({ s, call, emit }) => {
    s.kernel.vectors[call.from!.cpu]![call.from!.vector] = null
    emit.cost('lock')
    emit.observe({ what: 'bound', cpu: call.from!.cpu, vector: call.from!.vector, to: null })
  },
}
/** A software copy of the edge for the new place, sent whether or not one is missing. */
export const retriggerAtNew: Step = {
  name: 'retriggerAtNew', says: 'send the new vector to the new CPU by IPI, in case an edge was lost',
  then: ({ s, call, emit }) => {
    s.lapics[call.to!.cpu]!.irr[call.to!.vector] = true
    emit.cost('ipi')
  },
}
