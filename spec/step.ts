/** What a kernel design is made of: steps, protocols of steps, calls, and the options of the design. */
import type { Emit, Fairness, Fields, Op } from '../src/model/index.ts'
import type { Bounds, Caps } from './bounds.ts'
import type { Claim, ClaimSource } from './claim.ts'
import type { ClauseId } from './clauses.ts'
import type { Ids } from './ids.ts'
import type { Iommu, Rule } from './iommu/iommu.ts'
import type { MachineObservation } from './observations.ts'
import type { Call, CallName, State } from './state.ts'

/** What a design keeps besides the state that all have: values of the domains that it declares. */
export interface Own { readonly state: unknown; readonly registers: unknown }
/** A step that names a unit and no design is for all designs; one that names neither may be anybody's. */
export type AnyOwn<U> = [U] extends [never] ? never : Own

/** What a guard looks at: the state, the registers of its call, and what the kernel knows of the hardware. */
export interface View<U = never, O extends Own = AnyOwn<U>> {
  /** `own`: what the design declares as its `state`. */
  readonly s: State<U> & { own: O['state'] }
  readonly call: Call & O['registers']; readonly cpu: number
  readonly b: Bounds; readonly caps: Caps
  readonly iommu: Pick<Iommu<U>, 'translates' | 'remapsInterrupts' | 'rules' | 'posting'>
  /** What the design wants of the unit: a step stores this, and does not copy what lies there. */
  readonly design: Pick<DesignOptions, 'verifiesSource'>
}
/** What a step works on. */
export interface StepContext<U = never, O extends Own = AnyOwn<U>> extends View<U, O> {
  readonly emit: Emit<MachineObservation>
  /** The call goes on at the step of this name, one of `goesTo`, instead of the next. */
  readonly go: (label: string) => void
  /** The call ends here: it fails, or has nothing more to do. */
  readonly end: () => void
}

/** One atomic step: nothing of other CPUs, devices or hardware comes in between. `U` is the state of the unit whose
 *  vendor it is for; a step that looks at no unit is for all. `O` is what its design keeps. */
export interface Step<U = never, O extends Own = AnyOwn<U>> {
  readonly name: string
  /** What it does, in one line. */
  readonly says: string
  /** The rule that asks for it: of a manual, or one that each vendor's manual has. */
  readonly clause?: ClauseId
  readonly rule?: Rule
  /** The step waits while this is false. */
  readonly when?: (k: View<U, O>) => boolean
  /** What of the unit it drives, by the tag that its vendor has for it. A copy of a step keeps it. */
  readonly uses?: string
  /** Nothing to do on this hardware, within these bounds. */
  readonly skip?: (offered: { readonly caps: Caps; readonly b: Bounds }) => boolean
  /** Name of the later step that ends what this one begins, such as the release of a lock. */
  readonly endedBy?: string
  /** A CPU that is about to take it takes no interrupt: it is between `cli` and `sti`, or holds a lock that a handler
   *  takes too. */
  readonly interruptsOff?: boolean
  /** Names of the steps of its protocol that it may `go` to: a loop, a retry, a branch. */
  readonly goesTo?: readonly string[]
  readonly then: (k: StepContext<U, O>) => void
}

/** One for every IOMMU: it looks at no unit. */
export type NeutralStep = Step<unknown>
export type Protocol<U = never, O extends Own = AnyOwn<U>> = readonly Step<U, O>[]
/** Steps, and lists of steps that belong together. */
export type ProtocolSource<U = never, O extends Own = AnyOwn<U>> = readonly (Step<U, O> | Protocol<U, O>)[]

/** Ids and bounds, which the domains of state, registers and parameters are made of. */
export interface Sizes { readonly id: Ids; readonly b: Bounds }

/** What decides on the entry of a call: the state, its arguments, and what the kernel knows of the hardware. */
export interface Entry<U = never, O extends Own = AnyOwn<U>, A = never> extends Omit<View<U, O>, 'call'> {
  readonly args: A
  /** Whether an interrupt can be sent to a CPU, as far as software knows. */
  readonly reaches: (cpu: number) => boolean
}

/** How a call is entered. Its parts have names, so that a design can replace one of a built-in call, or drop it with
 *  null. A CPU enters a call only while it is in none. */
export interface CallSpec<U = never, O extends Own = AnyOwn<U>, A = never> {
  readonly says?: string
  /** What its cost belongs to. Default: the name of the call. */
  readonly path?: string
  /** Whether these bounds have what it is about. Default: always. */
  readonly offered?: (b: Bounds) => boolean
  /** Weakly fair (`true`), or strongly (`'strong'`): an interrupt or a waiting thread makes the call some time. Default
   *  false. */
  readonly fair?: Fairness
  /** Its arguments: any combination may be asked for. */
  readonly params?: (of: Sizes) => Fields
  /** It may be entered while all of these are true. */
  readonly rules?: Readonly<Record<string, ((k: Entry<U, O, A>) => boolean) | null>>
  /** What the kernel writes at once with the entry, such as what an allocator hands out. */
  readonly takes?: Readonly<Record<string, ((k: Entry<U, O, A>) => void) | null>>
  /** What its registers hold then, besides the arguments that are registers by their names. */
  readonly registers?: (k: Entry<U, O, A>) => Readonly<Record<string, unknown>>
}

