/** Steps that make hardware forget: descriptors, waits, register commands, write buffers (VT-d rev 5.10, chapter 6). */
import type { StepContext as ContextOf, Protocol as ProtocolOf, Step as StepOf, View } from '../../kernel/design.ts'
import { queueTag, registersTag } from '../bounded/actions.ts'
import type { QueueEntry, Unit } from '../bounded/state.ts'
import { flushWriteBuffer as flushBuffers } from '../bounded/tables.ts'

type Kernel = ContextOf<Unit>
type Step = StepOf<Unit>
type Protocol = ProtocolOf<Unit>

/** There is room in the ring, and no other CPU is in the middle of a submission. Descriptors and their wait are queued
 *  under one lock: a wait completes after those between it and the wait before it (6.5.2), so another CPU's wait in
 *  between would take them away. */
const mayQueue = ({ s, b, cpu }: View<Unit>): boolean =>
  s.unit.queue.length < b.queue && (s.kernel.queueLock === null || s.kernel.queueLock === cpu)

/** A step that queues one descriptor, and takes the lock of the queue until `submitWait` queues the wait; it waits
 *  while the ring is full. */
export function queueStep(name: string, says: string, rest: Pick<Step, 'clause' | 'skip'>,
  entryOf: (k: Kernel) => QueueEntry): Step {
  return {
    name, says, ...rest, uses: queueTag, when: mayQueue,
    then: k => {
      k.s.kernel.queueLock = k.cpu
      k.s.unit.queue.push(entryOf(k))
      k.emit.cost('queue-entry')
    },
  }
}

const pageEntry = ({ call, caps, b }: Kernel, hint: boolean): QueueEntry => {
  // Without PSI the whole domain goes (6.5.2.3).
  if (!caps.psi) return { type: 'iotlb-domain', domain: call.domain! }
  return { type: 'iotlb-page', domain: call.domain!, iova: call.iova!, mask: 0, hint: hint && b.levels > 1 }
}

/** IH stays 0 when a table was unlinked, so that the paging-structure caches forget it too. */
export const invalidatePage = queueStep('invalidatePage', 'queue an IOTLB invalidation of the page',
  { clause: 'VTD:table-28/second-stage-leaf' }, k => pageEntry(k, k.call.page === null))
/** As `invalidatePage`, without the lock of the queue. */
export const invalidatePageUnlocked: Step = {
  ...invalidatePage, name: 'invalidatePageUnlocked',
  says: 'queue an IOTLB invalidation of the page, without the lock of the queue',
  when: ({ s, b }) => s.unit.queue.length < b.queue,
  then: k => {
    const holder = k.s.kernel.queueLock
    invalidatePage.then(k)
    k.s.kernel.queueLock = holder
  },
}
/** Right only when nothing but a leaf changed. */
export const invalidateLeafOnly = queueStep('invalidateLeafOnly',
  'queue an IOTLB invalidation of the page with the hint IH=1',
  { clause: 'VTD:6.5.2.3/hint' }, k => pageEntry(k, true))
/** What a page-selective invalidation of address 0 does, whatever was meant. */
export const invalidatePageZero = queueStep('invalidatePageZero', 'queue an IOTLB invalidation of page 0',
  { clause: 'VTD:6.5.2.3/iotlb-page' },
  k => ({ type: 'iotlb-page', domain: k.call.domain!, iova: 0, mask: 0, hint: false }))
/** One page-selective invalidation whose address mask spans the pages being flushed. */
export const invalidateBatch = queueStep('invalidateBatch',
  'queue an IOTLB invalidation of the smallest aligned range that holds the batch',
  { clause: 'VTD:6.5.2.3/iotlb-page' }, k => batchEntry(k, 0))
/** The length of the range taken for its last index: the top page is left out. */
export const invalidateBatchTooNarrow = queueStep('invalidateBatchTooNarrow',
  'queue an IOTLB invalidation of half that range',
  { clause: 'VTD:6.5.2.3/iotlb-page' }, k => batchEntry(k, 1))
function batchEntry({ s, call, caps }: Kernel, narrower: number): QueueEntry {
  if (!caps.psi) return { type: 'iotlb-domain', domain: call.domain! }
  const pages = s.kernel.mappings[call.domain!]!.flatMap((mapping, iova) => mapping?.phase === 'flushing' ? [iova] : [])
  let mask = 0
  while (pages.some(page => page >> mask !== pages[0]! >> mask)) mask++
  mask = Math.max(0, mask - narrower)
  return { type: 'iotlb-page', domain: call.domain!, iova: pages[0]! >> mask << mask, mask, hint: false }
}
export const invalidateDomain = queueStep('invalidateDomain', 'queue an IOTLB invalidation of the domain',
  { clause: 'VTD:6.5.2.3/iotlb-domain' }, k => ({ type: 'iotlb-domain', domain: k.call.domain! }))
