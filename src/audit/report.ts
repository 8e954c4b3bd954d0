/** What `audit` says of a dump: data for the reporters, the policy and the comparison. */
import { byUnit } from '../dump/dump.ts'
import type { AnyDump } from '../dump/dump.ts'
import type { Alarm } from './alarms.ts'
import { collectAmdvi } from './amdvi/collect.ts'
import type { Collected, UnitMode } from './collect.ts'
import { bdf } from './devices.ts'
import { firmwareRows } from './firmware.ts'
import type { Beside, FirmwareRow } from './firmware.ts'
import { hex } from './format.ts'
import type { InterruptTable } from './interrupts.ts'
import { judge } from './judge.ts'
import type { QueueRow, RegisterRow } from './queue.ts'
import type { RangeList } from './ranges.ts'
import { bytesOf } from './reach.ts'
import type { Reach } from './reach.ts'
import type { Shared } from './sharing.ts'
import type { Budget, Space, SpaceKind } from './spaces.ts'
import { collectVtd } from './vtd/collect.ts'

export type Mode = SpaceKind | 'blocked'
export interface WayRow {
  readonly pasid: number | null
  readonly domain: number | null
  readonly mode: Mode
  readonly levels: number | null
  /** Id of the space; null where blocked. */
  readonly space: number | null
  /** Why it is blocked. */
  readonly fault: { readonly code: number; readonly name: string; readonly says: string } | null
}
export interface DeviceRow { readonly device: string; readonly deviceTlb: boolean; readonly ways: readonly WayRow[] }

export interface SpaceRow {
  readonly id: number
  readonly kind: SpaceKind
  readonly table: string | null
  readonly levels: number
  readonly second: string | null
  readonly devices: readonly string[]
  readonly domains: readonly number[]
  /** Host memory in bytes; what is mapped twice counts once. */
  readonly readable: number
  readonly writable: number
  /** Leaves by size; of nested tables unknown, as each is a piece of two leaves. */
  readonly leaves: { readonly '4K': number; readonly '2M': number; readonly '1G': number } | null
  readonly tables: number
  /** Inputs are not all listed. */
  readonly cut: boolean
  readonly sharesWith: readonly {
    readonly space: number
    readonly devices: readonly string[]
    readonly bytes: number
    readonly writable: number
  }[]
  readonly ranges: RangeList
  readonly reach: Reach
}

export interface AuditReport {
  readonly dump: {
    readonly path: string
    readonly format: string
    readonly unit: string | null
    readonly bytes: number
    readonly assumed: readonly string[]
  }
  readonly unit: {
    readonly mode: UnitMode['kind']
    readonly rootKind: Collected['rootKind']
    /** Null where the dump does not tell. */
    readonly rootTable: string | null
    /** As a text gives them. */
    readonly registers: readonly RegisterRow[]
    readonly hostAddressWidth: number
    readonly guestAddressWidth: number
    readonly levels: readonly number[]
  }
  readonly devices: readonly DeviceRow[]
  readonly spaces: readonly SpaceRow[]
  /** Memory in more than one space; `runs` are the first of them. */
  readonly shared: { readonly count: number; readonly runs: readonly Shared[] }
  readonly interrupts: InterruptTable
  /** Null where no text lists it. */
  readonly queue: QueueRow | null
  /** Tables of the firmware that were given beside the dump. */
  readonly firmware: readonly FirmwareRow[]
  readonly alarms: readonly Alarm[]
}

/** Yields how many tables were read, now and then; gives the report. */
export function* audit(dump: AnyDump, budget?: Budget, beside?: Beside): Generator<number, AuditReport> {
  const collected = yield* byUnit(dump,
    { vtd: of => collectVtd(of, budget), amdvi: of => collectAmdvi(of, budget) })
  const { unit, mode, rootKind, rootTable, found, spaces, sharing, interrupts, told, because } = collected
  const { path, format, unit: name, bytes } = dump, assumed = [...dump.assumed, ...collected.assumed]
  return {
    dump: { path, format, unit: name, bytes, assumed },
    unit: { mode: mode.kind, rootKind, rootTable: dump.shows.root ? hex(rootTable) : null,
      registers: told.registers, hostAddressWidth: unit.hostAddressWidth,
      guestAddressWidth: unit.maxGuestAddressWidth, levels: unit.levels },
    devices: found.devices.map(({ sid, deviceTlb, ways }) => ({
      device: bdf(sid), deviceTlb,
      ways: ways.map(({ pasid, did, space, fault }) => ({
        pasid, domain: did, mode: space?.kind ?? 'blocked',
        levels: space === null || space.kind === 'pass-through' ? null : space.levels,
        space: space?.id ?? null, fault: fault === null ? null
          : { code: fault, name: because.name(fault), says: because.says(fault) },
      })),
    })),
    spaces: spaces.map(space => spaceRow(space, collected)),
    shared: { count: sharing.runCount, runs: sharing.runs }, interrupts,
    queue: told.queue,
    firmware: beside === undefined ? [] : firmwareRows(beside), alarms: judge(collected, beside),
  }
}

function spaceRow(space: Space, { users, sharing }: Collected): SpaceRow {
  const { devices, domains } = users[space.id]!
  const { read, write } = bytesOf(space.reach)
  const [small, large, huge] = space.ranges.totals().leaves
  return {
    id: space.id, kind: space.kind, table: space.kind === 'pass-through' ? null : hex(space.table),
    levels: space.levels,
    second: space.second === null ? null : hex(space.second.table), devices: devices.map(bdf), domains, readable: read,
    writable: write,
    leaves: space.kind === 'nested' ? null : { '4K': small, '2M': large, '1G': huge },
    tables: space.tables.size + space.guestTables.size, cut: space.cut,
    sharesWith: sharing.pairs.filter(({ a, b }) => a === space.id || b === space.id)
      .map(({ a, b, bytes, writable }) => {
        const other = a === space.id ? b : a
        return { space: other, devices: users[other]!.devices.map(bdf), bytes, writable }
      }),
    ranges: space.ranges, reach: space.reach,
  }
}
