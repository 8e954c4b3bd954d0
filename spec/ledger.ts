/** The judge's book: who owns each frame and table page, what was granted, and where each raised edge is. It is written
 *  from observations only, so a wrong page table cannot make a wrong access look right. */
import { bool, initial, oneOf, optional, range, struct, table } from '../src/model/index.ts'
import type { DeepReadonly, Ledger as LedgerOf, Value } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'
import { idsOf } from './ids.ts'
import type { MachineObservation } from './observations.ts'

/** What of the book depends on the design. `calls`: those of its own, since some observations are made in these
 *  alone. */
interface Of { readonly calls: readonly string[]; readonly bounces: boolean }

function ledgerDomain(b: Bounds, { calls, bounces }: Of) {
  const id = idsOf(b)
  return struct({
    /** What was given back that nobody had. */
    doubleFree: oneOf('none', 'frame', 'table page', 'address', 'vector', 'device', 'reference'),
    /** Domain that owns the frame; null: nobody's, or the kernel's. */
    owner: table([id.frame], optional(id.domain)),
    /** What the driver of the domain may reach: from the moment the kernel starts to map until unmap has returned. */
    grants: table([id.domain, id.iova], optional(struct({ frame: id.frame, write: bool }))),
    attached: table([id.device], optional(id.domain)),
    tableOwner: table([id.page], optional(id.domain)),
    /** Whose interrupts arrive at (cpu, vector). */
    bound: table([id.cpu, id.vector], optional(id.source)),
    /** Where raised edges of a source are. Edges of one source in one place have merged: the handler drains the device
     *  once for all of them (SDM: IRR holds one bit), so a place holds "some" or "none" and no edge needs a number. */
    edges: table([id.source], struct({
      pending: bool, message: bool, irr: table([id.cpu, id.vector], bool), isr: table([id.cpu, id.vector], bool),
      notification: bool, lost: bool,
    })),
    /** Drivers, and virtual CPUs, that sleep until they are woken. */
    ...calls.includes('driverRuns') || calls.includes('halt') ? { asleep: table([id.source], bool) } : {},
    /** Consumers that hold a reference to the frame, where drivers pass buffers on. */
    ...calls.includes('drop') ? { holders: table([id.frame], range(0, 3)) } : {},
    /** Frames that hold a copy for consumers. */
    ...calls.includes('copyOut') ? { copies: table([id.frame], bool) } : {},
    /** Pages that a device has written since they were granted, or last copied. */
    ...bounces ? { written: table([id.domain, id.iova], bool) } : {},
  })
}
export type Ledger = Value<ReturnType<typeof ledgerDomain>>

export function ledgerOf(b: Bounds, start: readonly MachineObservation[], of: Of):
  LedgerOf<Ledger, MachineObservation> {
  const domain = ledgerDomain(b, of)
  const book = initial(domain)
  for (const seen of start) observe(book, seen)
  return { domain, initial: book, observe }
}

function observe(book: Ledger, seen: MachineObservation): void {
  const twice = freedTwice(book, seen)
  if (twice !== null) book.doubleFree = twice
  if ('written' in book) observeWrites(book, seen)
  if ('copies' in book) observeCopies(book, seen)
  switch (seen.what) {
    case 'granted': book.grants[seen.domain]![seen.iova] = { frame: seen.frame, write: seen.write }; return
    case 'downgraded': {
      const grant = book.grants[seen.domain]![seen.iova]!
      if (grant !== null) grant.write = false
      return
    }
    case 'revoked': book.grants[seen.domain]![seen.iova] = null; return
    case 'frame-owned': book.owner[seen.frame] = seen.by; return
    case 'table-owned': book.tableOwner[seen.page] = seen.by; return
    case 'attached': book.attached[seen.device] = seen.to; return
    case 'bound': book.bound[seen.cpu]![seen.vector] = seen.to; return
    case 'slept': case 'woken': book.asleep![seen.source] = seen.what === 'slept'; return
    case 'shared': book.holders![seen.frame]!++; return
    case 'dropped': book.holders![seen.frame] = Math.max(0, book.holders![seen.frame]! - 1); return
    default: observeEdge(book, seen)
  }
}

