/** Steps of map, unmap, protect and the deferred flush: frames, I/O virtual addresses, table entries. */
import { leafSlot, markPhase, mappingOf, pathTables, storeLeaf } from './access.ts'
import type { StepContext as ContextOf, NeutralStep as Step } from '../design.ts'
import { store, writeBack } from '../../iommu/cells.ts'

type Kernel = ContextOf<unknown>

/** The frame is the domain's from here on. */
export const allocateFrame: Step = {
  name: 'allocateFrame',
  says: 'take a free frame, and an I/O virtual address for it where there are such, for the driver',
  then: ({ s, call, iommu, emit }) => {
    emit.cost('frame-alloc')
    if (iommu.translates(s.unit)) emit.cost('iova-alloc')
    emit.observe({ what: 'frame-owned', frame: call.frame!, by: call.domain })
  },
}

/** Without translation the driver is told the physical address. */
export const grantPhysical: Step = {
  name: 'grantPhysical', says: 'tell the driver the physical address of the frame',
  then: ({ call, emit }) => {
    emit.observe({ what: 'granted', domain: call.domain!, iova: call.iova!, frame: call.frame!, write: call.write })
  },
}

/** With more than one level: makes the lower tables exist. A table is zeroed and written back before it is linked. */
export const linkTables: Step = {
  name: 'linkTables', says: 'allocate, zero and link the lower tables that the page needs', rule: 'table-entry',
  skip: ({ b }) => b.levels === 1,
  then: k => {
    const { s, call, caps, emit, b } = k
    for (let tables = pathTables(k); !tables.complete; tables = pathTables(k)) {
      const page = s.kernel.pages.indexOf(null)
      if (page < 0) { failMap(k); return }
      s.kernel.pages[page] = call.domain
      emit.observe({ what: 'table-owned', page, by: call.domain })
      for (const cell of s.memory.pool[page]!) {
        store(cell, null, caps)
        writeBack(cell, caps)
      }
      emit.cost('table-alloc')
      if (b.coherent === 0) emit.cost('cache-line-writeback')
      store(tables.next, { kind: 'table', page }, caps)
      emit.cost('pte-store')
    }
    call.page = pathTables(k).lastPage
  },
}

/** No table is to be had: the call gives back what it took and ends. Waiting would hold the lock that a freeing unmap
 *  needs. */
function failMap({ s, call, cpu, emit, end }: Kernel): void {
  s.kernel.frames[call.frame!] = null
  s.kernel.mappings[call.domain!]![call.iova!] = null
  if (s.kernel.tableLock[call.domain!] === cpu) s.kernel.tableLock[call.domain!] = null
  emit.observe({ what: 'frame-owned', frame: call.frame!, by: null })
  end()
}

export const storePte: Step = {
  name: 'storePte', says: 'store the present leaf entry', rule: 'leaf-entry',
  then: k => {
    const { call, emit } = k
    storeLeaf(k, { kind: 'leaf', frame: call.frame!, write: call.write })
    emit.cost('pte-store')
    emit.observe({ what: 'granted', domain: call.domain!, iova: call.iova!, frame: call.frame!, write: call.write })
  },
}

export const storeReadOnlyPte: Step = {
  name: 'storeReadOnlyPte', says: 'take the write permission from the leaf entry', rule: 'leaf-entry',
  then: k => {
    storeLeaf(k, { kind: 'leaf', frame: mappingOf(k)!.frame, write: false })
    k.emit.cost('pte-store')
  },
}

export const clearPte: Step = {
  name: 'clearPte', says: 'clear the leaf entry', rule: 'leaf-entry',
  then: k => {
    storeLeaf(k, null)
    k.emit.cost('pte-clear')
  },
}

/** CLFLUSH of the leaf and of the entries above it: links made by this call have to be seen too. */
export const writeBackPte: Step = {
  name: 'writeBackPte', says: 'write the entries back from the CPU cache', rule: 'write-back',
  skip: ({ caps }) => caps.coherent,
  then: k => {
    for (const cell of [...pathTables(k).cells, leafSlot(k)]) {
      if (cell === null) continue
      if (cell.pending[0]?.at === 'cache') k.emit.cost('cache-line-writeback')
      writeBack(cell, k.caps)
    }
  },
}

/** Takes an empty table out of the tree; hardware may still hold a pointer to it. */
export const unlinkEmptyTable: Step = {
  name: 'unlinkEmptyTable', says: 'unlink the table of the page when nothing is mapped in it', rule: 'table-entry',
  skip: ({ b }) => b.levels === 1,
  then: k => {
    const { last, lastPage } = pathTables(k)
    if (lastPage === null || k.s.memory.pool[lastPage]!.some(cell => cell.now !== null)) return
    store(last!, null, k.caps)
    writeBack(last!, k.caps)
    k.call.page = lastPage
    k.emit.cost('pte-clear')
    if (!k.caps.coherent) k.emit.cost('cache-line-writeback')
  },
}

