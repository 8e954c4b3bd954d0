/** Devices of a unit and what each may do, whichever vendor's tables say it. */
import type { Space } from './spaces.ts'

/** One kind of requests of a device: those without PASID (null), or those of a PASID. */
export interface RequestClass {
  readonly pasid: number | null
  /** The PASID that what is cached is tagged with: RID_PASID for requests without one. Null in legacy mode. */
  readonly tag: number | null
  readonly did: number | null
  /** Null where every request is blocked, with the fault reason in `fault`. */
  readonly space: Space | null
  readonly fault: number | null
}

export interface Device { readonly sid: number; readonly ways: readonly RequestClass[]; readonly deviceTlb: boolean }

export const structureKinds = ['root table', 'context table', 'PASID directory', 'PASID table', 'device table',
  'GCR3 table', 'interrupt table'] as const

export type StructureKind = (typeof structureKinds)[number]

/** A table that is no paging table. */
export interface Structure { readonly kind: StructureKind; readonly address: number; readonly bytes: number }

export interface Found {
  readonly devices: Device[]
  /** By kind and address. */
  readonly structures: Map<string, Structure>
  /** Structures that the dump does not hold, or not whole: how many, and the first address missing. */
  readonly outside: Map<StructureKind, { count: number; readonly address: number }>
  /** Root entries and PASID directory entries that block all below them: fault reason, and what they are of. */
  readonly unusable: { readonly fault: number; readonly of: string }[]
  /** PASIDs that were not looked at: the budget was used up. */
  pasidsLeft: boolean
}

export const nothingFound = (): Found =>
  ({ devices: [], structures: new Map(), outside: new Map(), unusable: [], pasidsLeft: false })

/** A structure that the dump holds, at least in part. */
export function reads(found: Found, kind: StructureKind, address: number, bytes = 4096): void {
  found.structures.set(`${kind} ${address}`, { kind, address, bytes })
}
/** One that it does not, or a part of it. */
export function lacks(found: Found, kind: StructureKind, address: number, count = 1): void {
  const known = found.outside.get(kind)
  if (known === undefined) found.outside.set(kind, { count, address })
  else known.count += count
}

export const bdf = (sid: number): string =>
  `${(sid >> 8).toString(16).padStart(2, '0')}:${(sid >> 3 & 31).toString(16).padStart(2, '0')}.${sid & 7}`
