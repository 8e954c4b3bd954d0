/** Steps of attach and detach that are the kernel's own: whose a device is, and what a driver leaves behind. */
import type { NeutralStep as Step } from '../design.ts'
import { store, writeBack } from '../../iommu/cells.ts'

/** The driver of the domain is told that the device is its own. Before this it has no claim on it. */
export const claimDevice: Step = {
  name: 'claimDevice', says: 'record the device as the domain\'s',
  then: ({ s, call, emit }) => {
    s.kernel.attached[call.device!] = call.domain
    s.kernel.closed[call.domain!] = false
    emit.observe({ what: 'attached', device: call.device!, to: call.domain })
  },
}
/** A domain whose driver is being taken down gets no device: `claimDevice` would open it to the next driver while the
 *  last one's memory goes. */
export const claimDeviceOrRefuse: Step = {
  name: 'claimDeviceOrRefuse',
  says: 'record the device as the domain\'s, or refuse it while the domain is being taken down',
  then: k => {
    const { calls } = k.s.kernel
    if (calls.some(other => other?.call === 'detach' && other.domain === k.call.domain)) k.end()
    else claimDevice.then(k)
  },
}
export const releaseDevice: Step = {
  name: 'releaseDevice', says: 'record that no domain has the device: detach has returned',
  then: ({ s, call, emit }) => {
    s.kernel.attached[call.device!] = null
    emit.observe({ what: 'attached', device: call.device!, to: null })
  },
}

/** From here on the driver is refused; what it had begun comes to its end first. Attaching a device opens the domain
 *  again. */
export const closeDomain: Step = {
  name: 'closeDomain', says: 'refuse the driver any further call, and wait for those it is in',
  then: ({ s, call }) => { s.kernel.closed[call.domain!] = true },
}
export const awaitDomainCalls: Step = {
  name: 'awaitDomainCalls', says: 'wait until no call of the domain is under way',
  when: ({ s, call, cpu }) =>
    s.kernel.calls.every((other, at) => other === null || at === cpu || other.domain !== call.domain),
  then: () => {},
}

/** A driver that died holds nothing: its mappings end and its frames go back. */
export const clearAllPtes: Step = {
  name: 'clearAllPtes', says: 'clear every leaf entry of the domain', rule: 'leaf-entry',
  then: ({ s, call, caps, emit }) => {
    const { roots, pool } = s.memory
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
      emit.observe({ what: 'revoked', domain: call.domain!, iova })
      emit.observe({ what: 'frame-owned', frame: mapping.frame, by: null })
    })
  },
}
