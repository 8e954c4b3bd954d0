/** What `compare` shows: designs side by side, and what the numbers answer. */
import type { Cycles, Part } from '../cost/index.ts'

/** A claim that a design breaks, in the first scope where that shows. */
export interface Broken {
  readonly property: string
  readonly scope: string
  /** Steps of the counterexample. */
  readonly ops: number
  /** The saved trace, or the command that finds it. */
  readonly at: string
  /** The design gives it up. */
  readonly known: boolean
}
export interface GroupVerdict {
  /** `open`: not all of it is shown. `none`: nothing of it is asked of the design. */
  readonly standing: 'holds' | 'violated' | 'open' | 'none'
  readonly broken: readonly Broken[]
  /** Why nothing of it is asked, or what is not shown; else empty. */
  readonly says: string
}
/** Cycles, and what they would be with every assumed price at its least, or at its greatest. */
export interface Priced {
  readonly cycles: Cycles
  readonly assumed_range: { readonly min: number; readonly max: number }
}
/** The longest time from an edge to its handler. Null cycles with a reason: unbounded, never ending, or not decided. */
export interface LongestWait { readonly cycles: number | null; readonly says: string }

export interface ComparedDesign {
  readonly design: string
  readonly says: string
  readonly userDrivers: boolean
  /** Neither drivers, servers nor guests are outside of the kernel: no path leads to one. */
  readonly inKernel: boolean
  readonly remapsDma: boolean
  readonly remapsInterrupts: boolean
  /** Whether it unmaps buffers for each packet and waits, collects unmaps for a flush, or keeps them mapped. */
  readonly unmaps: 'each' | 'batched' | 'never'
  readonly isolation: GroupVerdict
  readonly interrupts: GroupVerdict
  readonly progress: GroupVerdict
  /** `serial`: of its cycles, what one CPU takes at a time: the lock of the queue, and the invalidation. */
  readonly packet: Priced & { readonly serial: Cycles }
  readonly interrupt: Priced | null
  readonly migration: Priced | null
  readonly wait: LongestWait | null
  /** For packets of 1500 bytes. */
  readonly throughput: {
    readonly one_core_gbps: number; readonly link_gbps: number; readonly gbps: number; readonly cores: number
    readonly binds: Part
  }
}
/** A sentence of the answer, and the figures it rests on. */
export interface Sentence { readonly says: string; readonly rests: readonly string[] }
/** An assumed price that weighs, and what measurement would replace it. */
export interface WeakPoint { readonly unit: string; readonly weighs: string; readonly settledBy: string }

export interface CompareReport {
  readonly profile: string
  readonly clock_ghz: number
  readonly designs: readonly ComparedDesign[]
  readonly answer: readonly Sentence[]
  readonly weak: readonly WeakPoint[]
  /** What the profile rests on, and what it does not fit. */
  readonly notes: readonly string[]
}
