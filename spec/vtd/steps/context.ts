/** Steps that change which domain a device translates in (VT-d rev 5.10, 9.3 and table 28). */
import { store, writeBack } from '../../iommu/cells.ts'
import type { Step as StepOf } from '../../kernel/design.ts'
import type { Unit } from '../bounded/state.ts'

type Step = StepOf<Unit>

export const storeContext: Step = {
  name: 'storeContext', says: 'store the context entry, table pointer and domain id at once',
  clause: 'VTD:9/context-entry',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.tables.context[call.device!]!, { domain: call.domain!, root: call.domain! }, caps)
    emit.cost('device-entry-store')
  },
}
/** A live entry changed in two stores: for a while its table and its domain id belong to different domains. */
export const storeContextDomainId: Step = {
  name: 'storeContextDomainId', says: 'store the domain id into the entry, leaving its table pointer',
  clause: 'VTD:6/same-domain-same-tables',
  then: ({ s, call, caps, emit }) => {
    const cell = s.unit.tables.context[call.device!]!
    store(cell, { root: cell.now?.root ?? call.domain!, domain: call.domain! }, caps)
    emit.cost('device-entry-store')
  },
}
export const clearContext: Step = {
  name: 'clearContext', says: 'clear the context entry', clause: 'VTD:table-28/context-entry',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.tables.context[call.device!]!, null, caps)
    emit.cost('device-entry-store')
  },
}
export const writeBackContext: Step = {
  name: 'writeBackContext', says: 'write the context entry back from the CPU cache', clause: 'VTD:6/coherency',
  skip: ({ caps }) => caps.coherent,
  then: ({ s, call, caps, emit }) => {
    writeBack(s.unit.tables.context[call.device!]!, caps)
    emit.cost('cache-line-writeback')
  },
}
