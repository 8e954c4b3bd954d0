/** The bounds of a model: how many of everything there is, what is switched on, and what the hardware can do. One flat
 *  object. */
import { capabilities } from './iommus.ts'
import type { Iommu } from './iommu/iommu.ts'
import type { CapabilityName } from './iommus.ts'

interface BoundSpec { readonly least: number; readonly most: number; readonly standard: number; readonly says: string }

/** A bound of 0 switches its part off. */
const sizes = {
  cpus: { least: 1, most: 2, standard: 1, says: 'CPUs with a local APIC' },
  callers: { least: 1, most: 2, standard: 1, says: 'CPUs that run kernel calls, at most cpus' },
  devices: { least: 1, most: 3, standard: 1, says: 'devices; device i starts attached to domain i mod domains' },
  domains: { least: 1, most: 3, standard: 1, says: 'protection domains: drivers, guests' },
  frames: { least: 0, most: 4, standard: 0, says: 'memory frames; 0 switches DMA off' },
  iovas: { least: 0, most: 8, standard: 0, says: 'I/O virtual pages of each domain' },
  levels: { least: 1, most: 3, standard: 1,
    says: 'levels of the page tables (two entries a table above level 1)' },
  tables: { least: 0, most: 4, standard: 0, says: 'table pages in the pool below the roots; needed when levels > 1' },
  queue: { least: 1, most: 6, standard: 3, says: 'commands that the queue of the unit holds' },
  readOnly: { least: 0, most: 1, standard: 0, says: 'read-only mappings and the protect call' },
  reassign: { least: 0, most: 1, standard: 0, says: 'the attach and detach calls' },
  ports: { least: 0, most: 1, standard: 0, says: 'the portAccess call: drivers reach device ports through the kernel' },
  sources: { least: 0, most: 3, standard: 0,
    says: 'interrupt sources; source i belongs to device i mod devices; 0 switches interrupts off' },
  vectors: { least: 0, most: 4, standard: 0, says: 'vectors of each CPU; a higher one has the higher priority' },
  migrate: { least: 0, most: 3, standard: 0, says: 'sources that may move; 0 switches the migrateInterrupt call off' },
  hostile: { least: 0, most: 1, standard: 0, says: 'devices send forged interrupt messages' },
  wideIds: { least: 0, most: 1, standard: 0, says: 'CPU 1 has APIC id 256, beyond 8 bits' },
  faults: { least: 0, most: 2, standard: 0, says: 'faults that the unit has room to record' },
} as const satisfies Record<string, BoundSpec>

export const capabilityNames = Object.keys(capabilities) as readonly CapabilityName[]

export type BoundName = keyof typeof sizes | CapabilityName
/** The one list of bounds; help, checks and documentation derive from it. Sizes first, then what the hardware can
 *  do. */
export const boundSpecs: Readonly<Record<BoundName, BoundSpec>> = {
  ...sizes,
  ...Object.fromEntries(capabilityNames.map((name): [CapabilityName, BoundSpec] => {
    const { standard, says } = capabilities[name]
    return [name, { least: 0, most: 1, standard, says }]
  })) as Record<CapabilityName, BoundSpec>,
}
export type Bounds = Readonly<Record<BoundName, number>>
export const boundNames = Object.keys(boundSpecs) as readonly BoundName[]

const standard = Object.fromEntries(boundNames.map(name => [name, boundSpecs[name].standard])) as Bounds

/** Standard bounds with the given ones changed. */
export function bounds(changes: Partial<Bounds> = {}): Bounds { return { ...standard, ...changes } }

/** What differs from the standard, `cpus=2,frames=2`: how bounds are printed and given on the command line. */
export function showBounds(b: Bounds): string {
  return boundNames.filter(name => b[name] !== standard[name]).map(name => `${name}=${b[name]}`).join(',') || 'standard'
}

