/** The whole state of the modelled machine: IOMMU, devices, interrupt sources, local APICs, kernel. */
import { bool, initial, optional, range, struct, table, variant } from '../src/model/index.ts'
import { actionsOf, oneOf } from '../src/model/index.ts'
import type { DeepReadonly, Domain, Fields, Value } from '../src/model/index.ts'
import type { Bounds } from './bounds.ts'
import { idsOf } from './ids.ts'
import { pagingDomain } from './iommu/paging.ts'
import type { StoreOrder } from './iommu/cells.ts'
import type { MachineObservation } from './observations.ts'

/** The calls a kernel offers; a design gives each it has a protocol. */
export const callNames = ['map', 'unmap', 'protect', 'flush', 'attach', 'detach', 'portAccess',
  'migrateInterrupt'] as const
export type CallName = (typeof callNames)[number]

/** What of the kernel's state depends on the design. */
export interface KernelShape {
  /** Names of the calls of its own. */
  readonly calls: readonly string[]
  readonly longestProtocol: number
  /** By call: the steps before which a CPU takes no interrupt. */
  readonly interruptsOff: Readonly<Record<string, readonly number[]>>
  /** Whether handlers are protocols too: a CPU then has a second set of registers for the interrupt it is in. */
  readonly handles: boolean
  /** Domains of its own registers, and of its own state; null where it keeps none. */
  readonly registers: Fields
  readonly own: Fields | null
}

/** All but the unit's own state. */
function commonFields(b: Bounds, order: StoreOrder, { calls, longestProtocol, handles, registers }: KernelShape) {
  const id = idsOf(b)
  const running = {
    call: oneOf<string>(...callNames, ...calls, ...handles ? [handlerName] : []),
    step: range(0, Math.max(0, longestProtocol - 1)),
    device: optional(id.device), domain: optional(id.domain), iova: optional(id.iova), frame: optional(id.frame),
    write: bool,
    page: optional(id.page), source: optional(id.source),
    to: optional(struct({ cpu: id.cpu, vector: id.vector })),
    from: optional(struct({ cpu: id.cpu, vector: id.vector })),
  }
  const frames = table([id.cpu], optional(struct({ ...running, ...registers } as typeof running)))
  return {
    /** The page tables of the domains, as software writes them and as hardware sees them. */
    memory: pagingDomain(b, id, order),
    /** A translated DMA on its way to memory; `domain` and `iova` as translated, null without translation. */
    inFlight: table([id.device],
      optional(struct({ domain: optional(id.domain), iova: optional(id.iova), frame: id.frame, write: bool }))),
    sources: table([id.source], struct({
      /** MSI address (destination CPU) and data (vector) in compatibility format; unused where interrupts are
       *  remapped. */
      cpu: id.cpu, vector: id.vector,
      masked: bool, pending: bool,
      /** One message of the source on its way. `remapped` exists only where interrupts are not drained: remapped, not
       *  yet accepted. */
      message: optional(variant('format', {
        compatible: { cpu: id.cpu, vector: id.vector }, remappable: {}, remapped: { cpu: id.cpu, vector: id.vector },
      })),
    })),
    lapics: table([id.cpu],
      struct({ irr: table([id.vector], bool), isr: table([id.vector], bool), tmr: table([id.vector], bool) })),
    kernel: struct({
      /** Allocator of frames and of table pages. */
      frames: table([id.frame], optional(id.domain)),
      pages: table([id.page], optional(id.domain)),
      /** What the kernel has mapped for the driver of a domain, and how far along it is. */
      mappings: table([id.domain, id.iova], optional(struct({
        frame: id.frame, write: bool, phase: oneOf('mapping', 'live', 'changing', 'unmapping', 'deferred', 'flushing'),
      }))),
      attached: table([id.device], optional(id.domain)),
      /** Domains whose driver is being taken down: they get nothing any more. */
      closed: table([id.domain], bool),
      /** Vector tables of the CPUs: whose handler runs. */
      vectors: table([id.cpu, id.vector], optional(id.source)),
      /** Interrupts that were handed to a userland driver by IPC and not yet received. */
      notifications: table([id.source], bool),
      /** Lock of the invalidation queue: the CPU whose descriptors wait for their wait descriptor. */
      queueLock: optional(id.cpu),
      /** Lock of the interrupt table as a whole. */
      interruptTableLock: optional(id.cpu),
      /** Lock of the tables of a domain: the CPU that holds it. */
      tableLock: table([id.domain], optional(id.cpu)),
      /** The call a CPU is in: registers, and the protocol step to take next. */
      calls: frames,
      /** The interrupt a CPU is in, where handlers are protocols: registers, and the step to take next. */
      ...handles ? { handlers: frames } : {},
    }),
  }
}
type Common = { [K in keyof ReturnType<typeof commonFields>]: Value<ReturnType<typeof commonFields>[K]> }
/** `unit`: the state of the IOMMU, which only its vendor's folder looks into. */
export type State<U = unknown> = Common & { unit: U }

/** `unit`: the domain of the IOMMU's own state. */
export function stateDomain(b: Bounds, order: StoreOrder, shape: KernelShape, unit: Domain) {
  return struct({ unit, ...commonFields(b, order, shape), ...shape.own === null ? {} : { own: struct(shape.own) } })
}
export type Call = NonNullable<State['kernel']['calls'][number]>
/** What the registers hold before the arguments of a call are in them. */
export const blankCall = ({ registers }: KernelShape): Omit<Call, 'call' | 'step'> => ({
  device: null, domain: null, iova: null, frame: null, write: false, page: null, source: null, to: null, from: null,
  ...initial(struct(registers)) as object,
})
/** Whether a CPU is in a call at a step before which it takes no interrupt. */
export const hasInterruptsOff = ({ kernel }: State, { interruptsOff: off }: KernelShape, cpu: number): boolean => {
  const call = Object.keys(off).length === 0 ? null : kernel.calls[cpu]
  return call !== null && call !== undefined && (off[call.call]?.includes(call.step) ?? false)
}
/** The interrupt that a CPU is in, where handlers are protocols; else null. */
export const handlerOf = (kernel: DeepReadonly<State['kernel']>, cpu: number): DeepReadonly<Call> | null =>
  'handlers' in kernel ? kernel.handlers![cpu]! : null
/** Where an interrupt enters, in place of a call. */
export const handlerName = 'handleInterrupt'
export type Source = State['sources'][number]

export const action = actionsOf<State, MachineObservation>()
/** Of a vendor's unit. */
export const actionOn = <U>() => actionsOf<State<U>, MachineObservation>()