export const freeTable: Step = {
  name: 'freeTable', says: 'give the unlinked table back', rule: 'table-entry',
  skip: ({ b }) => b.levels === 1,
  then: ({ s, call, emit }) => {
    if (call.page === null) return
    s.kernel.pages[call.page] = null
    emit.cost('table-free')
    emit.observe({ what: 'table-owned', page: call.page, by: null })
    call.page = null
  },
}

export const freeFrame: Step = {
  name: 'freeFrame', says: 'give the frame back: from now on it may be anybody\'s',
  then: ({ s, call, emit }) => {
    s.kernel.frames[call.frame!] = null
    emit.cost('frame-free')
    emit.observe({ what: 'frame-owned', frame: call.frame!, by: null })
  },
}

/** The address may be given out again from here on: the driver's claim to it has ended. */
export const freeIova: Step = {
  name: 'freeIova', says: 'give the I/O virtual address back',
  then: k => { endMapping(k) },
}
function endMapping({ s, call, iommu, emit }: Kernel): void {
  s.kernel.mappings[call.domain!]![call.iova!] = null
  if (iommu.translates(s.unit)) emit.cost('iova-free')
  emit.observe({ what: 'revoked', domain: call.domain!, iova: call.iova! })
  call.iova = null
}

/** Lazy mode: the invalidation is left to a later flush of the whole domain. That flush may come at once, on another
 *  CPU, and give the address out again: so this is the last that an unmap does. */
export const deferInvalidation: Step = {
  name: 'deferInvalidation', says: 'put the page on the list of those to flush later, and return to the caller',
  then: k => {
    markPhase(k, 'deferred')
    k.emit.cost('deferred-enqueue')
    k.emit.observe({ what: 'revoked', domain: k.call.domain!, iova: k.call.iova! })
  },
}

/** Pages that join the list after this step wait for the next flush. */
export const takeBatch: Step = {
  name: 'takeBatch', says: 'take the list of deferred pages of the domain',
  then: ({ s, call }) => {
    for (const mapping of s.kernel.mappings[call.domain!]!)
      if (mapping?.phase === 'deferred') mapping.phase = 'flushing'
  },
}

export const freeBatchFrames: Step = {
  name: 'freeBatchFrames', says: 'give the frames of the flushed pages back',
  then: ({ s, call, emit }) => {
    for (const mapping of s.kernel.mappings[call.domain!]!) {
      if (mapping?.phase !== 'flushing') continue
      s.kernel.frames[mapping.frame] = null
      emit.cost('frame-free')
      emit.observe({ what: 'frame-owned', frame: mapping.frame, by: null })
    }
  },
}

export const freeBatchIovas: Step = {
  name: 'freeBatchIovas', says: 'give the I/O virtual addresses of the flushed pages back',
  then: ({ s, call, emit }) => {
    const row = s.kernel.mappings[call.domain!]!
    row.forEach((mapping, iova) => {
      if (mapping?.phase !== 'flushing') return
      row[iova] = null
      emit.cost('iova-free')
    })
  },
}

const onlyConcurrent: NonNullable<Step['skip']> = ({ b }) => b.levels === 1 || b.callers === 1
/** Tables of a domain change under its lock once they can be unlinked. */
export const lockTables: Step = {
  name: 'lockTables', says: 'take the lock of the domain\'s tables', skip: onlyConcurrent, endedBy: 'unlockTables',
  when: ({ s, call }) => s.kernel.tableLock[call.domain!] === null,
  then: ({ s, call, cpu, emit }) => { s.kernel.tableLock[call.domain!] = cpu; emit.cost('lock') },
}
export const unlockTables: Step = {
  name: 'unlockTables', says: 'release the lock of the domain\'s tables', skip: onlyConcurrent,
  then: ({ s, call }) => { s.kernel.tableLock[call.domain!] = null },
}

/** The caller goes on. What an unmap took is the driver's no longer, and its address is free again. */
export const returnToDriver: Step = {
  name: 'returnToDriver', says: 'return to the caller',
  then: k => {
    const { call, emit } = k
    if (call.call === 'map') markPhase(k, 'live')
    if (call.call === 'protect') {
      Object.assign(mappingOf(k)!, { write: false, phase: 'live' })
      emit.observe({ what: 'downgraded', domain: call.domain!, iova: call.iova! })
    }
    if (call.call === 'unmap' && call.iova !== null) endMapping(k)
  },
}
/** The same by IPC: the manager replies to the driver that called it. */
export const replyToDriver: Step = {
  name: 'replyToDriver', says: 'reply to the driver by IPC',
  then: k => {
    returnToDriver.then(k)
    k.emit.cost('ipc-reply')
  },
}