/** Why these bounds make no sense together, or null. */
export function badBounds(b: Bounds): string | null {
  for (const name of boundNames) {
    const { least, most } = boundSpecs[name]
    if (!Number.isInteger(b[name]) || b[name] < least || b[name] > most)
      return `${name}=${b[name]} is outside ${least}..${most}`
  }
  return badCpus(b) ?? badMemory(b) ?? badInterrupts(b)
}
function badCpus(b: Bounds): string | null {
  if (b.callers > b.cpus) return `callers=${b.callers} is more than cpus=${b.cpus}`
  return b.wideIds === 1 && b.cpus < 2 ? 'wideIds=1 needs cpus=2' : null
}
function badMemory(b: Bounds): string | null {
  if ((b.frames === 0) !== (b.iovas === 0))
    return `frames=${b.frames} and iovas=${b.iovas}: both are 0 (no DMA) or neither`
  // What nothing looks at is refused: a verdict at these bounds would seem to say more than it does.
  if (b.levels === 1 && b.tables > 0)
    return `tables=${b.tables} has no meaning with levels=1: the pool is for tables below the roots`
  for (const name of ['levels', 'readOnly'] as const)
    if (b.frames === 0 && b[name] !== standard[name])
      return `${name}=${b[name]} has no meaning without DMA: frames is 0`
  if (b.tables < b.levels - 1)
    return `levels=${b.levels} needs ${b.levels - 1} table pages below the root for any page: tables is ${b.tables}`
  if (b.levels > 1 && b.iovas > 2 ** b.levels)
    return `iovas=${b.iovas} is more than ${2 ** b.levels}, what ${b.levels} levels of two entries reach`
  return null
}
function badInterrupts(b: Bounds): string | null {
  if ((b.sources === 0) !== (b.vectors === 0))
    return `sources=${b.sources} and vectors=${b.vectors}: both are 0 (no interrupts) or neither`
  if (b.sources > b.cpus * b.vectors)
    return `sources=${b.sources} do not fit on cpus=${b.cpus} with vectors=${b.vectors} each`
  if (b.hostile === 1 && b.sources === 0) return 'hostile=1 needs interrupts: sources is 0'
  if (b.wideIds === 1 && b.sources === 0) return 'wideIds=1 has no meaning without interrupts: sources is 0'
  if (b.migrate > b.sources) return `migrate=${b.migrate} is more than sources=${b.sources}`
  if (b.migrate > 0 && b.sources === b.cpus * b.vectors)
    return `migrate=${b.migrate} with sources=${b.sources}: cpus=${b.cpus} with vectors=${b.vectors} each leave no `
      + 'vector to move to'
  // The second CPU's id has no place in an 8-bit destination: where no message can name it, all sources start on the
  // first.
  if (b.wideIds === 1 && b.sources > b.vectors)
    return `sources=${b.sources} do not fit on CPU 0 with vectors=${b.vectors}: with wideIds=1 not every message can `
      + 'name another'
  return null
}

/** Why these bounds make no sense on an IOMMU, or null: a switch of another vendor's would change nothing. */
export function badCapabilities(b: Bounds, { title, capabilities: own }: Pick<Iommu, 'title' | 'capabilities'>):
  string | null {
  const foreign = capabilityNames.find(name => b[name] !== standard[name] && !Object.hasOwn(own, name))
  return foreign === undefined ? null : `${foreign}=${b[foreign]}: ${title} has no such capability`
}

/** The bounds that `check --deep` raises, in turns. Switches and capabilities stay as they are: they make another
 *  world, not a larger one. */
export const ladder: readonly BoundName[] = ['frames', 'iovas', 'devices', 'domains', 'sources', 'vectors', 'migrate',
  'cpus', 'callers', 'tables', 'queue']

/** One more of something; null where that is too many, makes no sense, or would switch on a part that is off. */
export function raised(b: Bounds, name: BoundName): Bounds | null {
  const next = { ...b, [name]: b[name] + 1 }
  return b[name] === 0 || badBounds(next) !== null ? null : next
}

/** What the hardware can do, as a step of a kernel is told of it. */
export type Caps = Readonly<Record<CapabilityName, boolean>>
export function capsOf(b: Bounds): Caps {
  return Object.freeze(Object.fromEntries(capabilityNames.map(name => [name, b[name] === 1]))) as Caps
}
