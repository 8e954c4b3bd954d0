/** Two audits beside each other: devices, what they reach, interrupts and alarms that came, went or changed. */
import { unknowns } from './alarms.ts'
import type { Alarm } from './alarms.ts'
import type { Entry } from './interrupts.ts'
import { RangeList } from './ranges.ts'
import type { Range } from './ranges.ts'
import type { AuditReport, WayRow } from './report.ts'

/** Mappings of one device and PASID: `before` only in the first dump, `after` only in the second. A changed target is
 *  in both. */
export interface RangeChange {
  readonly device: string; readonly pasid: number | null
  readonly before: readonly Range[]; readonly after: readonly Range[]
  /** All of them; the lists hold the first `mostListed`. */
  readonly count: number
}
export interface AuditDiff {
  readonly before: string
  readonly after: string
  /** Of what both show. */
  readonly same: boolean
  readonly mode: { readonly before: string; readonly after: string } | null
  /** `PASID` is part of the name where there is one. */
  readonly devices: readonly {
    readonly device: string
    readonly pasid: number | null
    readonly before: WayRow | null
    readonly after: WayRow | null
  }[]
  readonly ranges: readonly RangeChange[]
  readonly interrupts: readonly {
    readonly index: number
    readonly of: string | null
    readonly before: Entry | null
    readonly after: Entry | null
  }[]
  readonly alarms: { readonly gone: readonly Alarm[]; readonly come: readonly Alarm[] }
  /** What either dump leaves unknown: there both may differ. */
  readonly unknown: { readonly before: readonly Alarm[]; readonly after: readonly Alarm[] }
}
const mostListed = 10_000

interface Known {
  readonly device: string
  readonly pasid: number | null
  readonly way: WayRow
  readonly ranges: RangeList
}
const knownOf = (report: AuditReport): Map<string, Known> =>
  new Map(report.devices.flatMap(({ device, ways }) => ways.map(way =>
    [`${device}/${way.pasid ?? ''}`,
      { device, pasid: way.pasid, way,
        ranges: way.space === null ? new RangeList() : report.spaces[way.space]!.ranges }])))

export function compare(before: AuditReport, after: AuditReport): AuditDiff {
  const old = knownOf(before), now = knownOf(after)
  const names = [...new Set([...old.keys(), ...now.keys()])].sort()
  const devices = names.flatMap(name => {
    const a = old.get(name), b = now.get(name)
    const { device, pasid } = (a ?? b)!
    return a !== undefined && b !== undefined && meaning(a.way) === meaning(b.way) ? []
      : [{ device, pasid, before: a?.way ?? null, after: b?.way ?? null }]
  })
  const ranges = names.flatMap(name => {
    const a = old.get(name), b = now.get(name)
    const { device, pasid } = (a ?? b)!
    const empty = new RangeList()
    const gone = without(a?.ranges ?? empty, b?.ranges ?? empty), come = without(b?.ranges ?? empty, a?.ranges ?? empty)
    return gone.count + come.count === 0 ? []
      : [{ device, pasid, before: gone.list, after: come.list, count: gone.count + come.count }]
  })
  const interrupts = entriesOf(before, after)
  const alarms = { gone: missingIn(before.alarms, after.alarms), come: missingIn(after.alarms, before.alarms) }
  const mode = before.unit.mode === after.unit.mode ? null : { before: before.unit.mode, after: after.unit.mode }
  return {
    before: before.dump.path, after: after.dump.path,
    same: mode === null && devices.length + ranges.length + interrupts.length + alarms.gone.length
      + alarms.come.length === 0,
    mode, devices, ranges, interrupts, alarms,
    unknown: { before: unknownOf(before), after: unknownOf(after) },
  }
}

const unknownOf = ({ alarms }: AuditReport): readonly Alarm[] => alarms.filter(({ code }) => unknowns.includes(code))

/** What a way means; where its tables stand is of no account. */
const meaning = ({ domain, mode, levels, fault }: WayRow): string => JSON.stringify([domain, mode, levels, fault?.code])

/** Mappings of `a` that `b` does not have: another target or other rights count as not had. Leaves are those of whole
 *  runs. */
export function without(a: RangeList, b: RangeList): { readonly list: readonly Range[]; readonly count: number } {
  const found = new RangeList()
  let j = 0
  for (let i = 0; i < a.length; i++) {
    const start = a.input(i), end = start + a.bytes(i), offset = a.output(i) - start
    const add = (from: number, to: number): void => {
      if (to > from) found.append(from, from + offset, to - from, a.rights(i), 1, false)
    }
    let at = start
    while (j < b.length && b.input(j) + b.bytes(j) <= start) j++
    for (let k = j; k < b.length && b.input(k) < end; k++) {
      if (b.output(k) - b.input(k) !== offset || b.rights(k) !== a.rights(i)) continue
      add(at, Math.max(at, b.input(k)))
      at = Math.max(at, Math.min(end, b.input(k) + b.bytes(k)))
    }
    add(at, end)
  }
  const list: Range[] = []
  for (let i = 0; i < Math.min(found.length, mostListed); i++) list.push(found.at(i))
  return { list, count: found.length }
}

function entriesOf(before: AuditReport, after: AuditReport): AuditDiff['interrupts'] {
  const keyed = ({ interrupts: { entries } }: AuditReport): Map<string, Entry> =>
    new Map(entries.map(entry => [`${entry.of ?? ''}/${entry.index}`, entry]))
  const old = keyed(before), now = keyed(after)
  return [...new Set([...old.keys(), ...now.keys()])].flatMap(key => {
    const a = old.get(key) ?? null, b = now.get(key) ?? null
    const { index, of } = (a ?? b)!
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [{ index, of, before: a, after: b }]
  }).toSorted((a, b) => (a.of ?? '') < (b.of ?? '') ? -1 : Number(a.of !== b.of) || a.index - b.index)
}

/** By code and devices: numbers and addresses in the reason may differ without meaning. */
function missingIn(alarms: readonly Alarm[], others: readonly Alarm[]): readonly Alarm[] {
  const name = ({ code, devices }: Alarm): string => `${code} ${devices.join(' ')}`
  const known = new Set(others.map(name))
  return alarms.filter(alarm => !known.has(name(alarm)))
}
