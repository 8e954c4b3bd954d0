/** The standard scopes: small worlds in which designs are checked, each with the part switched on that its claims are
 *  about. */
import { iommu as standard, iommuOf } from './iommus.ts'
import { bounds, capabilityNames, showBounds } from './bounds.ts'
import type { Bounds } from './bounds.ts'
import type { Design } from './kernel/design.ts'
import { everyDesign } from './designs.ts'
import type { OwnScope } from './step.ts'
import { sharedWith } from './sharing.ts'

export interface Scope {
  readonly name: string
  readonly says: string
  /** On the standard IOMMU. */
  readonly bounds: Bounds
  /** The hardware it is about, as each vendor has such; what current hardware reports where there is none. */
  readonly hardware?: readonly ('weakest' | 'narrow')[]
  /** What was asked in place of its bounds, on each IOMMU. */
  readonly changes?: Partial<Bounds>
  /** Whether the design has what the scope is about. */
  readonly appliesTo: (design: Design) => boolean
}

const hasOwnInterrupts = (design: Design): boolean => sharedWith(design, 'interrupts') === null
const moves = (design: Design): boolean => design.protocols.migrateInterrupt !== undefined && hasOwnInterrupts(design)
const everywhere = (): boolean => true
const hasOwnMemory = (design: Design): boolean => sharedWith(design, 'memory') === null
const translates = (design: Design): boolean => design.remapsDma && hasOwnMemory(design)

export const scopes: readonly Scope[] = [
  {
    name: 'mapping', says: 'map and unmap by two CPUs for two devices in two domains that fight for two frames',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 1, queue: 4 }),
    appliesTo: hasOwnMemory,
  },
  {
    name: 'permissions', says: 'read-only mappings and downgrades, two pages',
    bounds: bounds({ devices: 1, domains: 1, frames: 2, iovas: 2, readOnly: 1 }), appliesTo: translates,
  },
  {
    name: 'tables', says: 'two-level tables whose lower pages come from a pool that two domains share',
    bounds: bounds({ devices: 2, domains: 2, frames: 2, iovas: 2, levels: 2, tables: 1 }), appliesTo: translates,
  },
  {
    name: 'reassign', says: 'two devices move between two domains while their memory is mapped and unmapped',
    bounds: bounds({ devices: 2, domains: 2, frames: 2, iovas: 1, reassign: 1 }),
    appliesTo: design => design.protocols.detach !== undefined && hasOwnMemory(design),
  },
  {
    name: 'takedown',
    says: 'two CPUs take the two devices of one driver down with its memory, and give them to the next',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, frames: 1, iovas: 1, reassign: 1 }),
    appliesTo: design => design.userDrivers && design.protocols.detach !== undefined && translates(design),
  },
  {
    name: 'interrupts', says: 'two sources on two CPUs; one moves between CPUs and vectors at any time',
    bounds: bounds({ cpus: 2, devices: 2, sources: 2, vectors: 2, migrate: 1 }), appliesTo: moves,
  },
  {
    name: 'batches', says: 'two CPUs map and unmap two pages of one domain, one of them flushing what is deferred',
    bounds: bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2 }), appliesTo: translates,
  },
  {
    name: 'table-lock', says: 'two CPUs change the two-level tables of one domain',
    bounds: bounds({ cpus: 2, callers: 2, frames: 1, iovas: 2, levels: 2, tables: 1 }), appliesTo: translates,
  },
  {
    name: 'old-hardware',
    says: 'tables that are not snooped, stores that are seen late, refusals that are cached; a device comes and goes',
    bounds: bounds({ frames: 1, iovas: 1, domains: 2, reassign: 1, ...standard.weakest }),
    hardware: ['weakest'], appliesTo: translates,
  },
  {
    name: 'old-interrupts', says: 'the same hardware, 8-bit destinations only, one CPU beyond them',
    bounds: bounds({ cpus: 2, sources: 1, vectors: 2, migrate: 1, wideIds: 1, ...standard.narrow,
      ...standard.weakest }),
    hardware: ['narrow', 'weakest'],
    appliesTo: design => design.remapsInterrupts && moves(design),
  },
  {
    name: 'hostile-move',
    says: 'forged messages of every kind while an interrupt moves, on a unit without 32-bit destinations',
    bounds: bounds({ cpus: 2, devices: 2, sources: 1, vectors: 2, migrate: 1, hostile: 1, ...standard.narrow }),
    hardware: ['narrow'],
    appliesTo: design => design.remapsInterrupts && moves(design),
  },
  {
    name: 'hostile', says: 'devices that forge interrupt messages of every kind, and room for the record of one fault',
    bounds: bounds({ cpus: 2, devices: 2, sources: 2, vectors: 1, hostile: 1, faults: 1 }), appliesTo: hasOwnInterrupts,
  },
  {
    name: 'device-entry',
    says: 'a device comes and goes with its interrupts, and forges messages; one entry of it has both parts',
    bounds: bounds({ frames: 1, iovas: 1, sources: 1, vectors: 1, reassign: 1, hostile: 1 }),
    appliesTo: design => iommuOf(design).hasOneEntry && design.protocols.detach !== undefined
      && design.remapsInterrupts && translates(design),
  },
  {
    name: 'ports', says: 'two drivers ask the kernel for ports of either device',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, ports: 1 }),
    appliesTo: design => design.protocols.portAccess !== undefined,
  },
  {
    name: 'together',
    says: 'DMA and interrupts share the queue of the unit: one device, one page, one source that moves',
    bounds: bounds({ cpus: 1, frames: 1, iovas: 1, sources: 1, vectors: 2, migrate: 1 }), appliesTo: everywhere,
  },
]

