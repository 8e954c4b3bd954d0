/** The judge's book: who owns each frame and table page, what was granted, and where each raised edge is. It is written
 *  from observations only, so a wrong page table cannot make a wrong access look right. */
import { bool, initial, oneOf, optional, range, struct, table } from '../src/model/index.ts'
import type { Ledger as LedgerOf, Value } from '../src/model/index.ts'
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
  switch (seen.what) {
    case 'granted':
      book.grants[seen.domain]![seen.iova] = { frame: seen.frame, write: seen.write }
      if ('written' in book) book.written![seen.domain]![seen.iova] = false
      return
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
    case 'shared': book.holders![seen.frame]!++; return
    case 'dropped':
      book.holders![seen.frame] = Math.max(0, book.holders![seen.frame]! - 1)
      if ('copies' in book && book.holders![seen.frame] === 0) book.copies![seen.frame] = false
      return
    case 'slept': case 'woken': book.asleep![seen.source] = seen.what === 'slept'; return
    case 'copied':
      if ('written' in book) book.written![seen.domain]![seen.iova] = false
      if ('copies' in book && seen.into !== null) book.copies![seen.into] = true
      return
    case 'landed': if (seen.write && 'written' in book) noteWritten(book, seen); return
    case 'cpu-accessed': case 'table-read': case 'blocked': case 'port-accessed': case 'device-accessed': return
    default: observeEdge(book, seen)
  }
}

/** Each page of the device's domain by which it reached the frame. */
function noteWritten(book: Ledger, { device, iova, frame }: Extract<MachineObservation, { what: 'landed' }>): void {
  const domain = book.attached[device]!
  if (domain === null) return
  book.grants[domain]!.forEach((grant, at) => {
    if (grant?.frame === frame && (iova === null || iova === at)) book.written![domain]![at] = true
  })
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

type EdgeSeen = Extract<MachineObservation, {
  what: 'raised' | 'unmasked' | 'accepted' | 'rejected' | 'dispatched' | 'handled' | 'injected' | 'posted'
    | 'received' | 'withdrawn'
}>

function observeEdge(book: Ledger, seen: EdgeSeen): void {
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
    case 'posted': {
      if (seen.source === null) return
      const edges = book.edges[seen.source]!
      edges.message = false
      if (seen.into === seen.source) edges.notification = true
      else edges.lost = true
      return
    }
    case 'injected': {
      if (seen.into === seen.source) return
      book.edges[seen.source]!.notification = false
      book.edges[seen.source]!.lost = true
      return
    }
    case 'received': case 'withdrawn': book.edges[seen.source]!.notification = false; return
  }
}