export const invalidateGlobal = queueStep('invalidateGlobal', 'queue an IOTLB invalidation of everything',
  { clause: 'VTD:6.5.2.3/iotlb-global' }, () => ({ type: 'iotlb-global' }))
export const invalidateContext = queueStep('invalidateContext',
  'queue a context-cache invalidation of the device, with the domain it was in',
  { clause: 'VTD:table-28/context-entry' },
  k => ({ type: 'context-device', device: k.call.device!, domain: k.call.domain! }))
const noCachingMode: Pick<Step, 'skip'> = { skip: ({ caps }) => !caps.cm }
/** With CM=1 a context entry that was not present is cached under domain id 0 (chapter 6). */
export const invalidateAbsentContext = queueStep('invalidateAbsentContext',
  'caching mode: queue a context-cache invalidation for domain id 0',
  { clause: 'VTD:6/caching-mode', ...noCachingMode },
  k => ({ type: 'context-device', device: k.call.device!, domain: null }))
export const invalidateIec = queueStep('invalidateIec', 'queue an interrupt entry cache invalidation of the index',
  { clause: 'VTD:table-28/irte' }, k => ({ type: 'iec-index', source: k.call.source! }))
/** Not needed where setting the table pointer does it (CAP.ESIRTPS). */
export const invalidateIecAll = queueStep('invalidateIecAll',
  'queue an interrupt entry cache invalidation of everything',
  { clause: 'VTD:table-28/set-interrupt-table', skip: ({ caps }) => caps.esirtps }, () => ({ type: 'iec-global' }))

export const submitWait: Step = {
  name: 'submitWait', says: 'queue a wait descriptor and write the tail register', clause: 'VTD:6.5.2.9/wait',
  uses: queueTag, when: mayQueue,
  then: ({ s, cpu, emit }) => {
    s.kernel.queueLock = null
    s.unit.waits[cpu] = 'pending'
    s.unit.queue.push({ type: 'wait', cpu })
    // The queue has one lock for all CPUs.
    emit.cost('lock')
    emit.cost('queue-entry')
    emit.cost('queue-tail-write')
  },
}
export const pollStatus: Step = {
  name: 'pollStatus', says: 'wait until hardware has written the status word', clause: 'VTD:6.5.2.9/wait',
  when: ({ s, cpu }) => s.unit.waits[cpu] !== 'pending',
  then: ({ s, cpu, emit }) => {
    s.unit.waits[cpu] = 'idle'
    emit.cost('queue-wait')
  },
}
/** All that was queued before has been done when this returns. */
export const awaitInvalidation: Protocol = [submitWait, pollStatus]

/** Caching mode: a new mapping may be hidden by a cached refusal. Then invalidate and wait, as after an unmap. */
export const invalidateIfCachingMode: Step = { ...invalidatePage, ...noCachingMode, name: 'invalidateIfCachingMode',
  clause: 'VTD:6/caching-mode' }
export const invalidateDomainIfCachingMode: Step =
  { ...invalidateDomain, ...noCachingMode, name: 'invalidateDomainIfCachingMode', clause: 'VTD:6/caching-mode' }
export const awaitIfCachingMode: Protocol =
  awaitInvalidation.map(step => ({ ...step, ...noCachingMode, name: `${step.name}IfCachingMode` }))

/** Stores that no invalidation follows have to be pushed out of the chipset's buffer by hand. */
export const flushWriteBuffer: Step = {
  name: 'flushWriteBuffer', says: 'GCMD.WBF: flush the chipset write buffer, and wait',
  clause: 'VTD:6/write-buffer-flush',
  skip: ({ caps }) => !caps.rwbf,
  then: ({ s, emit }) => {
    flushBuffers(s.unit.tables, s.memory)
    emit.cost('write-buffer-flush')
  },
}

/** Register-based invalidation: one command at a time, and software polls the bit that starts it. */
export const invalidatePageByRegister: Step = {
  name: 'invalidatePageByRegister', says: 'write IVA and the IOTLB register', clause: 'VTD:11.4/register-invalidation',
  uses: registersTag,
  when: ({ s }) => s.unit.register === null,
  then: k => {
    const entry = pageEntry(k, k.call.page === null)
    if (entry.type === 'iotlb-page' || entry.type === 'iotlb-domain') k.s.unit.register = entry
    k.emit.cost('mmio-write', 2)
  },
}
export const pollRegister: Step = {
  name: 'pollRegister', says: 'poll until hardware clears IVT', clause: 'VTD:11.4/register-invalidation',
  when: ({ s }) => s.unit.register === null,
  then: ({ emit }) => { emit.cost('queue-wait') },
}
