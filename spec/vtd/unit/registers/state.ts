/** State of the register-level unit, what it tells its driver, and the frame in which its parts work (VT-d rev 5.10,
 *  ch. 11). */
import { produce } from 'immer'
import type { DeepReadonly } from '../../../../src/model/index.ts'
import { rulesOf } from '../../capabilities.ts'
import type { VtdClause } from '../../clauses.ts'
import type { RawDescriptor, RawWait } from '../../layout/read-descriptors.ts'
import type { FaultRecord, FaultState, Recording } from '../../faults.ts'
import { decode, dwordsOf, registers } from '../../layout/index.ts'
import type { RegisterName, Rules } from '../../layout/index.ts'
import type { SingleSource } from '../../walk/walk.ts'
import type { IllegalName } from './illegal.ts'

/** What a unit is made as. */
export interface UnitConfig {
  /** VER: major version in bits 7:4. */
  readonly version: number
  readonly cap: bigint
  readonly ecap: bigint
  /** Host address width in bits. */
  readonly haw: number
  /** Low bits of protected memory bases and limits that the hardware ignores: 2^this is the alignment that software
   *  finds by writing ones. */
  readonly protectedAlignment: number
  /** Hardware drops a fault while one of its source is pending (7.2): its choice. */
  readonly compress: boolean
  /** FRCD.T2 tells AtomicOps and page requests apart (single source). */
  readonly secondTypeBit: boolean
  /** Rules of translation that only one source has. */
  readonly singleSource: SingleSource
}

/** Registers that hold what software wrote; all others are computed. */
export const storedNames = [
  'RTADDR', 'CCMD', 'IVA', 'IOTLB', 'PMEN', 'PLMBASE', 'PLMLIMIT', 'PHMBASE', 'PHMLIMIT', 'FEDATA', 'FEADDR', 'FEUADDR',
  'AFLOG', 'IQT', 'IQA', 'IEDATA', 'IEADDR',
  'IEUADDR', 'IRTA', 'PQH', 'PQT', 'PQA', 'PECTL', 'PEDATA', 'PEADDR', 'PEUADDR',
] as const satisfies readonly RegisterName[]
export type StoredName = (typeof storedNames)[number]
export const isStored =
  (name: RegisterName): name is StoredName => (storedNames as readonly RegisterName[]).includes(name)

/** Level bits of GCMD, each with its bit of GSTS. */
export const levelBits = { TE: 'TES', QIE: 'QIES', IRE: 'IRES', CFI: 'CFIS' } as const
export type LevelBit = keyof typeof levelBits
/** One-shot bits. RTPS and IRTPS clear on the write and are set when done; WBFS is the other way round. */
export const oneShotBits = { SRTP: 'RTPS', SIRTP: 'IRTPS', WBF: 'WBFS' } as const
export type OneShotBit = keyof typeof oneShotBits

/** What GCMD asked for and GSTS does not show yet. */
export type Command = { readonly bit: OneShotBit } | { readonly bit: LevelBit; readonly to: boolean }

/** A fault record with all of FRCD. `address`: FI, the page number of a DMA; the interrupt index at its bits 51:36. */
export interface RequestRecord extends FaultRecord {
  readonly at: 0 | 1 | 2; readonly pasid: number | null; readonly privileged: boolean; readonly execute: boolean
  /** T2 */
  readonly second: boolean
}

/** A descriptor that was fetched and is not complete. `offset`: of its entry in the ring, in units of 16 bytes, as IQH
 *  has it. */
export interface Outstanding { readonly offset: number; readonly descriptor: RawDescriptor }
/** An event message on its way: `address` is bits 31:0, `upperAddress` 63:32. It is never remapped. */
export interface EventMessage {
  readonly of: 'fault' | 'invalidation'
  readonly address: number
  readonly upperAddress: number
  readonly data: number
}

/** Plain data, written to as a draft. Dwords are lowest first. */
export interface Unit {
  readonly config: UnitConfig
  stored: Record<StoredName, number[]>
  /** GSTS, and PMEN.PRS. */
  status: {
    TES: boolean
    RTPS: boolean
    WBFS: boolean
    QIES: boolean
    IRES: boolean
    IRTPS: boolean
    CFIS: boolean
    PRS: boolean
  }
  /** Level bits as GCMD last had them. */
  asked: Record<LevelBit, boolean>
  /** In the order in which GCMD asked. */
  commands: Command[]
  /** RTADDR and IRTA as SRTP and SIRTP took them; `rootSet`, `interruptSet`: since translation, remapping was last
   *  off. */
  latched: { rtaddr: number[]; irta: number[]; rootSet: boolean; interruptSet: boolean }
  /** `head` as IQH.QH has it. `rested`: the last descriptor fetched was a wait, or there was none. IQERCD: 0 while its
   *  status bit is, when nobody may read it. */
  queue: { head: number; outstanding: Outstanding[]; rested: boolean; iqei: number; itesid: number; icesid: number }
  /** ICS.IWC and IECTL. */
  completion: { iwc: boolean; im: boolean; ip: boolean }
  faults: FaultState<RequestRecord>
  messages: EventMessage[]
}
export type UnitState = DeepReadonly<Unit>

