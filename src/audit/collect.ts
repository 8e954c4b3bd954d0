/** All that an audit looks at: devices, spaces, structures, interrupts, and memory that spaces share. */
import type { AnyDump } from '../dump/dump.ts'
import type { Raised } from './alarms.ts'
import type { Device, Found, RequestClass } from './devices.ts'
import type { InterruptTable } from './interrupts.ts'
import type { VendorAlarms } from './kinds.ts'
import type { Guarded } from './protect.ts'
import type { QueueRow, RegisterRow } from './queue.ts'
import { rights } from './ranges.ts'
import { sharedRuns } from './sharing.ts'
import type { Shared } from './sharing.ts'
import type { Space } from './spaces.ts'

/** `bypass`: translation is off. `unknown`: the dump does not show it. `blocked`: by a mode of RTADDR that the unit
 *  does not have, or that aborts all DMA; with its fault reason. */
export type UnitMode = { readonly kind: 'legacy' | 'scalable' | 'device table' | 'bypass' | 'unknown' }
  | { readonly kind: 'blocked'; readonly fault: number }

export interface Collected {
  readonly dump: AnyDump
  /** What of the hardware is not known, and how the audit takes it: sentences. */
  readonly assumed: readonly string[]
  readonly unit: {
    readonly hostAddressWidth: number; readonly maxGuestAddressWidth: number; readonly levels: readonly number[]
  }
  /** CAP.CM */
  readonly cachingMode: boolean
  readonly mode: UnitMode
  /** The table that devices are looked up in first: what it is called, and where it is. */
  readonly rootKind: 'root table' | 'device table'
  readonly rootTable: number
  readonly found: Found
  readonly spaces: readonly Space[]
  readonly users: readonly SpaceUse[]
  readonly interrupts: InterruptTable
  readonly guarded: Guarded
  readonly sharing: Sharing
  /** Alarms in the words of the unit. */
  readonly words: VendorAlarms['words']
  /** In the words of the unit: how it shows that it translates or remaps nothing, and what a refusal means. */
  readonly because: {
    readonly translation: string
    readonly interrupts: string
    readonly name: (fault: number) => string
    readonly meaning: (fault: number) => string
    readonly says: (fault: number) => string
  }
  /** What is cached of the tables is tagged so, besides the domain. */
  readonly tagsOf: (way: RequestClass, space: Space) => readonly Tag[]
  /** What a text says of registers and of the queue; of other dumps nothing. */
  readonly told: { readonly registers: readonly RegisterRow[]; readonly queue: QueueRow | null }
  /** Faults of entries that are meant to block. */
  readonly blocks: readonly number[]
  /** Alarms that only this kind of unit gives rise to. */
  readonly own: Iterable<Raised>
}

/** A tag of what is cached, and what it stands for: in one domain always the same. */
export interface Tag { readonly tag: string; readonly means: string }

/** Who uses a space; by its index. */
export interface SpaceUse { readonly devices: readonly number[]; readonly domains: readonly number[] }

export interface Pair {
  readonly a: number
  readonly b: number
  bytes: number
  writable: number
  readonly first: number
}

/** Runs that several devices reach and one can write: how many, and where the first is. */
export interface UnlistedSharing { count: number; first: number }

/** `runs` are the first `mostRuns`; `pairs` counts all runs that at most `mostNamed` spaces reach, `crowds` the others,
 *  `unpaired` those for which no pair was left. */
export interface Sharing {
  readonly runs: readonly Shared[]; readonly runCount: number; readonly pairs: readonly Pair[]
  readonly crowds: UnlistedSharing
  readonly unpaired: UnlistedSharing
}

const mostRuns = 10_000, mostPairs = 100_000

export function usersOf(spaces: readonly Space[], devices: readonly Device[]): readonly SpaceUse[] {
  const uses = spaces.map(() => ({ devices: new Set<number>(), domains: new Set<number>() }))
  for (const { sid, ways } of devices)
    for (const { space, did } of ways) {
      if (space === null) continue
      uses[space.id]!.devices.add(sid)
      if (did !== null) uses[space.id]!.domains.add(did)
    }
  return uses.map(use => ({ devices: [...use.devices], domains: [...use.domains] }))
}

export function* sharingOf(spaces: readonly Space[], users: readonly SpaceUse[],
  tables: number): Generator<number, Sharing> {
  const runs: Shared[] = []
  const crowds: UnlistedSharing = { count: 0, first: 0 }, unpaired: UnlistedSharing = { count: 0, first: 0 }
  const pairs = new Map<string, Pair>()
  let runCount = 0
  const ownerOf = (at: number): number => {
    const { id } = spaces[at]!, { devices } = users[id]!
    return devices.length === 1 ? devices[0]! : -1 - id
  }
  for (const local of sharedRuns(spaces.map(({ reach }) => reach), ownerOf)) {
    const run = { ...local, who: local.who.map(one => ({ ...one, space: spaces[one.space]!.id })) }
    if (runs.length < mostRuns) runs.push(run)
    if (++runCount % 100_000 === 0) yield tables
    if (run.count > run.who.length) note(crowds, run)
    else if (!addPairs(run, pairs)) note(unpaired, run)
  }
  return { runs, runCount, pairs: [...pairs.values()], crowds, unpaired }
}

/** The PASIDs of one device are its own to choose. */
function note(crowd: UnlistedSharing, { start, rights: together, isOfOne }: Shared): void {
  if (isOfOne || (together & rights.write) === 0) return
  if (crowd.count++ === 0) crowd.first = start
}

/** False where one is left out. */
function addPairs({ start, end, who }: Shared, pairs: Map<string, Pair>): boolean {
  let all = true
  who.forEach((one, i) => {
    for (const other of who.slice(i + 1)) {
      const key = `${one.space}/${other.space}`
      let pair = pairs.get(key)
      if (pair === undefined) {
        if (pairs.size >= mostPairs) { all = false; continue }
        pairs.set(key, pair = { a: one.space, b: other.space, bytes: 0, writable: 0, first: start })
      }
      pair.bytes += end - start
      if (((one.rights | other.rights) & rights.write) !== 0) pair.writable += end - start
    }
  })
  return all
}
