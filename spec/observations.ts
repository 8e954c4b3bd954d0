/** Observations: what the outside sees of a step. Ledgers are written from these alone. */
import { bool, optional, range } from '../src/model/index.ts'
import type { Fields } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'
import type { Ids } from './ids.ts'

/** Memory and DMA. `iova` is null where the device addresses memory itself (no translation). */
export type MemoryObservation =
  | {
    readonly what: 'granted'
    readonly domain: number
    readonly iova: number
    readonly frame: number
    readonly write: boolean
  }
  | { readonly what: 'downgraded'; readonly domain: number; readonly iova: number }
  | { readonly what: 'revoked'; readonly domain: number; readonly iova: number }
  | { readonly what: 'frame-owned'; readonly frame: number; readonly by: number | null }
  /** A consumer gets a reference to the frame, or gives one back. */
  | { readonly what: 'shared'; readonly frame: number }
  | { readonly what: 'dropped'; readonly frame: number }
  /** The kernel copies a page of a domain, which is `frame`, into another frame; null: into memory of its driver. */
  | {
    readonly what: 'copied'
    readonly domain: number
    readonly iova: number
    readonly frame: number
    readonly into: number | null
  }
  /** A driver reached a page by its CPU. */
  | {
    readonly what: 'cpu-accessed'
    readonly cpu: number
    readonly domain: number
    readonly iova: number
    readonly frame: number
  }
  | { readonly what: 'table-owned'; readonly page: number; readonly by: number | null }
  | { readonly what: 'attached'; readonly device: number; readonly to: number | null }
  | {
    readonly what: 'landed'
    readonly device: number
    readonly iova: number | null
    readonly frame: number
    readonly write: boolean
  }
  | { readonly what: 'table-read'; readonly device: number; readonly domain: number; readonly page: number }
  | {
    readonly what: 'blocked'
    readonly device: number
    readonly iova: number
    readonly write: boolean
    readonly reason: number
  }

/** A driver's access reached the device, by a port or by the memory of the device. */
export interface DeviceObservation {
  readonly what: 'port-accessed' | 'device-accessed'
  readonly domain: number
  readonly device: number
}

/** Interrupts. A forged message has `source: null`. */
export type InterruptObservation =
  | { readonly what: 'bound'; readonly cpu: number; readonly vector: number; readonly to: number | null }
  | { readonly what: 'raised'; readonly source: number; readonly pended: boolean }
  | { readonly what: 'unmasked'; readonly source: number }
  | {
    readonly what: 'accepted'
    readonly device: number
    readonly source: number | null
    readonly cpu: number
    readonly vector: number
    readonly merged: boolean
  }
  | { readonly what: 'rejected'; readonly device: number; readonly source: number | null; readonly reason: number }
  | { readonly what: 'dispatched'; readonly cpu: number; readonly vector: number }
  | {
    readonly what: 'handled'
    readonly cpu: number
    readonly vector: number
    readonly by: number | null
    readonly notifies: boolean
  }
  /** The unit posted the message for a virtual CPU, beside one that waited or not. */
  | {
    readonly what: 'posted'
    readonly device: number
    readonly source: number | null
    readonly into: number
    readonly merged: boolean
  }
  /** A driver, or a virtual CPU, serves the device of the source: the one that interrupts of source `by` are for. */
  | { readonly what: 'received'; readonly source: number; readonly by: number | null }
  /** A server sends the interrupt of a source to a client: the domain `to`. */
  | { readonly what: 'sent'; readonly source: number; readonly to: number }
  /** The kernel takes back what was handed to a driver that is gone, and not received. */
  | { readonly what: 'withdrawn'; readonly source: number }
  /** A hypervisor records the interrupt of a source for a virtual CPU: that of source i is i. */
  | { readonly what: 'injected'; readonly source: number; readonly into: number }
  /** A userland driver, or a virtual CPU, goes to sleep until it is woken. */
  | { readonly what: 'slept' | 'woken'; readonly source: number }

export type MachineObservation = MemoryObservation | DeviceObservation | InterruptObservation

/** By kind: the fields of such an observation. What a step emits is held against it. */
export function observationFields({ ids: id, bounds: b }: { readonly ids: Ids; readonly bounds: Bounds }):
  Readonly<Record<MachineObservation['what'], Fields>> {
  const place = { cpu: id.cpu, vector: id.vector }, reason = range(0, 0xffff)
  return {
    granted: { domain: id.domain, iova: id.iova, frame: id.frame, write: bool },
    downgraded: { domain: id.domain, iova: id.iova }, revoked: { domain: id.domain, iova: id.iova },
    'frame-owned': { frame: id.frame, by: optional(id.domain) },
    'table-owned': { page: id.page, by: optional(id.domain) },
    attached: { device: id.device, to: optional(id.domain) },
    landed: { device: id.device, iova: optional(id.iova), frame: id.frame, write: bool },
    'table-read': { device: id.device, domain: id.domain, page: id.page },
    blocked: { device: id.device, iova: id.iova, write: bool, reason },
    'port-accessed': { domain: id.domain, device: id.device },
    'device-accessed': { domain: id.domain, device: id.device },
    shared: { frame: id.frame }, dropped: { frame: id.frame },
    copied: { domain: id.domain, iova: id.iova, frame: id.frame, into: optional(id.frame) },
    'cpu-accessed': { cpu: id.cpu, domain: id.domain, iova: id.iova, frame: id.frame },
    slept: { source: id.source }, woken: { source: id.source },
    injected: { source: id.source, into: id.source },
    posted: { device: range(0, b.devices - 1), source: optional(id.source), into: id.source, merged: bool },
    bound: { ...place, to: optional(id.source) }, raised: { source: id.source, pended: bool },
    unmasked: { source: id.source },
    accepted: { device: range(0, b.devices - 1), source: optional(id.source), ...place, merged: bool },
    rejected: { device: range(0, b.devices - 1), source: optional(id.source), reason },
    dispatched: place, handled: { ...place, by: optional(id.source), notifies: bool }, withdrawn: { source: id.source },
    received: { source: id.source, by: optional(id.source) }, sent: { source: id.source, to: id.domain },
  }
}

/** What the steps of each call have to tell, for the judge to know what the kernel did: where one is missing the claims
 *  that rest on it show nothing. */
export const observationsOf = {
  map: ['granted', 'frame-owned'], unmap: ['revoked', 'frame-owned'], protect: ['downgraded'], flush: ['frame-owned'],
  attach: ['attached'], detach: ['attached'], portAccess: ['port-accessed'], migrateInterrupt: ['bound'],
} as const satisfies Readonly<Record<string, readonly MachineObservation['what'][]>>
