/** The standard scopes: small worlds in which designs are checked, each with the part switched on that its claims are about. */
import { bounds } from './bounds.ts'
import type { Bounds } from './bounds.ts'
import type { Design } from './kernel/design.ts'

export interface Scope {
  readonly name: string
  readonly says: string
  readonly bounds: Bounds
  /** Whether the design has what the scope is about. */
  readonly on: (design: Design) => boolean
}

const everywhere = (): boolean => true

export const scopes: readonly Scope[] = [
  {
    name: 'mapping', says: 'map and unmap by two CPUs for two devices in two domains that fight for two frames',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 1, queue: 4 }), on: everywhere,
  },
  {
    name: 'permissions', says: 'read-only mappings and downgrades, two pages',
    bounds: bounds({ devices: 1, domains: 1, frames: 2, iovas: 2, readOnly: 1 }), on: design => design.remapsDma,
  },
  {
    name: 'tables', says: 'two-level tables whose lower pages come from a pool that two domains share',
    bounds: bounds({ devices: 2, domains: 2, frames: 2, iovas: 2, levels: 2, tables: 1 }), on: design => design.remapsDma,
  },
  {
    name: 'reassign', says: 'two devices move between two domains while their memory is mapped and unmapped',
    bounds: bounds({ devices: 2, domains: 2, frames: 2, iovas: 1, reassign: 1 }), on: design => design.protocols.detach !== undefined,
  },
  {
    name: 'interrupts', says: 'two sources on two CPUs; one moves between CPUs and vectors at any time',
    bounds: bounds({ cpus: 2, devices: 2, sources: 2, vectors: 2, migrate: 1 }), on: design => design.protocols.migrateInterrupt !== undefined,
  },
  {
    name: 'hostile', says: 'devices that forge interrupt messages of either format, and one fault record',
    bounds: bounds({ cpus: 2, devices: 2, sources: 2, vectors: 1, hostile: 1, faults: 1 }), on: everywhere,
  },
  {
    name: 'ports', says: 'two drivers ask the kernel for ports of either device',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, ports: 1 }), on: design => design.protocols.portAccess !== undefined,
  },
  {
    name: 'together', says: 'DMA and interrupts share the invalidation queue: one device, one page, one source that moves',
    bounds: bounds({ cpus: 1, frames: 1, iovas: 1, sources: 1, vectors: 2, migrate: 1 }), on: everywhere,
  },
]
export const scopeNamed = (name: string): Scope | null => scopes.find(scope => scope.name === name) ?? null
