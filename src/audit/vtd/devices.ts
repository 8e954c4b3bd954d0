/** Devices of a unit and what each may do: every root, context and PASID entry that is present, judged by the walkers'
 *  own checks (VT-d rev 5.10: 9.1 to 9.6, table 30). */
import { identityOf, lookupContext, lookupPasid, lookupScalableContext } from '../../../spec/vtd/index.ts'
import type {
  DmaRequest, PasidEntry, PasidUnit, ScalableContextEntry, ScalableTables, TranslationUnit,
} from '../../../spec/vtd/index.ts'
import { bdf, lacks, reads } from '../devices.ts'
import type { Found, RequestClass } from '../devices.ts'
import type { Budget, Space } from '../spaces.ts'
import type { Spaces } from './spaces.ts'

const request = (sid: number, pasid: number | null = null): DmaRequest =>
  ({ sid, type: 'untranslated', access: 'read', address: 0, dword: false, pasid, privileged: false, execute: false })
/** Faults of entries that are just not there. */
const absent = [0x02, 0x41]

export function* legacyDevices(tables: ScalableTables, unit: TranslationUnit, rootTable: number, spaces: Spaces,
  found: Found): Generator<void> {
  reads(found, 'root table', rootTable)
  for (let bus = 0; bus < 256; bus++) {
    const root = tables.rootEntry(bus)
    if (root === 'unreadable') { lacks(found, 'root table', rootTable); return }
    if (!root.present) continue
    if (root.reserved) { found.unusable.push({ fault: 0x0a, of: `bus ${bus.toString(16)}` }); continue }
    reads(found, 'context table', root.contextTable)
    if (tables.contextEntry(root.contextTable, 0) === 'unreadable') {
      lacks(found, 'context table', root.contextTable)
      continue
    }
    for (let devfn = 0; devfn < 256; devfn++) {
      const sid = bus << 8 | devfn
      const result = lookupContext(tables, unit, sid, 'untranslated')
      if (result.kind === 'fault') {
        if (!absent.includes(result.reason))
          found.devices.push({ sid, ways: [blocked(null, result.reason)], deviceTlb: false })
        continue
      }
      const { did, tt, table, levels } = result.context
      const space = tt === 2 ? spaces.passThrough() : yield* spaces.secondStage(table, levels)
      found.devices.push({ sid, ways: [{ pasid: null, tag: null, did, space, fault: null }], deviceTlb: tt === 1 })
    }
  }
}
const blocked = (pasid: number | null, fault: number): RequestClass =>
  ({ pasid, tag: null, did: null, space: null, fault })

export function* scalableDevices(tables: ScalableTables, unit: PasidUnit, rootTable: number, spaces: Spaces,
  budget: Budget, found: Found): Generator<void> {
  reads(found, 'root table', rootTable)
  const byPasid = new ByPasid(tables, unit, spaces, budget, found)
  for (let half = 0; half < 512; half++) {
    const bus = half >> 1, upper = half % 2 === 1
    const root = tables.scalableRootEntry(bus, upper)
    if (root === 'unreadable') { lacks(found, 'root table', rootTable); return }
    if (!root.present) continue
    if (root.reserved) {
      found.unusable.push({ fault: 0x3a, of: `bus ${bus.toString(16)}, ${upper ? 'upper' : 'lower'} half` })
      continue
    }
    reads(found, 'context table', root.contextTable)
    if (tables.scalableContextEntry(root.contextTable, 0) === 'unreadable') {
      lacks(found, 'context table', root.contextTable)
      continue
    }
    for (let index = 0; index < 128; index++) {
      const sid = bus << 8 | (upper ? 0x80 : 0) | index
      const result = lookupScalableContext(tables, unit, request(sid))
      if (result.kind === 'fault') {
        if (!absent.includes(result.reason))
          found.devices.push({ sid, ways: [blocked(null, result.reason)], deviceTlb: false })
        continue
      }
      found.devices.push({ sid, ways: yield* byPasid.ways(sid, result.context), deviceTlb: result.context.dte })
    }
  }
}

