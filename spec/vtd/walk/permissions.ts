/** Using a mapping, be it the end of a walk, an identity, or what the IOTLB yields (VT-d rev 5.10: 3.6, 3.7; table
 *  30). */
import type { VtdClause } from '../clauses.ts'
import type { PasidEntry, ScalableTables } from './tables.ts'
import { leafSize, powersOfTwo, roundDown } from './tables.ts'
import { toFault, inInterruptRange, noReasons } from './translation.ts'
import type {
  Access, Mapping, Pgtt, Trail, Translation, TranslationFault, TranslationUnit, Update,
} from './translation.ts'

/** What all the steps of one translation share. */
export interface Walk {
  readonly unit: TranslationUnit
  /** Any FPD met on the way. */
  readonly fpd: boolean
  readonly privileged: boolean
  readonly trail: Trail | null
  /** Null in legacy mode. */
  readonly scalable: ScalableWalk | null
}
/** `updates`: accessed and dirty bits to set. `failing`: reasons for which one of them cannot be set; the manual does
 *  not say when, of the faults of a walk, they are found. */
export interface ScalableWalk {
  readonly tables: ScalableTables; readonly entry: PasidEntry
  readonly updates: Update[]; readonly failing: number[]
}

/** Fault reasons of the last steps, and the clause of the permissions. `final` is false for the access to a paging
 *  table. */
export interface UseReasons {
  readonly rule: VtdClause; readonly final: boolean
  readonly host: number; readonly user: number; readonly write: number; readonly read: number
  readonly interrupt: number
}
// No mapping without a first stage is of a supervisor page: there `user` stands for nothing.
export const legacyUse: UseReasons = { rule: 'VTD:3.7/permissions', final: true, host: 0x04, user: 0x81, write: 0x05,
  read: 0x06, interrupt: 0x0e }
export const scalableUse: UseReasons = { rule: 'VTD:3.7/permissions', final: true, host: 0x83, user: 0x81, write: 0x85,
  read: 0x86, interrupt: 0x87 }
export const firstStageUse: UseReasons = { ...scalableUse, rule: 'VTD:3.6/permissions' }
const useOf: Readonly<Record<Pgtt, UseReasons>> = { 0: legacyUse, 1: firstStageUse, 2: scalableUse, 3: firstStageUse,
  4: scalableUse }

/** A fault of `reasons`, or of what may be found at any time. */
export const blameIn = (walk: Walk, ...reasons: readonly number[]): TranslationFault => walk.scalable === null
  ? toFault(reasons, walk.fpd, walk.trail)
  : toFault([...reasons, ...walk.scalable.failing], walk.fpd, walk.trail, accessedOnly(walk.scalable.updates))
/** D is not set for a write that is blocked. */
const accessedOnly = (updates: readonly Update[]): readonly Update[] =>
  updates.filter(update => update.accessed || update.extendedAccessed).map(update => ({ ...update, dirty: false }))

/** A mapping that the IOTLB yields: the cached permissions decide, not the tables. */
export function useMapping(unit: TranslationUnit, mapping: Mapping, fpd: boolean, address: number, access: Access,
  privileged = false,
  trail: Trail | null = null): Translation {
  return land({ unit, fpd, privileged, trail, scalable: null }, useOf[mapping.pgtt], mapping, address, access)
}

/** Pass-through and translated requests use a host address as it is. */
export function identity(walk: Walk, pgtt: Pgtt, did: number, address: number, access: Access,
  rule: VtdClause): Translation {
  const of = pgtt === 0 ? legacyUse : scalableUse
  walk.trail?.exercised.push(rule)
  if (address >= powersOfTwo[walk.unit.hostAddressWidth]!) return blameIn(walk, of.host)
  const page = roundDown(address, leafSize(walk.unit.geometry, 1))
  const snoop = walk.scalable !== null && walk.scalable.entry.pgsnp
  const mapping = { pgtt, did, input: page, output: page, pages: 1, read: true, write: true, user: true,
    privilegedWrite: true, dirty: true, snoop }
  return land(walk, of, mapping, address, access)
}

/** The last steps of any translation: permissions, updates that fail, and that no DMA becomes an interrupt. */
export function land(walk: Walk, of: UseReasons, mapping: Mapping, address: number, access: Access): Translation {
  const { unit, trail, scalable } = walk
  if (trail !== null) trail.exercised.push(of.rule)
  const page = pageOf(unit, mapping, address)
  const updatesFail = of.final && scalable !== null && scalable.failing.length > 0
  if (updatesFail || denialsOf(walk, of, mapping, access) !== noReasons || of.final && inInterruptRange(unit, page))
    return blameIn(walk, ...refusals(walk, of, mapping, address, access))
  if (trail !== null && access === 'zero-length-read' && !mapping.read) trail.exercised.push('VTD:3.7/zero-length-read')
  return { kind: 'translated', page, mapping, updates: scalable === null ? noReasons : scalable.updates }
}

/** All reasons to refuse a mapping, in the manual's order. */
export function refusals(walk: Walk, of: UseReasons, mapping: Mapping, address: number,
  access: Access): readonly number[] {
  const denied = denialsOf(walk, of, mapping, access)
  if (!of.final) return denied
  const intoInterrupts = inInterruptRange(walk.unit, pageOf(walk.unit, mapping, address))
  return [...denied, ...walk.scalable?.failing ?? noReasons, ...intoInterrupts ? [of.interrupt] : noReasons]
}

const denialsOf = (walk: Walk, of: UseReasons, { user, read, write, privilegedWrite }: Mapping,
  access: Access): readonly number[] =>
  denials(walk, of, user, read, walk.privileged ? privilegedWrite : write, access)

/** What forbids `access` with these permissions; `none` itself if nothing does. */
export function denials({ unit, privileged }: Walk, of: UseReasons, user: boolean, read: boolean, write: boolean,
  access: Access): readonly number[] {
  const lacking = missing(unit, of, read, write, access)
  return privileged || user ? lacking : [of.user, ...lacking]
}

/** An AtomicOp needs both permissions. */
export function missing(unit: TranslationUnit, of: UseReasons, read: boolean, write: boolean,
  access: Access): readonly number[] {
  const noWrite = isWrite(access) && !write
  const noRead = access !== 'write' && !read && !(access === 'zero-length-read' && unit.zlr && write)
  if (!noWrite && !noRead) return noReasons
  return [...noWrite ? [of.write] : noReasons, ...noRead ? [of.read] : noReasons]
}
export const isWrite = (access: Access): boolean => access === 'write' || access === 'atomic'

const pageOf = (unit: TranslationUnit, mapping: Mapping, address: number): number =>
  mapping.output + roundDown(address - mapping.input, leafSize(unit.geometry, 1))