/** What each CPU may do by itself, at any time and in any call, and need not: a TLB that is filled ahead of an access.
 *  Nobody sees it happen. */
export interface HardwareSpec<U = never, O extends Own = AnyOwn<U>, A = never> {
  readonly says: string
  /** Whether these bounds have what it is about. Default: always. */
  readonly offered?: (b: Bounds) => boolean
  /** Its arguments besides the CPU: any combination may happen. */
  readonly params?: (of: Sizes) => Fields
  readonly when: (k: Entry<U, O, A>) => boolean
  readonly then: (k: Entry<U, O, A>) => void
}

/** A scope of a design's own. */
export interface OwnScope { readonly name: string; readonly says: string; readonly bounds: Partial<Bounds> }

/** What is done to count what calls cost: ops as traces have them, each followed by all that it sets going. */
export interface OwnCost {
  readonly name: string
  readonly bounds: Partial<Bounds>
  /** The paths it is there to count. Those that are counted at standard bounds too are counted here instead. */
  readonly paths: readonly string[]
  readonly ops: readonly Op[]
}

export interface DesignOptions<U = never, O extends Own = AnyOwn<U>> {
  readonly says: string
  /** The IOMMU whose steps it takes, by name; null for the standard one, and for a design that takes none. */
  readonly iommu?: string | null
  /** Whether the kernel switches DMA remapping and interrupt remapping on. */
  readonly remapsDma: boolean
  readonly remapsInterrupts: boolean
  /** Devices reach buffers of the kernel alone, which an unmap copies for the driver. Default false. */
  readonly bounces?: boolean
  /** Drivers are user processes: interrupts reach them by IPC. */
  readonly userDrivers?: boolean
  /** A device can use its own interrupt entries only: they name it (VT-d: SVT=1), or it has a table of its own
   *  (AMD-Vi). Default true. */
  readonly verifiesSource?: boolean
  /** Interrupts that no table entry remaps stay blocked while remapping is on: those in compatibility format (VT-d:
   *  CFI=0), those of a device whose interrupt map is not valid (AMD-Vi: IV=1). Default true. */
  readonly blocksUnremapped?: boolean
  /** When the kernel asks for 32-bit destinations. Default: when the unit has them (VT-d: ECAP.EIM, AMD-Vi: XT). */
  readonly wideDestinations?: 'as-capable' | 'always'
  /** Interrupts are posted to virtual CPUs, those of source i to virtual CPU i. Default false. */
  readonly postsInterrupts?: boolean
  /** Interrupt tables it keeps: 2 where migration switches tables. Default 1. */
  readonly interruptTables?: 1 | 2
  /** The built-in design whose memory calls these are. As long as they are, what concerns memory alone is checked
   *  there: see `sharedWith`. */
  readonly memoryOf?: string | null
  /** Likewise for what concerns interrupts alone. */
  readonly interruptsOf?: string | null
  /** Properties that the design does not keep, and why its authors accept that. */
  readonly givesUp?: Readonly<Record<string, string>>
  /** What the kernel keeps besides the state that all designs have: steps see it as `s.own`. */
  readonly state?: ((of: Sizes) => Fields) | null
  /** What it holds at first; else false, the lowest number, nothing. */
  readonly start?: ((of: { own: O['state']; readonly b: Bounds }) => void) | null
  /** Registers of a call besides those that all calls have; they are null, false or lowest at its entry. */
  readonly registers?: ((of: Sizes) => Fields) | null
  /** Observations of its own, for claims of its own: by kind, the fields. */
  readonly observations?: ((of: Sizes) => Readonly<Record<string, Fields>>) | null
  /** Calls of its own, and parts of built-in ones that it replaces. */
  readonly calls?: Readonly<Record<string, CallSpec<U, O>>>
  /** What CPUs do by themselves to the state that it keeps, by name. */
  readonly hardware?: Readonly<Record<string, HardwareSpec<U, O>>>
  /** Claims of its own, judged with the built-in ones. */
  readonly claims?: readonly ClaimSource[]
  /** The scopes it makes sense in: names of standard ones, and its own. Default: all standard ones that it has the
   *  parts for. */
  readonly scopes?: readonly (string | OwnScope)[] | null
  /** What `cost` does besides to the design, for paths of its own. */
  readonly costs?: readonly OwnCost[]
}

/** `U`: the state of the unit whose vendor's steps it takes. `O`: what it keeps. */
export interface Design<U = never, O extends Own = never> extends Required<Omit<DesignOptions<U, O>, 'claims'>> {
  readonly name: string
  readonly claims: readonly Claim[]
  readonly protocols: Readonly<Record<string, Protocol<U, O>>>
}

/** Built-in calls, and the one that an interrupt enters. */
export type ProtocolName = CallName | 'handleInterrupt'
