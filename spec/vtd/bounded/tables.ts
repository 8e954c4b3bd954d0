/** Bounded memory as a VT-d unit sees it: root, context, second-stage and interrupt tables of a few entries, and the stores to
 *  them that have not reached memory yet (rev 5.10, chapter 6). Implements the tables interface of the walker. */
import { bool, list, oneOf, optional, range, struct, table, variant } from '../../../src/model/index.ts'
import type { Domain, Struct, Value } from '../../../src/model/index.ts'
import type { Bounds } from '../../bounds.ts'
import type { Ids } from '../../ids.ts'
import type { Caps } from '../caps.ts'
import type { ContextEntry as DecodedContext, Geometry, Irte, SecondStageEntry, Tables } from '../walk/tables.ts'

/** A table entry as software wrote it, and what hardware still sees while the store is in a CPU cache or a write buffer. */
export interface Cell<E> { now: E | null; pending: { old: E | null; at: 'cache' | 'buffer' }[] }

function cell<E extends Domain>(entry: E, caps: Caps): Struct<Cell<Value<E>>> {
  // One pending store a cell: a later store to the same line joins it. None where stores are visible at once.
  const pending = struct({ old: optional(entry), at: oneOf('cache', 'buffer') })
  const slots = caps.coherent && !caps.rwbf ? 0 : 1
  return struct({ now: optional(entry), pending: list(pending, slots) }) as Struct<Cell<Value<E>>>
}

export function memoryDomain(b: Bounds, caps: Caps, id: Ids, interruptTables: number) {
  const slot = b.levels === 1 ? id.iova : range(0, 1)
  const contextEntry = struct({ domain: id.domain, root: id.domain })
  const entry = variant('kind', { leaf: { frame: id.frame, write: bool }, table: { page: id.page } })
  // `verify: null` is SVT=0, no source check.
  const irte = struct({ cpu: id.cpu, vector: id.vector, verify: optional(id.device) })
  return struct({
    rootPresent: bool,
    /** Software writes 32-bit destinations into IRTEs: it believes EIME=1. */
    wideDestinations: bool,
    context: table([id.device], cell(contextEntry, caps)),
    roots: table([id.domain, slot], cell(entry, caps)),
    pool: table([id.page, slot], cell(entry, caps)),
    /** The table that IRTA names, and where a second one is built, that one. */
    irta: range(0, interruptTables - 1),
    irt: table([range(0, interruptTables - 1), id.source], cell(irte, caps)),
  })
}
export type Memory = Value<ReturnType<typeof memoryDomain>>
export type ContextCell = Memory['context'][number]
export type ContextEntry = NonNullable<ContextCell['now']>
export type PagingEntry = NonNullable<Memory['roots'][number][number]['now']>
export type IrteEntry = NonNullable<Memory['irt'][number][number]['now']>

/** What hardware reads. */
export function seenByHardware<E>(cell: Cell<E>): E | null { return cell.pending.length > 0 ? cell.pending[0]!.old : cell.now }

export function store<E>(cell: Cell<E>, value: E | null, caps: Caps): void {
  if (!caps.coherent || caps.rwbf) {
    const old = seenByHardware(cell)
    cell.pending = [{ old, at: caps.coherent ? 'buffer' : 'cache' }]
  }
  cell.now = value
}

/** CLFLUSH of the entry's line: on to the chipset's write buffer where there is one, else to memory. */
export function writeBack<E>(cell: Cell<E>, caps: Caps): void {
  if (cell.pending[0]?.at !== 'cache') return
  if (caps.rwbf) cell.pending[0].at = 'buffer'
  else cell.pending = []
}

/** GCMD.WBF, or any invalidation on a unit with RWBF (chapter 6). */
export function flushWriteBuffer(memory: Memory): void {
  for (const cell of cellsOf(memory)) if (cell.pending[0]?.at === 'buffer') cell.pending = []
}

/** Cache lines are evicted and write buffers drain by themselves: any pending store may become visible at any time. */
export function settle<E>(cell: Cell<E>): void { cell.pending = [] }

function cellsOf(memory: Memory): Cell<unknown>[] {
  return [...memory.context, ...memory.roots.flat(), ...memory.pool.flat(), ...memory.irt.flat()]
}

/** Addresses of tables: the root of domain d is d, page p of the pool is domains + p. */
export const rootAddress = (domain: number): number => domain
export const pageAddress = (page: number, b: Bounds): number => b.domains + page
/** The pool page at an address, or null for a root. */
export const pageAt = (address: number, b: Bounds): number | null => address < b.domains ? null : address - b.domains

/** IOVAs are page numbers; one level indexes all of them, more levels one bit each. */
export function geometryOf(b: Bounds): Geometry {
  return { pageShift: 0, levelBits: b.levels > 1 ? 1 : Math.max(1, Math.ceil(Math.log2(b.iovas))) }
}

/** Domain ids are numbered from 1: with CM=1, id 0 is the hardware's own (chapter 6). */
export const didOf = (domain: number): number => domain + 1

/** APIC ids of the CPUs. */
export const apicIdOf = (cpu: number, b: Bounds): number => cpu === 1 && b.wideIds === 1 ? 256 : cpu
/** Null where no CPU has that id: the message reaches nobody. */
export const cpuOf = (apicId: number, b: Bounds): number | null => {
  for (let cpu = 0; cpu < b.cpus; cpu++) if (apicIdOf(cpu, b) === apicId) return cpu
  return null
}

/** The tables as hardware reads them. Every device is a function of bus 0 with its id as source id. */
export function tablesOf(memory: Memory, b: Bounds): Tables {
  return {
    rootEntry: () => ({ present: memory.rootPresent, contextTable: 0, reserved: false }),
    contextEntry: (_, devfn) => decodeContext(seenByHardware(memory.context[devfn]!), b),
    secondStageEntry: (address, index) => {
      const page = pageAt(address, b)
      const row = page === null ? memory.roots[address]! : memory.pool[page]!
      return decodePaging(index < row.length ? seenByHardware(row[index]!) : null, b)
    },
    irte: source => decodeIrte(seenByHardware(memory.irt[memory.irta]![source]!), memory.wideDestinations, b),
  }
}

export function decodeContext(entry: ContextEntry | null, b: Bounds): DecodedContext {
  return {
    present: entry !== null, fpd: false, tt: 0, table: entry === null ? 0 : rootAddress(entry.root), levels: b.levels,
    did: entry === null ? 0 : didOf(entry.domain), reserved: false,
  }
}
const notPresent: SecondStageEntry =
  { read: false, write: false, pageSize: false, address: 0, snoop: false, accessed: false, dirty: false, reserved: false }
export function decodePaging(entry: PagingEntry | null, b: Bounds): SecondStageEntry {
  if (entry === null) return notPresent
  return entry.kind === 'leaf' ? { ...notPresent, read: true, write: entry.write, address: entry.frame }
    : { ...notPresent, read: true, write: true, address: pageAddress(entry.page, b) }
}
/** Fixed, edge, physical destination. Software that knows EIME=0 puts the 8-bit id into bits 15:8 of the destination field (9.9). */
export function decodeIrte(entry: IrteEntry | null, wide: boolean, b: Bounds): Irte {
  const sid = entry?.verify ?? 0
  const id = entry === null ? 0 : apicIdOf(entry.cpu, b)
  return {
    present: entry !== null, fpd: false, im: false, dm: false, rh: false, tm: false, dlm: 0, vector: entry?.vector ?? 0,
    dst: wide ? id : (id & 0xff) << 8, sid, sq: 0, svt: entry === null || entry.verify === null ? 0 : 1, reserved: false,
  }
}