interface DirectoryEntry { readonly first: number; readonly table: number }

class ByPasid {
  readonly #directories = new Map<string, readonly DirectoryEntry[]>()
  constructor(private readonly tables: ScalableTables, private readonly unit: PasidUnit,
    private readonly spaces: Spaces, private readonly budget: Budget,
    private readonly found: Found) {}

  *ways(sid: number, context: ScalableContextEntry): Generator<void, RequestClass[]> {
    const { tables, unit } = this
    const by = identityOf(context, request(sid))
    const own = lookupPasid(tables, unit, context, by, request(sid))
    const ways: RequestClass[] = [own.kind === 'fault' ? blocked(null, own.reason)
      : yield* this.#way(null, by.pasid, { ...own.entry, sre: by.privileged })]
    const entries = this.#directory(context, sid)
    if (context.paside) for (const entry of entries) yield* this.#table(sid, context, by.pasid, entry, ways)
    return ways
  }

  /** Entries of a PASID directory that are present and lead to a table. */
  #directory({ directory, pdts }: ScalableContextEntry, sid: number): readonly DirectoryEntry[] {
    const { tables, budget, found } = this
    const key = `${directory}/${pdts}`
    const known = this.#directories.get(key)
    if (known !== undefined) return known
    const length = 2 ** (pdts + 7)
    reads(found, 'PASID directory', directory, length * 8)
    const present: DirectoryEntry[] = []
    for (let at = 0; at < length; at++) {
      if (budget.directories-- <= 0) { found.pasidsLeft = true; break }
      const entry = tables.pasidDirectoryEntry(directory, at)
      if (entry === 'unreadable') { lacks(found, 'PASID directory', directory + at * 8); at += 511; continue }
      if (!entry.present) continue
      if (entry.reserved) { found.unusable.push({ fault: 0x52, of: `${bdf(sid)}, PASIDs from ${at * 64}` }); continue }
      reads(found, 'PASID table', entry.table)
      if (tables.pasidEntry(entry.table, 0) === 'unreadable') lacks(found, 'PASID table', entry.table)
      else present.push({ first: at * 64, table: entry.table })
    }
    this.#directories.set(key, present)
    return present
  }

  /** The PASIDs of one table, but for the one that requests without PASID go by. */
  *#table(sid: number, context: ScalableContextEntry, ridPasid: number, { first, table }: DirectoryEntry,
    ways: RequestClass[]): Generator<void> {
    const { tables, unit, budget, found } = this
    for (let index = 0; index < 64; index++) {
      if (budget.pasids-- <= 0) { found.pasidsLeft = true; return }
      const entry = tables.pasidEntry(table, index)
      const pasid = first + index
      if (entry === 'unreadable' || !entry.present || pasid === ridPasid) continue
      const result = lookupPasid(tables, unit, context, { pasid, privileged: false }, request(sid, pasid))
      ways.push(result.kind === 'fault' ? blocked(pasid, result.reason) : yield* this.#way(pasid, pasid, result.entry))
    }
  }

  /** `entry.sre`: whether some of these requests are privileged. Those without PASID are so by RID_PRIV. */
  *#way(pasid: number | null, tag: number, entry: PasidEntry): Generator<void, RequestClass> {
    return { pasid, tag, did: entry.did, space: yield* this.#space(entry), fault: null }
  }

  /** PGTT has been checked. */
  *#space(entry: PasidEntry): Generator<void, Space> {
    switch (entry.pgtt) {
      case 1: return yield* this.spaces.firstStage(entry)
      case 2: return yield* this.spaces.secondStage(entry.table, entry.levels)
      case 3: return yield* this.spaces.nested(entry)
      default: return this.spaces.passThrough()
    }
  }
}
