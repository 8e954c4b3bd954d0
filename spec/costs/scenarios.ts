/** What is run to count each path of a design: the least that makes the path happen once, on hardware as it comes. */
import type { Op } from '../../src/model/index.ts'
import { bounds } from '../bounds.ts'
import type { Bounds } from '../bounds.ts'
import { iommuOf } from '../iommus.ts'
import { protocolOn } from '../kernel/calls.ts'
import type { Design } from '../kernel/design.ts'

export interface CostScenario {
  readonly name: string
  readonly bounds: Bounds
  /** The paths it is there to count; what else happens on the way is not. */
  readonly paths: readonly string[]
  readonly ops: readonly Op[]
}

const op = (action: string, args: Op['args'] = {}): Op => ({ action, args })

const deepTables = { frames: 1, iovas: 1, levels: 3, tables: 2 } as const
/** Whether its map has steps for lower tables: else the root is all that it fills. */
const linksTables = (design: Design): boolean =>
  protocolOn(design, 'map', bounds(deepTables)).length > protocolOn(design, 'map',
    bounds({ frames: 1, iovas: 1 })).length

/** One map, one unmap (and the flush of the batch of one that it may leave), detach and attach; one DMA that misses
 *  every cache, with tables of three levels; one port access; one interrupt that misses its cache; one move; and what
 *  the design says of its own calls. */
export function scenariosFor(design: Design): readonly CostScenario[] {
  const { protocols } = design
  const page = { cpu: 0, domain: 0, iova: 0 }
  const requests = design.remapsDma
    ? [...iommuOf(design).fills.map(({ action, args }) => op(action, Object.fromEntries(args.map(name => [name, 0])))),
      op('dma.issue', { device: 0, iova: 0, write: true })]
    : [op('dma.issuePhysical', { device: 0, frame: 0, write: true })]
  const map = protocols.map === undefined ? [] : [op('map', { ...page, frame: 0, write: true })]
  const dma: CostScenario = {
    name: 'dma', bounds: linksTables(design) ? bounds(deepTables) : bounds({ frames: 1, iovas: 1 }), paths: ['dma'],
    ops: [...map, ...requests],
  }
  const memory: CostScenario = {
    name: 'memory', bounds: bounds({ frames: 1, iovas: 1, reassign: 1 }),
    paths: ['map', 'unmap', 'flush', 'attach', 'detach'],
    ops: [
      ...map, ...protocols.unmap === undefined ? [] : [op('unmap', page)],
      ...protocols.flush === undefined ? [] : [op('flush', { cpu: 0, domain: 0 })],
      ...protocols.detach === undefined ? [] : [op('detach', { cpu: 0, device: 0 })],
      ...protocols.attach === undefined ? [] : [op('attach', { cpu: 0, device: 0, domain: 0 })],
    ],
  }
  const interrupts: CostScenario = {
    name: 'interrupts', bounds: bounds({ cpus: 2, sources: 1, vectors: 2, migrate: 1 }),
    paths: ['irq-deliver', 'irq-migrate'],
    ops: [
      op('device.raise', { source: 0 }),
      ...protocols.migrateInterrupt === undefined ? []
        : [op('migrateInterrupt', { cpu: 0, source: 0, toCpu: 1, toVector: 1 })],
    ],
  }
  const ports: CostScenario = {
    name: 'ports', bounds: bounds({ ports: 1 }), paths: ['port-io'],
    ops: protocols.portAccess === undefined ? [] : [op('portAccess', { cpu: 0, domain: 0, device: 0 })],
  }
  // A call that an edit has left without steps is no longer there to take.
  const isThere = ({ action }: Op): boolean => protocols[action]?.length !== 0
  const own = design.costs.map(one => ({ ...one, bounds: bounds(one.bounds), ops: one.ops.filter(isThere) }))
  return [dma, memory, ports, interrupts, ...own]
}