/** Where drivers get copies of what devices write. */
function observeWrites({ written, grants, attached }: Ledger, seen: MachineObservation): void {
  switch (seen.what) {
    case 'granted': if (grants[seen.domain]![seen.iova] === null) written![seen.domain]![seen.iova] = false; return
    case 'copied': written![seen.domain]![seen.iova] = false; return
    case 'landed': {
      const { iova, frame } = seen, domain = seen.write ? attached[seen.device]! : null
      if (domain === null) return
      grants[domain]!.forEach((grant, at) => {
        if (grant?.frame === frame && (iova === null || iova === at)) written![domain]![at] = true
      })
    }
  }
}
/** Where consumers do. Called before the consumer's reference is counted down. */
function observeCopies({ copies, holders }: Ledger, seen: MachineObservation): void {
  if (seen.what === 'copied' && seen.into !== null) copies![seen.into] = true
  if (seen.what === 'dropped' && holders![seen.frame]! <= 1) copies![seen.frame] = false
}

/** What the observation gives back though nobody has it. */
function freedTwice(book: Ledger, seen: MachineObservation): Ledger['doubleFree'] | null {
  switch (seen.what) {
    case 'frame-owned': return seen.by === null && book.owner[seen.frame] === null ? 'frame' : null
    case 'table-owned': return seen.by === null && book.tableOwner[seen.page] === null ? 'table page' : null
    case 'bound': return seen.to === null && book.bound[seen.cpu]![seen.vector] === null ? 'vector' : null
    case 'dropped': return book.holders![seen.frame] === 0 ? 'reference' : null
    case 'attached': return seen.to === null && book.attached[seen.device] === null ? 'device' : null
    case 'revoked': case 'downgraded': return book.grants[seen.domain]![seen.iova] === null ? 'address' : null
    default: return null
  }
}

/** Of an interrupt; others, and those of a design's own, change nothing. */
function observeEdge(book: Ledger, seen: MachineObservation): void {
  switch (seen.what) {
    case 'raised': book.edges[seen.source]![seen.pended ? 'pending' : 'message'] = true; return
    case 'unmasked': {
      const edges = book.edges[seen.source]!
      if (edges.pending) { edges.pending = false; edges.message = true }
      return
    }
    case 'accepted': {
      if (seen.source === null) return
      const edges = book.edges[seen.source]!
      edges.message = false
      edges.irr[seen.cpu]![seen.vector] = true
      return
    }
    case 'rejected': {
      if (seen.source === null) return
      // A blocked interrupt of a working source is lost to its driver, logged or not.
      book.edges[seen.source]!.message = false
      book.edges[seen.source]!.lost = true
      return
    }
    case 'dispatched': {
      for (const edges of book.edges) {
        if (!edges.irr[seen.cpu]![seen.vector]!) continue
        edges.irr[seen.cpu]![seen.vector] = false
        edges.isr[seen.cpu]![seen.vector] = true
      }
      return
    }
    case 'handled': {
      book.edges.forEach((edges, source) => {
        if (!edges.isr[seen.cpu]![seen.vector]!) return
        edges.isr[seen.cpu]![seen.vector] = false
        if (source !== seen.by) edges.lost = true
        else if (seen.notifies) edges.notification = true
      })
      return
    }
    case 'withdrawn': book.edges[seen.source]!.notification = false; return
    case 'posted': case 'injected': case 'received': case 'sent': observeHandOver(book, seen)
  }
}

type HandOver = Extract<MachineObservation, { what: 'posted' | 'injected' | 'received' | 'sent' }>
function observeHandOver(book: Ledger, seen: HandOver): void {
  if (seen.source === null) return
  const edges = book.edges[seen.source]!, isLost = isForAnother(book, seen)
  if (seen.what === 'posted') {
    edges.message = false
    edges.notification ||= !isLost
  } else if (isLost || seen.what === 'received') edges.notification = false
  if (isLost) edges.lost = true
}

/** Whether who gets the interrupt of the source is not who it is for. It is for nobody while the device has no
 *  client. */
export function isForAnother({ attached }: DeepReadonly<Pick<Ledger, 'attached'>>, seen: HandOver): boolean {
  if (seen.what !== 'sent') return seen.source !== null && whoGets(seen) !== seen.source
  const client = attached[seen.source % attached.length]!
  return client !== null && client !== seen.to
}
/** The driver or virtual CPU, by its source; of what a server sends, the domain of the client. */
export function whoGets(seen: HandOver): number | null {
  if (seen.what === 'sent') return seen.to
  return seen.what === 'received' ? seen.by : seen.into
}
