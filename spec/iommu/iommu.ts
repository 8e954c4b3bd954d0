/** What a vendor's folder gives to the machine. It names no vendor: designs, devices, interrupt delivery and claims
 *  know an IOMMU by this alone. */
import type { Action, Domain, Emit } from '../../src/model/index.ts'
import type { Design, Protocol } from '../step.ts'
import type { MachineObservation } from '../observations.ts'
import type { Setup } from '../setup.ts'
import type { State } from '../state.ts'
import type { Capabilities } from './capability.ts'
import type { Clauses } from './citation.ts'
import type { Vocabulary } from './vocabulary.ts'

/** An id of the vendor's clauses, or of the APIC's. */
type ClauseId = string
/** A DMA request of a device to a page of its address space. */
export interface Dma { readonly device: number; readonly iova: number; readonly write: boolean }
/** What becomes of a request with what the unit's caches hold. `walks`: none of them knows, the unit fills one
 *  first. */
export type DmaOutcome = { readonly kind: 'hit'; readonly domain: number | null; readonly frame: number }
  | { readonly kind: 'blocked'; readonly reason: number } | { readonly kind: 'walks' }

interface Place { readonly cpu: number; readonly vector: number }

/** An interrupt message on its way to the unit. */
export type Message = { readonly device: number }
  & ({ readonly format: 'compatible'; readonly cpu: number; readonly vector: number }
    | { readonly format: 'remappable'; readonly index: number })
/** Where a message goes, or the reason why not. Reason 0: the message reaches no CPU. Posted, it waits for a virtual
 *  CPU, and a CPU may be notified. */
export type Delivered = { readonly kind: 'interrupt' } & Place
  | { readonly kind: 'posted'; readonly vcpu: number; readonly notification: Place | null }
  | { readonly kind: 'rejected'; readonly reason: number }

/** What a kernel step does, as far as the manual of each vendor has a rule for it. */
export type Rule = 'leaf-entry' | 'table-entry' | 'write-back' | 'interrupt-drain' | 'old-or-new' | 'untranslated'

/** Claims that a rule of the manual asks for. */
export type ClaimRule = 'no-dma-escape' | 'no-access-after-unmap' | 'no-freed-table' | 'no-wrong-permission'
  | 'new-mapping-works' | 'no-misdelivery'
  | 'no-forged-interrupt' | 'wait-ends' | 'invalidations-complete'

/** How a unit posts: what it writes into memory for a virtual CPU, and whom it notifies. The words are the kernel's
 *  side of that; the virtual CPU is the `source` of the call. */
export interface Posting<U = unknown> {
  /** From here on what is posted is announced to the guest on this CPU; to the host on this CPU; to nobody. */
  readonly announceToGuest: Protocol<U>
  readonly announceToHost: Protocol<U>
  readonly announceNothing: Protocol<U>
  /** What was posted while nothing was announced counts as announced. */
  readonly announceWaiting: Protocol<U>
  /** The announcement ends: what is posted after it is announced anew. It comes before the interrupts are taken. */
  readonly endAnnouncement: Protocol<U>
  /** Whether something for a virtual CPU was announced, and the announcement has not ended. */
  isAnnounced(state: State<U>, vcpu: number): boolean
}

/** `U`: the state of its unit. */
export interface Iommu<U = unknown> {
  readonly name: string
  readonly title: string
  /** The built-in price profile of a machine that has it. */
  readonly profile: string
  readonly capabilities: Capabilities
  /** Values of its capabilities: of hardware that sees stores late and caches refusals, and of hardware whose interrupt
   *  entries name eight bits of a CPU's id. */
  readonly weakest: Readonly<Record<string, 0 | 1>>
  readonly narrow: Readonly<Record<string, 0 | 1>>
  readonly clauses: Clauses
  /** By claim: the clause that asks for it. */
  readonly clauseOf: Readonly<Record<ClaimRule, ClauseId>>
  /** The clause that asks for what a neutral step does. */
  readonly rules: Readonly<Record<Rule, ClauseId>>
  /** By fault reason: the clause by which it refuses. */
  readonly refusals: Readonly<Record<number, ClauseId>>
  /** The kernel's steps on this hardware, and designs that only it has. */
  readonly steps: Vocabulary<U>
  /** How its interrupts are posted to virtual CPUs; null where it posts none. */
  readonly posting: Posting<U> | null
  variants(strict: Design<U>): Readonly<Record<string, Design<U>>>
  /** The unit's own state: registers, its tables, caches, queue, faults. */
  domain(setup: Setup): Domain
  /** Switches the unit on as the design asks for, with each device in its first domain and each source at its first
   *  place. */
  start(state: State<U>, setup: Setup, first: FirstPlaces): void
  /** Whether the first place of a source may be on a CPU. */
  canStartAt(cpu: number, setup: Setup): boolean
  /** What the unit does by itself: fills caches, processes its queue, lets stores become visible. */
  actions(setup: Setup): readonly Action<State<U>, MachineObservation>[]
  /** Whether DMA, and interrupts, are remapped now. */
  translates(unit: U): boolean
  remapsInterrupts(unit: U): boolean
  /** Whether an interrupt can be sent to a CPU, as far as software knows. */
  reaches(unit: U, cpu: number, setup: Setup): boolean
  /** Whether reads, or writes, of a device pass untranslated now. */
  passes(unit: U, device: number, write: boolean): boolean
  request(state: State<U>, dma: Dma, setup: Setup): DmaOutcome
  /** Of a request that is blocked: whether the reason says that its device is in no domain. */
  isOfAbsentDevice(unit: U, device: number, reason: number): boolean
  /** Actions by which the unit comes to know a page of a device that no cache holds, in order, and what each takes. */
  readonly fills: readonly { readonly action: string; readonly args: readonly ('device' | 'iova')[] }[]
  /** Tells the walk of a request that is blocked, and records the fault. */
  block(state: State<U>, dma: Dma, reason: number, emit: Emit<MachineObservation>, setup: Setup): void
  /** Remaps a message, and records the fault where it is refused. */
  deliver(state: State<U>, message: Message, emit: Emit<MachineObservation>, setup: Setup): Delivered
  /** Tag of the steps that put a command into the unit's queue. */
  readonly queueTag: string
  /** Whether a CPU waits for the unit, and how many waits of it stand in the queue. */
  waitStatus(unit: U, cpu: number): 'idle' | 'pending' | 'done'
  queuedWaits(unit: U, cpu: number): number
  /** One entry of a device says what becomes of its DMA and of its interrupts: what stores the one may spoil the
   *  other. */
  readonly hasOneEntry: boolean
  /** Whether it holds a command that drains the requests of every domain, not of one. */
  drainsAll(unit: U): boolean
  /** Whether a walk may begin at a table that the unit holds a pointer to. */
  holdsTable(unit: U): boolean
}

/** Where everything is at first. */
export interface FirstPlaces {
  /** By device: its domain. */
  readonly domains: readonly number[]
  /** By source: where its handler is. */
  readonly sources: readonly Place[]
  /** By virtual CPU: the CPU that runs it; null where none does. */
  readonly vcpus: readonly (number | null)[]
}
