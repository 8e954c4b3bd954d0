/** What `ablate` found, as plain data: for each step of each protocol, on which hardware it is needed, and what happens
 *  without it. */
import type { ExitName } from '../exit.ts'
import type { Op } from '../model/index.ts'

/** `itself`: the design fails claims here with the step too, and nothing else speaks against taking it out. `nothing`:
 *  the step is not taken on this hardware, or the two to swap do not follow each other there. */
export type Verdict = 'needed' | 'not-needed' | 'nothing' | 'undecided' | 'itself'

/** What goes wrong without the step. */
export interface Why {
  readonly scope: string
  readonly bounds: string
  /** The claim that is violated, or the witness that is no longer reached; null where a step or call is never taken any
   *  more, or a later step fails. */
  readonly property: string | null
  readonly clause: string | null
  readonly because: string
  /** The shortest way there within the scope; null where something is never reached, which no trace shows. */
  readonly ops: readonly Op[] | null
  /** Of an endless run: how many ops come before those that repeat for ever. */
  readonly loop?: number
  /** Other claims that are violated in the same scope, with the length of the shortest way. */
  readonly also: readonly { readonly property: string; readonly ops: number }[]
  /** Shows it. */
  readonly command: string
  /** Its trace file. */
  readonly saved: string | null
}
export interface Cell {
  readonly hardware: string
  readonly verdict: Verdict
  readonly why: Why | null
  /** Scopes searched to the end, and their states. */
  readonly searched: readonly string[]
  readonly states: number
}
export interface Row {
  /** `invalidatePage`, `lockTables+unlockTables`, `clearPte<>writeBackPte`. */
  readonly edit: string
  /** Name of the design that is left. */
  readonly design: string
  readonly says: string
  /** The step looks at nothing and writes nothing. */
  readonly costOnly: boolean
  readonly cells: readonly Cell[]
}
/** A claim that the design does not keep on some hardware, with the step or without. */
export interface Flaw {
  readonly hardware: string
  readonly property: string
  readonly ops: number
  readonly bounds: string
}
export interface Hardware { readonly name: string; readonly says: string }
export interface ProtocolReport {
  readonly call: string
  readonly hardware: readonly Hardware[]
  readonly rows: readonly Row[]
  readonly flaws: readonly Flaw[]
}
export interface AblationReport {
  readonly design: string
  readonly says: string
  readonly protocols: readonly ProtocolReport[]
  /** Calls that no scope of this design asks about, and why. */
  readonly unasked: readonly { readonly call: string; readonly why: string }[]
  readonly interrupted: boolean
  readonly repeat: string
}

/** A step that is not needed is no mistake: only what is not known makes a difference. */
export function ablationExit({ protocols, interrupted }: AblationReport): ExitName {
  if (interrupted) return 'interrupted'
  const cells = protocols.flatMap(({ rows }) => rows.flatMap(row => row.cells))
  if (cells.length === 0) return 'vacuous'
  return cells.some(({ verdict }) => verdict === 'undecided') ? 'incomplete' : 'holds'
}

/** A row's counterexamples, the shortest of each claim with the hardware on which that claim speaks first. */
export interface Reason { readonly row: Row; readonly why: Why; readonly hardware: readonly string[] }
export function reasonsOf(row: Row): readonly Reason[] {
  const byProperty = new Map<string, Reason>()
  for (const { hardware, why } of row.cells) {
    if (why === null) continue
    const key = why.property ?? why.because
    const before = byProperty.get(key)
    const shorter = before === undefined || (why.ops?.length ?? 0) < (before.why.ops?.length ?? 0)
    byProperty.set(key, { row, why: shorter ? why : before.why, hardware: [...before?.hardware ?? [], hardware] })
  }
  return [...byProperty.values()]
}
