/** One interface changes what the CPU and what the device of a driver map, as pmap does below UVM of NetBSD (Cranor,
 *  Parulkar, USENIX 1999): the same pages, at the same addresses. An unmap ends when no TLB and no IOTLB can hold the
 *  page any more: it waits for the other CPUs and for the IOMMU. */
import { bool, optional, table } from '../../src/model/index.ts'
import type { Bounds } from '../bounds.ts'
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { HardwareSpec, Own, OwnCost, OwnScope, Sizes, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import { call } from './entries.ts'
import { ring0StrictOn } from './ring0.ts'
import {
  allocateFrame, clearPte, freeFrame, freeTable, linkTables, lockTables, returnToDriver, storePte, unlinkEmptyTable,
  unlockTables, writeBackPte,
} from './steps/index.ts'
import { shootdown } from './steps/shootdown.ts'

export interface CpuSide extends Own {
  readonly state: {
    /** The page tables of the CPUs, one for each driver, and what each CPU's TLB holds of them. */
    pages: (number | null)[][]; tlb: (number | null)[][][]
    asked: boolean[]
  }
}
type CpuStep = Step<unknown, CpuSide>

const hasFrames = (b: Bounds): boolean => b.frames > 0
export const cpuSide = ({ id }: Sizes) => ({
  pages: table([id.domain, id.iova], optional(id.frame)), tlb: table([id.cpu, id.domain, id.iova], optional(id.frame)),
  asked: table([id.cpu], bool),
})
/** On one CPU: INVLPG of all that it holds. */
export const flushTlb = ({ s, cpu }: { readonly s: { own: CpuSide['state'] }; readonly cpu: number }): void => {
  for (const row of s.own.tlb[cpu]!) row.fill(null)
}
export const { askOthers, awaitOthers, entry: shootdownEntry, answer } = shootdown<CpuSide>(hasFrames, flushTlb)

/** The driver may reach the page from here on, as it may from the store for its device on: whichever comes first. */
export const storeCpuPte: CpuStep = {
  name: 'storeCpuPte', says: 'store the entry of the CPU\'s page table',
  then: ({ s, call: { domain, iova, frame, write }, emit }) => {
    s.own.pages[domain!]![iova!] = frame
    emit.cost('pte-store')
    emit.observe({ what: 'granted', domain: domain!, iova: iova!, frame: frame!, write })
  },
}
export const clearCpuPte: CpuStep = {
  name: 'clearCpuPte', says: 'clear the entry of the CPU\'s page table, and flush the TLB of this CPU',
  then: k => {
    k.s.own.pages[k.call.domain!]![k.call.iova!] = null
    flushTlb(k)
    k.emit.cost('pte-clear')
  },
}
export const accessPage: CpuStep = {
  name: 'accessPage', says: 'read the page through the TLB of this CPU, which is filled where it misses',
  then: ({ s, call: of, cpu, emit }) => {
    const row = s.own.tlb[cpu]![of.domain!]!
    const frame = row[of.iova!] ?? s.own.pages[of.domain!]![of.iova!]!
    row[of.iova!] = frame
    emit.observe({ what: 'cpu-accessed', cpu, domain: of.domain!, iova: of.iova!, frame })
  },
}
const pageOnly = ({ id }: Sizes) => ({ domain: id.domain, iova: id.iova })
export const cpuCalls = {
  touch: call<ReturnType<typeof pageOnly>, CpuSide>({
    says: 'a driver reads one of its pages', offered: hasFrames, params: pageOnly,
    rules: {
      isReachable: ({ s, args, cpu }) => s.own.pages[args.domain]![args.iova] !== null
        || s.own.tlb[cpu]![args.domain]![args.iova] !== null,
    },
  }),
  flushTlb: shootdownEntry,
}
type Fill = HardwareSpec<unknown, CpuSide, { readonly cpu: number; readonly iova: number }>
const fill: Fill = {
  says: 'in a call: walk the page table of the driver that called, and fill the TLB, asked or not',
  offered: hasFrames, params: ({ id }) => ({ iova: id.iova }),
  when: ({ s, args: { cpu, iova } }) => {
    const domain = s.kernel.calls[cpu]?.domain ?? null, frame = domain === null ? null : s.own.pages[domain]![iova]!
    return frame !== null && frame !== s.own.tlb[cpu]![domain!]![iova]
  },
  then: ({ s, args: { cpu, iova } }) => {
    const { domain } = s.kernel.calls[cpu]!
    s.own.tlb[cpu]![domain!]![iova] = s.own.pages[domain!]![iova]!
  },
}
/** A CPU fills its TLB ahead of any access, with what the address space that is loaded maps (Intel SDM volume 3,
 *  4.10.2.3). In no call, `touch` comes to the same: it leaves nothing but a TLB that is filled. */
export const cpuHardware = { cacheTranslation: fill }

const scope: OwnScope = {
  name: 'both-sides', says: 'two drivers on two CPUs map, read and unmap two frames, which their devices reach',
  bounds: { cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 1, queue: 4 },
}
const page = { cpu: 0, domain: 0, iova: 0 }
/** With another CPU to interrupt. */
export const twoCpus: OwnCost = {
  name: 'two-cpus', bounds: { cpus: 2, callers: 2, frames: 1, iovas: 1 }, paths: ['unmap', 'shootdown'],
  ops: [{ action: 'map', args: { ...page, frame: 0, write: true } }, { action: 'unmap', args: page }],
}
export const pmapUnifiedOn = <U>(v: Vocabulary<U>): Design<U> => design('pmap-unified', {
  says: 'as ring0-strict; one call changes what CPU and device map, and ends both their stale entries (UVM, pmap)',
  remapsDma: true, remapsInterrupts: true, scopes: [scope], costs: [twoCpus], state: cpuSide, calls: cpuCalls,
  hardware: cpuHardware,
}, {
  ...ring0StrictOn(v).protocols,
  map: [allocateFrame, lockTables, linkTables, storePte, writeBackPte, unlockTables, v.flushStores,
    v.invalidateAbsentPage, v.awaitAbsentPage, storeCpuPte, returnToDriver],
  unmap: [clearCpuPte, lockTables, clearPte, writeBackPte, unlinkEmptyTable, askOthers, v.invalidatePage,
    v.awaitInvalidation, awaitOthers, unlockTables, freeTable, freeFrame, returnToDriver],
  touch: [accessPage], flushTlb: [answer],
} as never) as Design<U>
