/** What a kernel design is made of: steps, protocols of steps, and the options of the design. */
import type { Emit } from '../src/model/index.ts'
import type { Bounds, Caps } from './bounds.ts'
import type { ClauseId } from './clauses.ts'
import type { Iommu, Rule } from './iommu/iommu.ts'
import type { Seen } from './observations.ts'
import type { Call, CallName, State } from './state.ts'

/** What a step works on: the state, the registers of its call, and what the kernel knows of the hardware. */
export interface Kernel<U = never> {
  readonly s: State<U>; readonly call: Call; readonly cpu: number
  readonly b: Bounds; readonly caps: Caps; readonly iommu: Pick<Iommu<U>, 'translates' | 'remapsInterrupts' | 'rules'>
  readonly emit: Emit<Seen>
}

/** One atomic step: nothing of other CPUs, devices or hardware comes in between. `U` is the state of the unit whose
 *  vendor it is for; a step that looks at no unit is for all. */
export interface Step<U = never> {
  readonly name: string
  /** What it does, in one line. */
  readonly says: string
  /** The rule that asks for it: of a manual, or one that each vendor's manual has. */
  readonly clause?: ClauseId
  readonly rule?: Rule
  /** The step waits while this is false. */
  readonly when?: (k: Omit<Kernel<U>, 'emit'>) => boolean
  /** What of the unit it drives, by the tag that its vendor has for it. A copy of a step keeps it. */
  readonly uses?: string
  /** Nothing to do on this hardware, within these bounds. */
  readonly skip?: (on: { readonly caps: Caps; readonly b: Bounds }) => boolean
  /** Name of the later step that ends what this one begins, such as the release of a lock. */
  readonly endedBy?: string
  readonly then: (k: Kernel<U>) => void
}

/** One for every IOMMU: it looks at no unit. */
export type NeutralStep = Step<unknown>
export type Protocol<U = never> = readonly Step<U>[]
/** Steps, and lists of steps that belong together. */
export type ProtocolSource<U = never> = readonly (Step<U> | Protocol<U>)[]

export interface DesignOptions {
  readonly says: string
  /** The IOMMU whose steps it takes, by name; null for the standard one, and for a design that takes none. */
  readonly iommu?: string | null
  /** Whether the kernel switches DMA remapping and interrupt remapping on. */
  readonly remapsDma: boolean
  readonly remapsInterrupts: boolean
  /** Drivers are user processes: interrupts reach them by IPC. */
  readonly userDrivers?: boolean
  /** A device can use its own interrupt entries only: they name it (VT-d: SVT=1), or it has a table of its own
   *  (AMD-Vi). Default true. */
  readonly verifiesSource?: boolean
  /** Compatibility-format interrupts stay blocked while remapping is on (CFI=0). Default true. */
  readonly blocksCompatibility?: boolean
  /** When the kernel asks for 32-bit destinations. Default: when ECAP.EIM says that the unit has them. */
  readonly extendedInterrupts?: 'as-capable' | 'always'
  /** Interrupt tables it keeps: 2 where migration switches tables. Default 1. */
  readonly interruptTables?: 1 | 2
  /** The built-in design whose memory calls these are. As long as they are, what concerns memory alone is checked
   *  there: see `sharedWith`. */
  readonly memoryOf?: string | null
  /** Likewise for what concerns interrupts alone. */
  readonly interruptsOf?: string | null
  /** Properties that the design does not keep, and why its authors accept that. */
  readonly givesUp?: Readonly<Record<string, string>>
}

/** `U`: the state of the unit whose vendor's steps it takes. */
export interface Design<U = never> extends Required<DesignOptions> {
  readonly name: string
  readonly protocols: Readonly<Partial<Record<CallName, Protocol<U>>>>
}
