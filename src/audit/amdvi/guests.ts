/** PASIDs of a device and the guest tables of each, from the GCR3 table of its entry (AMD 48882 rev 3.05, 2.2). */
import { faultReasons, guestRootOf } from '../../../spec/amdvi/index.ts'
import type { DeviceEntry, GuestMap, Tables, TranslationUnit } from '../../../spec/amdvi/index.ts'
import { bdf, lacks, reads } from '../devices.ts'
import type { RequestClass } from '../devices.ts'
import type { Budget } from '../spaces.ts'
import type { AmdviFound } from './devices.ts'
import type { Spaces } from './spaces.ts'

/** A device whose entry has guest translation. */
export interface Guest { readonly sid: number; readonly entry: DeviceEntry; readonly map: GuestMap
  readonly range: TranslationUnit['exclusion'] }
/** A table of the last level, and the PASID of its first entry. */
interface Leaf { readonly table: number; readonly first: number }

const perTable = 512
const codeOf = (cause: string): number => faultReasons.find(reason => reason.cause === cause)!.code
export const notThere = codeOf('gcr3-not-valid'), notRead = codeOf('guest-unreadable')

export class Guests {
  constructor(private readonly guest: NonNullable<Tables['guest']>, private readonly spaces: Spaces,
    private readonly budget: Budget, private readonly found: AmdviFound) {}

  /** Of requests without PASID, where they go by PASID 0. */
  *own(of: Guest): Generator<void, RequestClass> {
    const { map: { table } } = of
    reads(this.found, 'GCR3 table', table)
    const way = yield* this.#way(of, null, of.map, 0)
    // Where PASIDs are looked at, that counts the table.
    if (way.fault === notRead && !of.map.withPasid) lacks(this.found, 'GCR3 table', table)
    return way
  }

  /** Of requests with PASID, one of each PASID that has a root. */
  *byPasid(of: Guest): Generator<void, RequestClass[]> {
    const { map: { table, levels, withoutPasid }, sid } = of, ways: RequestClass[] = []
    for (const leaf of this.#leaves(sid, table, levels, 0, []))
      for (let index = 0; index < perTable; index++) {
        if (this.budget.pasids-- <= 0) { this.found.pasidsLeft = true; return ways }
        const pasid = leaf.first + index
        if (pasid === 0 && withoutPasid) continue
        const way = yield* this.#way(of, pasid, { table: leaf.table, levels: 1 }, index)
        if (way.fault === notRead) { lacks(this.found, 'GCR3 table', leaf.table); break }
        if (way.fault !== notThere) ways.push(way)
      }
    return ways
  }

  *#way({ entry, map, range }: Guest, pasid: number | null, at: Pick<GuestMap, 'table' | 'levels'>,
    index: number): Generator<void, RequestClass> {
    const root = guestRootOf(this.guest, at, index, null)
    const way = { pasid, tag: pasid ?? 0, did: entry.domain }
    if (typeof root === 'number')
      return { ...way, space: yield* this.spaces.guest(entry, root, map.paging, range), fault: null }
    return range === null ? { ...way, did: null, space: null, fault: root.reason.code }
      : { ...way, space: this.spaces.passThrough(), fault: null }
  }

  /** `above`: the tables on the way here. */
  *#leaves(sid: number, table: number, levels: number, first: number, above: readonly number[]): Generator<Leaf> {
    const { found, budget } = this, path = [...above, table]
    reads(found, 'GCR3 table', table)
    if (levels === 1) { yield { table, first }; return }
    for (let index = 0; index < perTable; index++) {
      if (budget.directories-- <= 0) found.pasidsLeft = true
      if (found.pasidsLeft) return
      const entry = this.guest.gcr3Entry(table, index), from = first + index * perTable ** (levels - 1)
      if (entry === 'unreadable') { lacks(found, 'GCR3 table', table); return }
      if (!entry.valid) continue
      if (entry.reserved) {
        found.unusable.push({ fault: codeOf('guest-reserved'), of: `${bdf(sid)}, PASIDs from ${from}` })
        continue
      }
      if (path.includes(entry.address)) found.loops.push({ sid, table, index })
      yield* this.#leaves(sid, entry.address, levels - 1, from, path)
    }
  }
}
