/** Steps that change which domain a device translates in: the device table (AMD 48882 rev 3.05, 2.2). */
import type { Bounds } from '../../bounds.ts'
import { store, writeBack } from '../../iommu/cells.ts'
import type { StepContext as ContextOf, Step as StepOf } from '../../kernel/design.ts'
import type { Unit } from '../bounded/state.ts'
import type { DeviceEntry } from '../bounded/tables.ts'

type Kernel = ContextOf<Unit>
type Step = StepOf<Unit>

/** The device that a call is about: its own, or that of its source. */
export const deviceOf = ({ call, b }: { readonly call: Kernel['call']; readonly b: Bounds }): number =>
  call.device ?? call.source! % b.devices

/** One store into the entry of the device: fields that stand in the same 64 or 128 bits change together. */
export function storeFields({ s, call, caps, b, emit }: Kernel, fields: Partial<DeviceEntry>): void {
  const cell = s.unit.tables.devices[deviceOf({ call, b })]!
  store(cell, { ...cell.now!, ...fields }, caps)
  emit.cost('device-entry-store')
}

const blank = { v: true, tv: false, mode: 0, root: null, domain: null, ir: false, iw: false }

export const storeDte: Step = {
  name: 'storeDte', says: 'store the lower 128 bits of the device table entry at once: TV, Mode, root, DomainID',
  clause: 'AMD:2.2/dte-update',
  then: k => {
    const { domain } = k.call
    storeFields(k, { ...blank, tv: true, mode: k.b.levels, root: domain, domain, ir: true, iw: true })
  },
}
/** V=1 with TV=0. With V=0 the device would reach all of memory. */
export const blockDte: Step = {
  name: 'blockDte', says: 'store V=1, TV=0 and zeros into the lower 128 bits of the device table entry',
  clause: 'AMD:2.2/blocked',
  then: k => { storeFields(k, blank) },
}
/** The rest of the entry stays what it was. */
export const clearTv: Step = {
  name: 'clearTv', says: 'clear TV, and leave the rest of the device table entry', clause: 'AMD:2.2/blocked',
  then: k => { storeFields(k, { tv: false }) },
}
/** What no kernel should do: an entry of zeros blocks nothing. */
export const zeroDte: Step = {
  name: 'zeroDte', says: 'store zeros into the lower 128 bits of the device table entry: V=0',
  clause: 'AMD:2.2/device-table',
  then: k => { storeFields(k, { ...blank, v: false }) },
}
/** Mode=0 does not block: IR=0 and IW=0 do. */
export const passDte: Step = {
  name: 'passDte', says: 'store Mode=0 into the device table entry, leaving TV, IR and IW',
  clause: 'AMD:2.2/mode-zero',
  then: k => { storeFields(k, { mode: 0, root: null, domain: null }) },
}
/** The two 64-bit words of the lower half, one after the other. The first has V, TV, Mode, root, IR and IW, the second
 *  the DomainID. */
export const storeDteDomainId: Step = {
  name: 'storeDteDomainId', says: 'store the second word of the device table entry: the DomainID',
  clause: 'AMD:2.2/dte-halves',
  then: k => { storeFields(k, { domain: k.call.domain }) },
}
export const storeDteRoot: Step = {
  name: 'storeDteRoot', says: 'store the first word of the device table entry: V, TV, Mode, root, IR, IW',
  clause: 'AMD:2.2/dte-halves',
  then: k => { storeFields(k, { v: true, tv: true, mode: k.b.levels, root: k.call.domain, ir: true, iw: true }) },
}
export const writeBackDte: Step = {
  name: 'writeBackDte', says: 'write the device table entry back from the CPU cache', clause: 'AMD:2.2.3/coherency',
  skip: ({ caps }) => caps.coherent,
  then: ({ s, call, caps, b, emit }) => {
    writeBack(s.unit.tables.devices[deviceOf({ call, b })]!, caps)
    emit.cost('cache-line-writeback')
  },
}
