/** Steps that make hardware forget: commands, and the wait for them (AMD 48882 rev 3.05, 2.4). */
import type { StepContext as ContextOf, Protocol as ProtocolOf, Step as StepOf } from '../../kernel/design.ts'
import { queueTag } from '../bounded/actions.ts'
import { sizeBits } from '../bounded/state.ts'
import type { QueuedCommand, Unit } from '../bounded/state.ts'
import { deviceOf } from './device.ts'

type Kernel = ContextOf<Unit>
type Step = StepOf<Unit>
type Protocol = ProtocolOf<Unit>

/** Queues one command; waits while the ring is full. A COMPLETION_WAIT is about every command before it, whoever queued
 *  them: no lock is held from a command to its wait. */
function submits(name: string, says: string, rest: Pick<Step, 'clause' | 'skip'>,
  commandOf: (k: Kernel) => QueuedCommand): Step {
  return {
    name, says, ...rest, uses: queueTag, when: ({ s, b }) => s.unit.commands.length < b.queue,
    then: k => {
      k.s.unit.commands.push(commandOf(k))
      k.emit.cost('queue-entry')
    },
  }
}

export const invalidateDevtabEntry = submits('invalidateDevtabEntry', 'queue INVALIDATE_DEVTAB_ENTRY of the device',
  { clause: 'AMD:2.4.2/devtab' }, k => ({ type: 'devtab', device: deviceOf(k) }))

const onePage = ({ call, b }: Kernel, directories: boolean): QueuedCommand =>
  ({ type: 'pages', domain: call.domain!, iova: call.iova!, size: 0, directories: directories && b.levels > 1 })
/** PDE=1 where a table was unlinked, so that no walk begins at it. */
export const invalidateIommuPages = submits('invalidateIommuPages',
  'queue INVALIDATE_IOMMU_PAGES of the page, with PDE=1 where a table was unlinked', { clause: 'AMD:2.4.3/pages' },
  k => onePage(k, k.call.page !== null))
/** Right only where nothing but a leaf changed. */
export const invalidateIommuPagesLeaf = submits('invalidateIommuPagesLeaf',
  'queue INVALIDATE_IOMMU_PAGES of the page with PDE=0', { clause: 'AMD:2.4.3/pde' }, k => onePage(k, false))
export const invalidateAllPages = submits('invalidateAllPages',
  'queue INVALIDATE_IOMMU_PAGES of all pages of the domain: S=1, address 7FFFFFFFFFFFF000h',
  { clause: 'AMD:2.4.3/size' }, k => ({ type: 'pages-all', domain: k.call.domain! }))

/** Pages that a flush is about, in order. */
const flushed = ({ s, call }: Kernel): readonly number[] =>
  s.kernel.mappings[call.domain!]!.flatMap((mapping, iova) => mapping?.phase === 'flushing' ? [iova] : [])
/** The highest bit in which first and last page differ, and all bits below it, are ones. */
export const invalidatePageRange = submits('invalidatePageRange',
  'queue INVALIDATE_IOMMU_PAGES of the smallest range that holds the batch', { clause: 'AMD:2.4.3/size' }, k => {
    const pages = flushed(k)
    let size = 0
    while (pages.some(page => page >> size !== pages[0]! >> size)) size++
    return { type: 'pages', domain: k.call.domain!, iova: pages[0]! >> size << size, size, directories: true }
  })
/** Only the highest of those bits is set: the lowest zero bit is then the lowest of all, and the size two pages. */
export const invalidatePageRangeOneBit = submits('invalidatePageRangeOneBit',
  'queue INVALIDATE_IOMMU_PAGES with one bit of the size set, not all below it', { clause: 'AMD:2.4.3/size' }, k => {
    const pages = flushed(k)
    let size = 0
    while (pages.some(page => page >> size !== pages[0]! >> size)) size++
    const bit = size < 2 ? 0 : 1 << size - 1
    return { type: 'pages', domain: k.call.domain!, iova: ((pages[0]! >> size << size) + bit) % k.b.iovas,
      size: Math.min(1, size, sizeBits(k.b)), directories: true }
  })

/** All that the cache holds of the device's table: no command names one entry. */
export const invalidateInterruptTable = submits('invalidateInterruptTable',
  'queue INVALIDATE_INTERRUPT_TABLE of the device', { clause: 'AMD:2.4.5/interrupt-table' },
  k => ({ type: 'interrupts', device: deviceOf(k) }))

/** Every entry of every cache; the unit must have IASup. */
export const invalidateIommuAll = submits('invalidateIommuAll', 'queue INVALIDATE_IOMMU_ALL, which forgets everything',
  { clause: 'AMD:2.4/all' }, () => ({ type: 'all' }))

/** What follows begins when all before has ended. */
export const fenceCommands = submits('fenceCommands', 'queue COMPLETION_WAIT with F=1, and no store',
  { clause: 'AMD:2.4/unordered', skip: ({ caps }) => caps.ordered }, () => ({ type: 'fence' }))

export const completionWait: Step = {
  name: 'completionWait', says: 'queue COMPLETION_WAIT with a store, and write the tail register',
  clause: 'AMD:2.4.1/completion-wait', uses: queueTag, when: ({ s, b }) => s.unit.commands.length < b.queue,
  then: ({ s, cpu, emit }) => {
    s.unit.waits[cpu] = 'pending'
    s.unit.commands.push({ type: 'wait', cpu })
    // The ring has one lock for all CPUs.
    emit.cost('lock')
    emit.cost('queue-entry')
    emit.cost('queue-tail-write')
  },
}
export const pollStore: Step = {
  name: 'pollStore', says: 'wait until hardware has stored the word', clause: 'AMD:2.4.1/completion-wait',
  when: ({ s, cpu }) => s.unit.waits[cpu] !== 'pending',
  then: ({ s, cpu, emit }) => {
    s.unit.waits[cpu] = 'idle'
    emit.cost('queue-wait')
  },
}
/** All that was queued before has been done when this returns. */
export const awaitCompletion: Protocol = [completionWait, pollStore]

/** NpCache: a new mapping may be hidden by a cached refusal. Then invalidate and wait, as after an unmap. */
const noNpCache: Pick<Step, 'skip'> = { skip: ({ caps }) => !caps.npCache }
export const invalidateIfNpCache: Step = { ...invalidateIommuPages, ...noNpCache, name: 'invalidateIfNpCache',
  clause: 'AMD:2.4/np-cache' }
export const awaitIfNpCache: Protocol =
  awaitCompletion.map(step => ({ ...step, ...noNpCache, name: `${step.name}IfNpCache` }))
