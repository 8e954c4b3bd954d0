/** Steps that change interrupt entries, and the interrupt table of a device (AMD 48882 rev 3.05, 2.2.5). */
import { store, writeBack } from '../../iommu/cells.ts'
import type { Cell } from '../../iommu/cells.ts'
import type { StepContext as ContextOf, Step as StepOf } from '../../kernel/design.ts'
import type { Unit } from '../bounded/state.ts'
import type { DeviceEntry, InterruptEntry } from '../bounded/tables.ts'
import { deviceOf, storeFields } from './device.ts'

type Kernel = ContextOf<Unit>
type Step = StepOf<Unit>
type View = Omit<Kernel, 'emit'>

const entryOf = ({ s, call, b }: View): DeviceEntry => s.unit.tables.devices[deviceOf({ call, b })]!.now!
/** The table that the device of the call has, or its other copy. */
const tableOf = (k: View, other = false): readonly Cell<InterruptEntry>[] => {
  const { copy, owner } = entryOf(k)
  return k.s.unit.tables.interrupts[other ? 1 - copy : copy]![owner]!
}
const target = ({ call }: View): InterruptEntry => ({ cpu: call.to!.cpu, vector: call.to!.vector })

const storesEntry = (name: string, says: string, clause: NonNullable<Step['clause']>,
  entryFor: (k: View, old: InterruptEntry | null) => InterruptEntry | null): Step => ({
  name, says, clause,
  then: k => {
    const cell = tableOf(k)[k.call.source!]!
    store(cell, entryFor(k, cell.now), k.caps)
    k.emit.cost('remap-entry-store')
  },
})
export const exchangeIrte = storesEntry('exchangeIrte', 'exchange all 128 bits of the interrupt entry at once',
  'AMD:2.2.5.1/irte-update', target)
/** A message that comes while RemapEn=0 is refused. */
export const disableIrte = storesEntry('disableIrte', 'clear RemapEn before the interrupt entry is written anew',
  'AMD:2.2.5.1/irte-update', () => null)
/** The lower half has RemapEn and the destination, the upper half the vector. */
export const storeIrteLow = storesEntry('storeIrteLow', 'store the lower half of the interrupt entry: the destination',
  'AMD:2.2.5.1/irte-update', (k, old) => ({ cpu: target(k).cpu, vector: old?.vector ?? 0 }))
export const storeIrteHigh = storesEntry('storeIrteHigh', 'store the upper half of the interrupt entry: the vector',
  'AMD:2.2.5.1/irte-update', (k, old) => old === null ? null : { ...old, vector: target(k).vector })

const writesBack = (name: string, says: string, other: boolean): Step => ({
  name, says, clause: 'AMD:2.2.3/coherency', skip: ({ caps }) => caps.coherent,
  then: k => {
    writeBack(tableOf(k, other)[k.call.source!]!, k.caps)
    k.emit.cost('cache-line-writeback')
  },
})
export const writeBackInterruptEntry = writesBack('writeBackInterruptEntry',
  'write the interrupt entry back from the CPU cache', false)

/** A copy with the change, complete in memory before the device table entry points to it. */
export const buildIrt: Step = {
  name: 'buildIrt', says: 'build the other interrupt table of the device, with the new target in it',
  clause: 'AMD:2.2.5/table-per-device',
  then: k => {
    const now = tableOf(k)
    tableOf(k, true).forEach((cell, index) => {
      const old = now[index]!.now, copy = old === null ? null : { ...old }
      store(cell, index === k.call.source ? target(k) : copy, k.caps)
      writeBack(cell, k.caps)
      if (old !== null) k.emit.cost('remap-entry-store')
    })
  },
}
export const storeIntTabRoot: Step = {
  name: 'storeIntTabRoot', says: 'store the upper 128 bits of the device table entry: the other interrupt table',
  clause: 'AMD:2.2/dte-update',
  then: k => { storeFields(k, { copy: 1 - entryOf(k).copy }) },
}
export const freeIrt: Step = {
  name: 'freeIrt', says: 'clear the table that the entry pointed to before, and give it back',
  clause: 'AMD:2.2.5/table-per-device',
  then: k => {
    for (const cell of tableOf(k, true)) Object.assign(cell, { now: null, pending: [] })
    k.emit.cost('table-free')
  },
}
