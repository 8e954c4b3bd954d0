/** A virtual machine that has a device of its own (VFIO below KVM, Xen with an IOMMU). While one is assigned to it, the
 *  memory of the guest is pinned: the IOMMU maps each page at the address by which the guest knows it. A balloon gives
 *  pages of the guest back to the hypervisor, which takes them from the CPUs of the guest and, where a device is
 *  assigned, from the device, before a frame may be another's. The host's handler takes the interrupt of the device and
 *  injects it. */
import { store, writeBack } from '../iommu/cells.ts'
import type { PagingEntry } from '../iommu/paging.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { StepContext, OwnScope, Sizes, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import {
  accessPage, answer, askOthers, awaitOthers, clearCpuPte, cpuCalls, cpuSide, storeCpuPte,
} from './pmap-unified.ts'
import type { CpuSide } from './pmap-unified.ts'
import { pathTables } from './steps/access.ts'
import { claimDevice, clearPte, freeFrame, linkTables, releaseDevice, storePte, writeBackPte } from './steps/index.ts'
import {
  hostFirst, injecting, injectionCalls, injectionProtocols, injectionState, startInjection, twoGuests,
} from './steps/injection.ts'
import { exitGuest, sleeping } from './steps/vcpus.ts'

type GuestStep = Step<unknown, CpuSide>

/** Of the pages of a guest, and of whether they are pinned. Its holder may wait for an answer of this CPU. */
const lockMemory: GuestStep = {
  name: 'lockMemory', says: 'take the lock of the guest\'s memory, and answer other CPUs while it is taken',
  skip: ({ b }) => b.callers === 1, endedBy: 'unlockMemory', goesTo: ['lockMemory'],
  when: ({ s, call: of, cpu }) => s.kernel.tableLock[of.domain!] === null || s.own.asked[cpu]!,
  then: k => {
    if (k.s.own.asked[k.cpu]) {
      answer.then(k)
      k.go('lockMemory')
    } else {
      k.s.kernel.tableLock[k.call.domain!] = k.cpu
      k.emit.cost('lock')
    }
  },
}
const unlockMemory: GuestStep = {
  name: 'unlockMemory', says: 'release the lock of the guest\'s memory', skip: ({ b }) => b.callers === 1,
  then: ({ s, call: of }) => { s.kernel.tableLock[of.domain!] = null },
}

const allocateGuestFrame: GuestStep = {
  name: 'allocateGuestFrame', says: 'take a free frame for the page: the guest has its addresses already',
  then: ({ call: of, emit }) => {
    emit.cost('frame-alloc')
    emit.observe({ what: 'frame-owned', frame: of.frame!, by: of.domain })
  },
}
const resumeGuest: GuestStep = {
  name: 'resumeGuest', says: 'enter the guest again: it has the page, or has it no longer',
  then: ({ s, call: of, emit }) => {
    const row = s.kernel.mappings[of.domain!]!
    if (of.call === 'map') row[of.iova!]!.phase = 'live'
    else {
      row[of.iova!] = null
      emit.observe({ what: 'revoked', domain: of.domain!, iova: of.iova! })
    }
  },
}

const mapForGuest: GuestStep = {
  ...storeCpuPte, name: 'mapForGuest',
  says: 'store the entry of the second-level table of the CPUs: the guest has the page',
}
const isAssigned = ({ s, call: of }: Pick<StepContext<unknown, CpuSide>, 's' | 'call'>): boolean =>
  s.kernel.attached.includes(of.domain)
const pinPage: GuestStep = {
  name: 'pinPage', says: 'where a device is assigned: map the page for it', rule: 'leaf-entry',
  then: k => { if (isAssigned(k)) storePte.then(k as never) },
}
const lookForDevice: GuestStep = {
  name: 'lookForDevice', says: 'look whether a device is assigned: without one, the IOMMU maps nothing of the guest',
  goesTo: ['awaitOthers'], then: k => { if (!isAssigned(k)) k.go('awaitOthers') },
}

