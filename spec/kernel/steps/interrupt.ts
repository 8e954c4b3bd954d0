/** Steps of interrupt migration: vectors, IRTEs, and the message registers of the source (VT-d 5.1, PCIe 6.1.4). */
import type { Kernel, Step } from '../design.ts'
import { store, writeBack } from '../../vtd/bounded/tables.ts'
import type { IrteEntry } from '../../vtd/bounded/tables.ts'
import { messageOf } from '../../apic/delivery.ts'

/** The handler is installed at the new place first; the old place stays valid until it is released. Where steps come before this one, another CPU
 *  may have taken the vector that was free at the call. */
export const claimVector: Step = {
  name: 'claimVector', says: 'allocate the new vector and install the handler there; the call fails if it was taken meanwhile',
  then: ({ s, call, cpu, emit }) => {
    if (s.kernel.vectors[call.to!.cpu]![call.to!.vector] !== null) {
      s.kernel.calls[cpu] = null
      return
    }
    s.kernel.vectors[call.to!.cpu]![call.to!.vector] = call.source
    emit.cost('lock')
    emit.see({ what: 'bound', cpu: call.to!.cpu, vector: call.to!.vector, to: call.source })
  },
}

const newEntry = ({ s, call }: Kernel): IrteEntry => {
  const old = s.unit.memory.irt[s.unit.memory.irta]![call.source!]!.now
  return { cpu: call.to!.cpu, vector: call.to!.vector, verify: old?.verify ?? null }
}
export const storeIrte: Step = {
  name: 'storeIrte', says: 'store the new target into the IRTE, all 128 bits at once', clause: 'VTD:table-28/irte',
  then: k => {
    store(k.s.unit.memory.irt[k.s.unit.memory.irta]![k.call.source!]!, newEntry(k), k.caps)
    k.emit.cost('irte-store')
  },
}
/** The entry is not present while it changes: a message that comes then is refused. */
export const clearIrte: Step = {
  name: 'clearIrte', says: 'clear the IRTE before it is written anew', clause: 'VTD:table-28/irte',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.memory.irt[s.unit.memory.irta]![call.source!]!, null, caps)
    emit.cost('irte-store')
  },
}
/** P, destination and vector are in the low half, the source check in the high half. */
export const storeIrteWithoutSource: Step = {
  name: 'storeIrteWithoutSource', says: 'store the IRTE with SVT=0', clause: 'VTD:9.9/source-validation',
  then: k => {
    store(k.s.unit.memory.irt[k.s.unit.memory.irta]![k.call.source!]!, { ...newEntry(k), verify: null }, k.caps)
    k.emit.cost('irte-store')
  },
}
export const writeBackIrte: Step = {
  name: 'writeBackIrte', says: 'write the IRTE back from the CPU cache', clause: 'VTD:6/coherency',
  skip: ({ caps }) => caps.coherent,
  then: ({ s, call, caps, emit }) => {
    for (const irt of s.unit.memory.irt) writeBack(irt[call.source!]!, caps)
    emit.cost('cache-line-writeback')
  },
}

/** Two builders would each copy the table that the other is about to replace. */
export const lockInterruptTable: Step = {
  name: 'lockInterruptTable', says: 'take the lock of the interrupt table', skip: ({ b }) => b.callers === 1, endedBy: 'unlockInterruptTable',
  when: ({ s }) => s.kernel.interruptTableLock === null,
  then: ({ s, cpu, emit }) => { s.kernel.interruptTableLock = cpu; emit.cost('lock') },
}
export const unlockInterruptTable: Step = {
  name: 'unlockInterruptTable', says: 'release the lock of the interrupt table', skip: ({ b }) => b.callers === 1,
  then: ({ s }) => { s.kernel.interruptTableLock = null },
}

/** The second table is a copy with the change, complete in memory before the pointer moves. */
export const buildInterruptTable: Step = {
  name: 'buildInterruptTable', says: 'build the other interrupt table with the new target in it',
  then: k => {
    const { irta, irt } = k.s.unit.memory
    const entry = newEntry(k)
    irt[1 - irta]!.forEach((cell, source) => {
      const { now } = irt[irta]![source]!
      store(cell, source === k.call.source ? entry : now === null ? null : { ...now }, k.caps)
      writeBack(cell, k.caps)
      k.emit.cost('irte-store')
    })
  },
}
export const setInterruptTable: Step = {
  name: 'setInterruptTable', says: 'GCMD.SIRTP: make the unit use the other table, and wait', clause: 'VTD:table-28/set-interrupt-table',
  then: ({ s, caps, emit }) => {
    const { memory } = s.unit
    // The old table is forgotten: nothing reads it once the pointer has moved.
    for (const cell of memory.irt[memory.irta]!) { cell.now = null; cell.pending = [] }
    memory.irta = 1 - memory.irta
    if (caps.esirtps) s.unit.iec = s.unit.iec.map(() => null)
    emit.cost('mmio-write', 3)
  },
}

export const maskSource: Step = {
  name: 'maskSource', says: 'set the mask bit of the source', clause: 'PCI:msix/pending-on-mask', endedBy: 'unmaskSource',
  then: ({ s, call, emit }) => { s.sources[call.source!]!.masked = true; emit.cost('mmio-write') },
}
/** Sends the message that was pending. */
export const unmaskSource: Step = {
  name: 'unmaskSource', says: 'clear the mask bit of the source', clause: 'PCI:msix/unmask-sends-one',
  when: ({ s, call }) => !s.sources[call.source!]!.pending || s.sources[call.source!]!.message === null,
  then: ({ s, call, emit }) => {
    const source = s.sources[call.source!]!
    source.masked = false
    emit.cost('mmio-write')
    emit.see({ what: 'unmasked', source: call.source! })
    if (!source.pending) return
    source.pending = false
    source.message = messageOf(s, source)
    emit.cost('msi-message')
  },
}
/** Forgets that an edge came in meanwhile, as a device does whose MSI is switched off and on again. */
export const unmaskSourceDroppingPending: Step = {
  name: 'unmaskSourceDroppingPending', says: 'enable the source again; what came meanwhile is forgotten', clause: 'PCI:msi/disabled',
  then: ({ s, call, emit }) => {
    const source = s.sources[call.source!]!
    source.masked = false
    source.pending = false
    emit.cost('mmio-write')
  },
}
export const writeMessageAddress: Step = {
  name: 'writeMessageAddress', says: 'write the message address: the new CPU', clause: 'PCI:msi/address-data-separate',
  then: ({ s, call, emit }) => { s.sources[call.source!]!.cpu = call.to!.cpu; emit.cost('config-write') },
}
export const writeMessageData: Step = {
  name: 'writeMessageData', says: 'write the message data: the new vector', clause: 'PCI:msi/address-data-separate',
  then: ({ s, call, emit }) => { s.sources[call.source!]!.vector = call.to!.vector; emit.cost('config-write') },
}
/** A read of the device pushes the messages it sent before it ahead of the answer. */
export const readBackSource: Step = {
  name: 'readBackSource', says: 'read a register of the source: messages sent before have arrived', clause: 'PCI:posted/read-back',
  when: ({ s, call }) => s.sources[call.source!]!.message === null,
  then: ({ emit }) => { emit.cost('mmio-read') },
}

/** No message can newly arrive there; one that was accepted before must be served first. */
export const awaitOldVectorIdle: Step = {
  name: 'awaitOldVectorIdle', says: 'wait until the old vector is neither in IRR nor in ISR', clause: 'VTD:6/interrupt-drain',
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
    emit.see({ what: 'bound', cpu: call.from!.cpu, vector: call.from!.vector, to: null })
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
