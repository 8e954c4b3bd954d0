/** What each part of the state is, for people: `list state`, docs/designs.md. */
import { struct } from '../src/model/index.ts'
import type { Domain } from '../src/model/index.ts'
import { bounds } from './bounds.ts'
import { stateDomain } from './state.ts'

/** By path below `s`. A part whose fields have paths of their own is not here. */
export const stateWords: Readonly<Record<string, string>> = {
  unit: 'the state of the IOMMU itself: use the steps of its vendor',
  'memory.roots': 'the top table of each domain, by entry: what software wrote (`now`), and stores that hardware does '
    + 'not see yet (`pending`)',
  'memory.pool': 'the entries of each table page below',
  inFlight: 'the translated DMA of each device that is on its way to memory',
  sources: 'interrupt sources: message registers, mask and pending bit, the message on its way',
  lapics: 'local APICs: IRR, ISR and TMR by vector',
  'kernel.frames': 'the allocator of frames: whose each is',
  'kernel.pages': 'the allocator of table pages: whose each is',
  'kernel.mappings': 'what the kernel has mapped for the driver of a domain at a page, and how far along it is: '
    + '`mapping` '
    + 'until map returns, then `live`; `changing` (protect), `unmapping`, `deferred` and `flushing` (lazy mode)',
  'kernel.attached': 'the domain that each device is in',
  'kernel.closed': 'domains whose driver is being taken down',
  'kernel.vectors': 'vector tables: whose handler is installed at a CPU and vector',
  'kernel.notifications': 'interrupts that a userland driver was told of by IPC and has not received, or that wait '
    + 'for a virtual CPU (VT-d: PIR)',
  'kernel.queueLock': 'the lock of the queue of the unit: the CPU whose commands have no wait yet',
  'kernel.interruptTableLock': 'the lock of the interrupt table',
  'kernel.tableLock': 'the lock of the tables of each domain',
  'kernel.calls': 'the call that each CPU is in: its name, its next step, its registers',
  'kernel.handlers': 'the same of the interrupt it is in, where handlers are protocols',
}

/** Two of everything. */
const everything = bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 2, levels: 2, tables: 2,
  sources: 2, vectors: 2, reassign: 1 })
/** The domain of each of these parts, by path, in the order of the state. */
export function stateParts(): readonly (readonly [path: string, domain: Domain])[] {
  const { fields } = stateDomain(everything, { coherent: true, rwbf: false },
    { calls: [], longestProtocol: 1, handles: true, interruptsOff: {}, registers: {}, own: null }, struct({}))
  const below = (path: string, domain: Domain): (readonly [string, Domain])[] =>
    Object.hasOwn(stateWords, path) || domain.kind !== 'struct' ? [[path, domain]]
      : Object.entries(domain.fields).flatMap(([name, of]) => below(path === '' ? name : `${path}.${name}`, of))
  return Object.entries(fields).flatMap(([name, of]) => below(name, of))
}