/** While the guest has a device besides that of the call, its memory is pinned and stays so. All devices of a guest
 *  share its tables.
 *  @param entryAt what the entry of a page of the guest becomes. */
const changesAll = (name: string, says: string, unit: string,
  entryAt: (k: StepContext<unknown, CpuSide>, iova: number, now: PagingEntry | null) => PagingEntry | null,
): GuestStep => ({
  name, says, rule: 'leaf-entry',
  then: k => {
    const { s, call: { domain, device } } = k
    if (s.kernel.attached.some((of, other) => of === domain && other !== device)) return
    s.own.pages[domain!]!.forEach((_, iova) => {
      const { complete, next: cell } = pathTables({ ...k, call: { ...k.call, iova } } as never)
      const entry = complete ? entryAt(k, iova, cell.now) : cell.now
      if (entry === cell.now) return
      store(cell, entry, k.caps)
      writeBack(cell, k.caps)
      k.emit.cost(unit)
      if (!k.caps.coherent) k.emit.cost('cache-line-writeback')
    })
  },
})
const pinGuest = changesAll('pinGuest', 'for the guest\'s first device: map each page that the guest has', 'pte-store',
  ({ s, call: of }, iova, now) => {
    const frame = s.own.pages[of.domain!]![iova]!
    return frame === null ? now
      : { kind: 'leaf', frame, write: s.kernel.mappings[of.domain!]![iova]?.write ?? false }
  })
const unpinGuest = changesAll('unpinGuest', 'for its last one: unmap each page of the guest', 'pte-clear', () => null)

const ballooning: OwnScope = {
  name: 'balloon', says: 'a page of a guest comes and goes on two CPUs, while a device is assigned to it and taken',
  bounds: { cpus: 2, callers: 2, frames: 1, iovas: 1, reassign: 1 },
}
const twoDevices: OwnScope = {
  name: 'two-devices', says: 'two devices are assigned to one guest and taken in turn, while a page comes and goes',
  bounds: { devices: 2, frames: 1, iovas: 1, reassign: 1 },
}
const twoPages: OwnScope = {
  name: 'two-pages', says: 'two pages of a guest come and go, while a device is assigned to it and taken',
  bounds: { frames: 2, iovas: 2, reassign: 1 },
}
export const vmAssignedOn = <U>(v: Vocabulary<U>): Design<U> => design('vm-assigned', {
  says: 'a virtual machine with a device of its own: its memory is pinned, a balloon takes pages back (VFIO, KVM)',
  remapsDma: true, remapsInterrupts: true, costs: [sleeping({ vectors: 1 })], givesUp: hostFirst,
  scopes: ['old-hardware', ballooning, twoDevices, twoPages, injecting, twoGuests],
  state: (of: Sizes) => ({ ...cpuSide(of), ...injectionState(of) }), start: startInjection as never,
  calls: { ...cpuCalls, ...injectionCalls },
}, {
  // Lower tables of the IOMMU stay for the life of the guest, assigned or not.
  map: [exitGuest, lockMemory, allocateGuestFrame, linkTables, mapForGuest, pinPage, writeBackPte, v.flushStores,
    v.invalidateAbsentPage, v.awaitAbsentPage, unlockMemory, resumeGuest],
  unmap: [exitGuest, lockMemory, clearCpuPte, askOthers, lookForDevice, clearPte, writeBackPte, v.invalidatePage,
    v.awaitInvalidation, awaitOthers, freeFrame, unlockMemory, resumeGuest],
  // A device that the unit finds in the guest is to find its pages.
  attach: [lockMemory, pinGuest, v.flushStores, claimDevice, v.storeDevice, v.writeBackDevice, v.flushStores,
    v.invalidateAbsentDevice, v.invalidateAbsentDomain, v.awaitAbsentDevice, unlockMemory],
  detach: [lockMemory, v.clearDevice, v.writeBackDevice, v.invalidateDevice, unpinGuest, v.invalidateDomain,
    v.awaitInvalidation, releaseDevice, unlockMemory],
  touch: [accessPage], flushTlb: [answer], ...injectionProtocols,
} as never) as Design<U>