/** What a cache holds no longer, or a device is told. */
export type Invalidation = Exclude<RawDescriptor, RawWait>
export type Effect =
  /** `by`: the queue, the register, or the command that invalidates by itself. Hardware may do more than asked. */
  | {
    readonly kind: 'invalidate'
    readonly descriptor: Invalidation
    readonly by: 'queue' | 'CCMD' | 'IOTLB' | OneShotBit | LevelBit
  }
  /** CAP.RWBF: table stores in the chipset's buffer reach memory. */
  | { readonly kind: 'flush-write-buffer' }
  /** By now every request that passed before the switch has reached memory, or its interrupt its APIC. */
  | { readonly kind: 'drained'; readonly what: 'dma' | 'interrupts' }
  /** Coherent store to memory. */
  | { readonly kind: 'write'; readonly address: number; readonly dwords: readonly number[] }
  | { readonly kind: 'wait-completed'; readonly offset: number; readonly descriptor: RawWait }
  | { readonly kind: 'message'; readonly message: EventMessage }
  | { readonly kind: 'fault'; readonly outcome: Recording; readonly record: RequestRecord }
  | { readonly kind: 'illegal'; readonly what: IllegalName; readonly because: string }
  /** A rule that was exercised. */
  | { readonly kind: 'rule'; readonly clause: VtdClause }

export interface Outcome { readonly state: UnitState; readonly effects: readonly Effect[] }

/** CAP and ECAP, decoded. */
export interface Capabilities { readonly cap: ReturnType<typeof capOf>; readonly ecap: ReturnType<typeof ecapOf> }
const capOf = (cap: bigint) => decode(registers.CAP.layout, dwordsOf(cap))
const ecapOf = (ecap: bigint) => decode(registers.ECAP.layout, dwordsOf(ecap))
const known = new WeakMap<UnitConfig, Capabilities>()
/** Decoded once for each configuration. */
export function capabilitiesOf(config: UnitConfig): Capabilities {
  let found = known.get(config)
  if (found === undefined) known.set(config, found = { cap: capOf(config.cap), ecap: ecapOf(config.ecap) })
  return found
}

const judged = new WeakMap<UnitState['latched'], { readonly config: UnitConfig; readonly rules: Rules }>()
/** Which bits of entries and descriptors are reserved. The same as long as configuration and latched pointers are. */
export function reservedRules({ config, latched }: UnitState): Rules {
  const found = judged.get(latched)
  if (found?.config === config) return found.rules
  const rules = rulesOf({ cap: dwordsOf(config.cap), ecap: dwordsOf(config.ecap), rtaddr: latched.rtaddr }, config.haw)
  judged.set(latched, { config, rules })
  return rules
}

/** One change under way: `before` is the state it starts from, `unit` the draft. What goes into `effects` is read from
 *  `before`, never from the draft. */
export interface Work {
  readonly before: UnitState
  readonly unit: Unit
  readonly has: Capabilities
  readonly effects: Effect[]
}

export function change(before: UnitState, recipe: (work: Work) => void): Outcome {
  const effects: Effect[] = []
  const state = produce(before as Unit,
    unit => { recipe({ before, unit, has: capabilitiesOf(before.config), effects }) })
  return { state, effects }
}
export const rule = (work: Work, clause: VtdClause): void => { work.effects.push({ kind: 'rule', clause }) }
/** Said once of one access: both dwords of a quadword may be wrong in the same way. */
export function illegal(work: Work, what: IllegalName, because: string): void {
  const said = work.effects.some(effect =>
    effect.kind === 'illegal' && effect.what === what && effect.because === because)
  if (!said) work.effects.push({ kind: 'illegal', what, because })
}

/** Sends the event message that the data and address registers hold now. */
export function send(work: Work, of: EventMessage['of']): void {
  const { unit } = work
  const { FEDATA, FEADDR, FEUADDR, IEDATA, IEADDR, IEUADDR } = unit.stored
  const [data, address, upper] = of === 'fault' ? [FEDATA, FEADDR, FEUADDR] : [IEDATA, IEADDR, IEUADDR]
  unit.messages.push({ of, address: address[0]!, upperAddress: upper[0]!, data: data[0]! })
}
