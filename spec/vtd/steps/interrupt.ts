/** Steps that change interrupt remapping table entries, and the table itself (VT-d rev 5.10, 5.1 and table 28). */
import { store, writeBack } from '../../iommu/cells.ts'
import type { StepContext as ContextOf, Step as StepOf } from '../../kernel/design.ts'
import type { Unit } from '../bounded/state.ts'
import { admitted } from '../bounded/tables.ts'
import type { IrteEntry } from '../bounded/tables.ts'

type Kernel = ContextOf<Unit>
type Step = StepOf<Unit>

/** As the design wants it, whatever lies there: a kernel that cleared the entry before knows its source still. */
const newEntry = ({ call, b, design }: Kernel): IrteEntry =>
  ({ cpu: call.to!.cpu, vector: call.to!.vector, verify: admitted(call.source!, design, b) })
export const storeIrte: Step = {
  name: 'storeIrte', says: 'store the new target into the IRTE, all 128 bits at once', clause: 'VTD:table-28/irte',
  then: k => {
    store(k.s.unit.tables.irt[k.s.unit.tables.irta]![k.call.source!]!, newEntry(k), k.caps)
    k.emit.cost('remap-entry-store')
  },
}
/** The entry is not present while it changes: a message that comes then is refused. */
export const clearIrte: Step = {
  name: 'clearIrte', says: 'clear the IRTE before it is written anew', clause: 'VTD:table-28/irte',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.tables.irt[s.unit.tables.irta]![call.source!]!, null, caps)
    emit.cost('remap-entry-store')
  },
}
/** P, destination and vector are in the low half, the source check in the high half. */
export const storeIrteWithoutSource: Step = {
  name: 'storeIrteWithoutSource', says: 'store the IRTE with SVT=0', clause: 'VTD:9.9/source-validation',
  then: k => {
    store(k.s.unit.tables.irt[k.s.unit.tables.irta]![k.call.source!]!, { ...newEntry(k), verify: null }, k.caps)
    k.emit.cost('remap-entry-store')
  },
}
export const writeBackIrte: Step = {
  name: 'writeBackIrte', says: 'write the IRTE back from the CPU cache', clause: 'VTD:6/coherency',
  skip: ({ caps }) => caps.coherent,
  then: ({ s, call, caps, emit }) => {
    for (const irt of s.unit.tables.irt) writeBack(irt[call.source!]!, caps)
    emit.cost('cache-line-writeback')
  },
}

/** The second table is a copy with the change, complete in memory before the pointer moves. */
export const buildInterruptTable: Step = {
  name: 'buildInterruptTable', says: 'build the other interrupt table with the new target in it',
  then: k => {
    const { irta, irt } = k.s.unit.tables
    const entry = newEntry(k)
    irt[1 - irta]!.forEach((cell, source) => {
      const { now } = irt[irta]![source]!
      const copy = now === null ? null : { ...now }
      store(cell, source === k.call.source ? entry : copy, k.caps)
      writeBack(cell, k.caps)
      k.emit.cost('remap-entry-store')
    })
  },
}
export const setInterruptTable: Step = {
  name: 'setInterruptTable', says: 'GCMD.SIRTP: make the unit use the other table, and wait',
  clause: 'VTD:table-28/set-interrupt-table',
  then: ({ s, caps, emit }) => {
    const { tables } = s.unit
    // The old table is forgotten: nothing reads it once the pointer has moved.
    for (const cell of tables.irt[tables.irta]!) { cell.now = null; cell.pending = [] }
    tables.irta = 1 - tables.irta
    if (caps.esirtps) s.unit.iec = s.unit.iec.map(() => null)
    emit.cost('mmio-write', 3)
  },
}
