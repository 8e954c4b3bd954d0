/** A whole system as one paravirtual server: L4Linux (Härtig et al., SOSP 1997), or FreeBSD on Pistachio as the
 *  thread plans it. The microkernel owns both views of the server's memory, that of the CPU and that of its devices.
 *  The server changes them by hypercalls, and batches what it unmaps: a page of the batch stays its own until one
 *  hypercall has taken the whole batch from both views. */
import type { Vocabulary } from '../iommu/vocabulary.ts'
import type { StepContext, OwnCost, OwnScope, Step } from '../step.ts'
import { design } from './design.ts'
import type { Design } from './design.ts'
import {
  accessPage, answer, askOthers, awaitOthers, cpuCalls, cpuHardware, cpuSide, flushTlb, storeCpuPte, twoCpus,
} from './pmap-unified.ts'
import type { CpuSide } from './pmap-unified.ts'
import { ring0StrictOn } from './ring0.ts'
import { markPhase } from './steps/access.ts'
import {
  allocateFrame, clearPte, enterKernel, freeBatchFrames, linkTables, returnToDriver, storePte, takeBatch,
  writeBackPte,
} from './steps/index.ts'

type ServerStep = Step<unknown, CpuSide>

const dropFromServer: ServerStep = {
  name: 'dropFromServer', says: 'clear the page in the tables that the server keeps for itself',
  then: ({ emit }) => { emit.cost('pte-clear') },
}
const queueHypercall: ServerStep = {
  name: 'queueHypercall', says: 'queue the unmap in the batch of the server, and touch the page no more',
  then: k => {
    markPhase(k as never, 'deferred')
    k.emit.cost('deferred-enqueue')
  },
}
/** The pages of the batch that is being taken. */
const batchOf = ({ s, call: of }: Pick<StepContext<unknown, CpuSide>, 's' | 'call'>): number[] =>
  s.kernel.mappings[of.domain!]!.flatMap((mapping, iova) => mapping?.phase === 'flushing' ? [iova] : [])

const clearBatchCpu: ServerStep = {
  name: 'clearBatchCpu', says: 'clear the pages of the batch in the view of the CPU, and flush the TLB of this CPU',
  then: k => {
    for (const iova of batchOf(k)) {
      k.s.own.pages[k.call.domain!]![iova] = null
      k.emit.cost('pte-clear')
    }
    flushTlb(k)
  },
}
const clearBatchDma: ServerStep = {
  name: 'clearBatchDma', says: 'clear them in the view of the devices', rule: 'leaf-entry',
  then: k => {
    for (const iova of batchOf(k)) {
      const page = { ...k, call: { ...k.call, iova } } as never
      clearPte.then(page)
      writeBackPte.then(page)
    }
  },
}
const returnBatch: ServerStep = {
  name: 'returnBatch', says: 'return from the hypercall: the pages of the batch are the server\'s no longer',
  then: k => {
    for (const iova of batchOf(k)) {
      k.s.kernel.mappings[k.call.domain!]![iova] = null
      k.emit.cost('iova-free')
      k.emit.observe({ what: 'revoked', domain: k.call.domain!, iova })
    }
  },
}

const batching: OwnScope = {
  name: 'hypercalls', says: 'two servers on two CPUs map pages, read them, and unmap them in batches',
  bounds: { cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 1, queue: 4 },
}
const batch: OwnScope = {
  name: 'batch', says: 'a server unmaps two pages in one batch', bounds: { frames: 2, iovas: 2 },
}
const hypercall: OwnCost = { ...twoCpus, name: 'hypercall', paths: ['unmap', 'flush', 'shootdown'],
  ops: [...twoCpus.ops, { action: 'flush', args: { cpu: 0, domain: 0 } }] }
export const singleServerOn = <U>(v: Vocabulary<U>): Design<U> => {
  const { attach, detach, migrateInterrupt } = ring0StrictOn(v).protocols
  return design('single-server', {
    says: 'a system as one paravirtual server; hypercalls change what its CPUs and devices map, in batches (L4Linux)',
    remapsDma: true, remapsInterrupts: true, scopes: [batching, batch], costs: [hypercall],
    state: cpuSide, calls: cpuCalls, hardware: cpuHardware,
  }, {
    map: [enterKernel, allocateFrame, linkTables, storePte, writeBackPte, v.flushStores, v.invalidateAbsentPage,
      v.awaitAbsentPage, storeCpuPte, returnToDriver],
    unmap: [dropFromServer, queueHypercall],
    flush: [enterKernel, takeBatch, clearBatchCpu, clearBatchDma, askOthers, v.invalidateDomain, v.awaitInvalidation,
      awaitOthers, freeBatchFrames, returnBatch],
    touch: [accessPage], flushTlb: [answer], attach, detach, migrateInterrupt,
  } as never) as Design<U>
}