/** The smallest worlds in which each call can go wrong: questions that are asked many times are asked here before the
 *  scopes. */
export const worlds: readonly Scope[] = [
  { name: 'one-page', says: 'one device, one page, one frame', bounds: bounds({ frames: 1, iovas: 1 }),
    appliesTo: hasOwnMemory },
  { name: 'one-read-only-page', says: 'the same page, read-only at times',
    bounds: bounds({ frames: 1, iovas: 1, readOnly: 1 }), appliesTo: translates },
  { name: 'one-table', says: 'two pages below one table', bounds: bounds({ frames: 1, iovas: 2, levels: 2, tables: 1 }),
    appliesTo: translates },
  { name: 'one-device', says: 'one device moves between two domains',
    bounds: bounds({ frames: 1, iovas: 1, domains: 2, reassign: 1 }), appliesTo: translates },
  {
    name: 'one-driver', says: 'a driver maps on one CPU while another takes its device away',
    bounds: bounds({ cpus: 2, callers: 2, frames: 1, iovas: 1, reassign: 1 }), appliesTo: translates,
  },
  {
    name: 'two-mappers', says: 'one CPU maps a page while another unmaps the other page of the same table',
    bounds: bounds({ cpus: 2, callers: 2, frames: 2, iovas: 2, levels: 2, tables: 1 }), appliesTo: translates,
  },
  { name: 'one-source', says: 'one source moves between two CPUs',
    bounds: bounds({ cpus: 2, sources: 1, vectors: 2, migrate: 1 }), appliesTo: moves },
  {
    name: 'two-movers', says: 'two CPUs move two sources at once',
    bounds: bounds({ cpus: 2, callers: 2, devices: 2, sources: 2, vectors: 2, migrate: 2 }),
    appliesTo: design => moves(design) && design.interruptTables === 2,
  },
]

/** The scopes that are about a design, on the hardware of its IOMMU: standard ones, and its own. */
export function scopesOn(design: Design, among: readonly Scope[] = scopesFor([design])): readonly Scope[] {
  return among.filter(({ appliesTo }) => appliesTo(design)).map(scope => scopeOn(design, scope))
}
/** A scope on the hardware of a design's IOMMU. */
export function scopeOn(design: Design, scope: Scope): Scope {
  const own = iommuOf(design), { bounds: b, hardware, changes = {} } = scope
  return own === standard || hardware === undefined ? scope
    : { ...scope, bounds: Object.assign({}, b, ordinary, ...hardware.map(kind => own[kind]), changes) as Bounds }
}
const ordinary = Object.fromEntries(capabilityNames.map(name => [name, bounds()[name]])) as Partial<Bounds>

/** The scopes that these designs are checked in: standard ones, where a design names none or names them, and their
 *  own. */
export function scopesFor(designs: readonly Design[]): readonly Scope[] {
  const own = designs.flatMap(({ scopes: asked }) => asked ?? []).filter(one => typeof one !== 'string')
  return [
    ...scopes.map(scope => ({ ...scope,
      appliesTo: (design: Design): boolean =>
        (design.scopes?.includes(scope.name) ?? true) && scope.appliesTo(design) })),
    // Two designs may have a scope of the same name: it is one where it is of the same bounds.
    ...[...new Map(own.map(one => [keyOf(one), one]))].map(([key, { name, says, bounds: changes }]) =>
      ({ name, says, bounds: bounds(changes), appliesTo: (design: Design): boolean =>
        design.scopes?.some(one => typeof one !== 'string' && keyOf(one) === key) ?? false })),
  ]
}
const keyOf = ({ name, bounds: changes }: OwnScope): string => `${name} ${showBounds(bounds(changes))}`
let all: readonly Scope[] | null = null
/** Standard ones, and those of built-in designs. */
export const allScopes = (): readonly Scope[] => all ??= scopesFor(everyDesign)
export const scopeNamed = (name: string): Scope | null => allScopes().find(scope => scope.name === name) ?? null
