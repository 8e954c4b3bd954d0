/** Steps of attach and detach: which domain a device translates in (VT-d rev 5.10, 9.3 and table 28). */
import type { Step } from '../design.ts'
import { store, writeBack } from '../../vtd/bounded/tables.ts'

export const storeContext: Step = {
  name: 'storeContext', says: 'store the context entry, table pointer and domain id at once', clause: 'VTD:9/context-entry',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.memory.context[call.device!]!, { domain: call.domain!, root: call.domain! }, caps)
    emit.cost('context-store')
  },
}
/** A live entry changed in two stores: for a while its table and its domain id belong to different domains. */
export const storeContextDomainId: Step = {
  name: 'storeContextDomainId', says: 'store the domain id into the entry, leaving its table pointer', clause: 'VTD:6/same-domain-same-tables',
  then: ({ s, call, caps, emit }) => {
    const cell = s.unit.memory.context[call.device!]!
    store(cell, { root: cell.now?.root ?? call.domain!, domain: call.domain! }, caps)
    emit.cost('context-store')
  },
}
export const clearContext: Step = {
  name: 'clearContext', says: 'clear the context entry', clause: 'VTD:table-28/context-entry',
  then: ({ s, call, caps, emit }) => {
    store(s.unit.memory.context[call.device!]!, null, caps)
    emit.cost('context-store')
  },
}
export const writeBackContext: Step = {
  name: 'writeBackContext', says: 'write the context entry back from the CPU cache', clause: 'VTD:6/coherency',
  skip: ({ caps }) => caps.coherent,
  then: ({ s, call, caps, emit }) => {
    writeBack(s.unit.memory.context[call.device!]!, caps)
    emit.cost('cache-line-writeback')
  },
}
/** The driver of the domain is told that the device is its own. Before this it has no claim on it. */
export const claimDevice: Step = {
  name: 'claimDevice', says: 'record the device as the domain\'s',
  then: ({ s, call, emit }) => {
    s.kernel.attached[call.device!] = call.domain
    s.kernel.closed[call.domain!] = false
    emit.see({ what: 'attached', device: call.device!, to: call.domain })
  },
}
/** A domain whose driver is being taken down gets no device: `claimDevice` would open it to the next driver while the last one's memory goes. */
export const claimDeviceOrRefuse: Step = {
  name: 'claimDeviceOrRefuse', says: 'record the device as the domain\'s, or refuse it while the domain is being taken down',
  then: k => {
    const { calls } = k.s.kernel
    if (calls.some(other => other?.call === 'detach' && other.domain === k.call.domain)) calls[k.cpu] = null
    else claimDevice.then(k)
  },
}
export const releaseDevice: Step = {
  name: 'releaseDevice', says: 'record the device as nobody\'s: detach has returned',
  then: ({ s, call, emit }) => {
    s.kernel.attached[call.device!] = null
    emit.see({ what: 'attached', device: call.device!, to: null })
  },
}

/** From here on the driver is refused; what it had begun comes to its end first. Attaching a device opens the domain again. */
export const closeDomain: Step = {
  name: 'closeDomain', says: 'refuse the driver any further call, and wait for those it is in',
  then: ({ s, call }) => { s.kernel.closed[call.domain!] = true },
}
export const awaitDomainCalls: Step = {
  name: 'awaitDomainCalls', says: 'wait until no call of the domain is under way',
  when: ({ s, call, cpu }) => s.kernel.calls.every((other, at) => other === null || at === cpu || other.domain !== call.domain),
  then: () => {},
}

/** A driver that died holds nothing: its mappings end and its frames go back. */
export const clearAllPtes: Step = {
  name: 'clearAllPtes', says: 'clear every leaf entry of the domain', clause: 'VTD:table-28/second-stage-leaf',
  then: ({ s, call, caps, emit }) => {
    const { roots, pool } = s.unit.memory
    const rows = [roots[call.domain!]!, ...pool.filter((_, page) => s.kernel.pages[page] === call.domain)]
    for (const cell of rows.flat()) {
      if (cell.now?.kind !== 'leaf') continue
      store(cell, null, caps)
      writeBack(cell, caps)
      emit.cost('pte-clear')
      if (!caps.coherent) emit.cost('cache-line-writeback')
    }
    for (const mapping of s.kernel.mappings[call.domain!]!) if (mapping !== null) mapping.phase = 'unmapping'
  },
}
export const reclaimFrames: Step = {
  name: 'reclaimFrames', says: 'take back every frame of the domain',
  then: ({ s, call, emit }) => {
    const row = s.kernel.mappings[call.domain!]!
    row.forEach((mapping, iova) => {
      if (mapping === null) return
      s.kernel.frames[mapping.frame] = null
      row[iova] = null
      emit.cost('frame-free')
      emit.see({ what: 'revoked', domain: call.domain!, iova })
      emit.see({ what: 'frame-owned', frame: mapping.frame, by: null })
    })
  },
}
