/** The alarms that a collection gives rise to. */
import type { FirmwareRegion } from '../dump/acpi/firmware.ts'
import { alarm, alarmKinds, inWords, severities } from './alarms.ts'
import type { Alarm, AlarmCode, Raised } from './alarms.ts'
import type { Collected, UnlistedSharing } from './collect.ts'
import { bdf } from './devices.ts'
import { firmwareAlarms, reservedFor } from './firmware.ts'
import type { Beside } from './firmware.ts'
import { hex, several, size } from './format.ts'
import { sameTargets } from './interrupts.ts'
import type { Entry } from './interrupts.ts'
import { mostWritable, writableBy } from './protect.ts'
import { mostNamed } from './sharing.ts'
import { nameOf, tablesOf } from './spaces.ts'
import type { Defect, Space, Troubles } from './spaces.ts'

/** Errors first; within a severity in the order of the registry. */
export function judge(collected: Collected, beside?: Beside): readonly Alarm[] {
  const order = Object.keys(alarmKinds)
  return [
    ...ofUnit(collected), ...ofDevices(collected), ...ofDomains(collected),
    ...collected.spaces.flatMap(space => [...ofSpace(space, collected, beside)]),
    ...ofSharing(collected), ...ofInterrupts(collected), ...collected.own,
    ...beside === undefined ? [] : firmwareAlarms(beside, collected.found.devices.map(({ sid }) => sid)),
  ].toSorted((a, b) =>
    severities.indexOf(a.severity) - severities.indexOf(b.severity) || order.indexOf(a.code) - order.indexOf(b.code))
    .map(raised => inWords(raised, collected.words, collected.dump.format === 'text'))
}

function* ofUnit({ mode, found, interrupts, rootTable, because }: Collected): Generator<Raised> {
  const { meaning } = because
  if (mode.kind === 'bypass') yield alarm('translation-off', [], because.translation)
  if (mode.kind === 'blocked') yield alarm('mode-unusable', [], meaning(mode.fault))
  for (const [kind, { count, address }] of found.outside) {
    const first = `, the first at ${hex(address)}`
    if (kind === 'PASID directory') yield alarm('directory-partial', [],
      several(count, 'page of PASID directories', 'pages of PASID directories') + first)
    else yield alarm('table-outside', [],
      kind === 'root table' ? `the root table at ${hex(rootTable)}` : several(count, kind) + first)
  }
  for (const { fault, of } of found.unusable) yield alarm('entry-unusable', [], `${of}: ${meaning(fault)}`)
  if (found.pasidsLeft) yield alarm('cut-short', [], 'more PASIDs than were looked at')
  if (!interrupts.remapping && interrupts.compatibility) yield alarm('interrupts-not-remapped', [], because.interrupts)
  if (interrupts.pagesMissing > 0)
    yield alarm('interrupt-table-partial', [], `${interrupts.pagesMissing} of ${several(interrupts.pages, 'page')}`)
}

function* ofDevices({ found: { devices }, blocks, because: { meaning } }: Collected): Generator<Raised> {
  const faults = new Map<number, number[]>()
  for (const { sid, ways } of devices)
    for (const { fault } of ways) if (fault !== null && !blocks.includes(fault)) {
      const list = faults.get(fault) ?? []
      if (list.at(-1) !== sid) list.push(sid)
      faults.set(fault, list)
    }
  for (const [fault, sids] of faults) yield alarm('entry-unusable', sids, meaning(fault))
  const ats = devices.filter(({ deviceTlb }) => deviceTlb)
  if (ats.length > 0) yield alarm('device-tlb', ats.map(({ sid }) => sid), several(ats.length, 'device'))
}

/** What is cached is tagged with the domain, so that one domain must stand for one thing each time. */
function* ofDomains({ found: { devices }, cachingMode, tagsOf }: Collected): Generator<Raised> {
  const first = new Map<string, { readonly means: string; readonly sid: number }>()
  const told = new Set<string>()
  const zero = new Set<number>()
  for (const { sid, ways } of devices)
    for (const way of ways) {
      if (way.space === null || way.did === null) continue
      if (cachingMode && way.did === 0) zero.add(sid)
      for (const { tag, means } of tagsOf(way, way.space)) {
        const key = `${way.did} ${tag}`, known = first.get(key)
        if (known === undefined) first.set(key, { means, sid })
        else if (known.means !== means && !told.has(`${key} ${means}`)) {
          told.add(`${key} ${means}`)
          yield alarm('domain-conflict', [...new Set([known.sid, sid])],
            `domain ${way.did}: ${known.means}, and ${means}`)
        }
      }
    }
  if (zero.size > 0) yield alarm('domain-zero', [...zero], several(zero.size, 'device'))
}
const troubleCodes: Readonly<Record<Defect, AlarmCode>> = { reserved: 'reserved-bits', outside: 'table-outside',
  cyclic: 'table-cyclic', unmapped: 'table-unmapped', 'not replicated': 'page-not-replicated' }
function troubleText(trouble: Defect, { count, table, index, level }: Troubles): string {
  const ofEntries = trouble === 'reserved' || trouble === 'not replicated'
  const where = ofEntries || trouble === 'cyclic' ? `entry ${index} of the table at ${hex(table)}`
    : `the table at ${hex(table)}`
  const what = ofEntries ? several(count, 'entry', 'entries')
    : several(count, trouble === 'cyclic' ? 'pointer' : 'table')
  return `${what}, the first ${where}, level ${level}`
}

function* ofSpace(space: Space, { users, guarded }: Collected, beside?: Beside): Generator<Raised> {
  const { devices } = users[space.id]!
  if (space.kind === 'pass-through') yield alarm('pass-through', devices, several(devices.length, 'device'))
  const writable = writableBy(space, guarded)
  const total = writable.reduce((sum, { count }) => sum + count, 0)
  if (total > 0) {
    const list = writable.map(({ kind, count, first }) =>
      `${several(count, kind, kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`)} `
        + `(${count === 1 ? 'at' : 'the first at'} ${hex(first)})`)
    yield alarm('writes-tables', devices, list.join(', ') + (total >= mostWritable ? '; more were not counted' : ''))
  }
  for (const [trouble, about] of space.troubles)
    yield alarm(troubleCodes[trouble], devices, troubleText(trouble, about))
  if (space.cut) yield alarm('too-many-ranges', devices, `more than ${several(space.ranges.length, 'range')}`)
  if (space.lost) yield alarm('cut-short', devices, nameOf(space))
  yield* ofRanges(space, devices, beside === undefined ? [] : reservedFor(beside, devices))
}

/** `reserved`: what firmware asks to be mapped so, for these devices. */
function* ofRanges({ ranges }: Space, devices: readonly number[],
  reserved: readonly FirmwareRegion[]): Generator<Raised> {
  let count = 0, bytes = 0, first = 0, inRange = 0, asked = 0
  for (let i = 0; i < ranges.length; i++) {
    const input = ranges.input(i)
    if (input < 0xfef00000 && input + ranges.bytes(i) > 0xfee00000) inRange++
    if (input !== ranges.output(i)) continue
    if (count++ === 0) first = input
    bytes += ranges.bytes(i)
    if (reserved.some(({ from, to }) => BigInt(input) >= from && BigInt(input + ranges.bytes(i)) - 1n <= to)) asked++
  }
  if (count > 0) yield alarm('identity-map', devices,
    `${size(bytes)} in ${several(count, 'range')}, ${count === 1 ? 'at' : 'the first at'} ${hex(first)}`
      + (reserved.length === 0 ? '' : `; ${asked} of them reserved by firmware`))
  if (inRange > 0) yield alarm('interrupt-range-mapped', devices, several(inRange, 'range'))
}

function* ofSharing({ sharing: { pairs, crowds, unpaired }, users, spaces }: Collected): Generator<Raised> {
  for (const { a, b, writable, first } of pairs) {
    const one = users[a]!.devices, other = users[b]!.devices
    // The PASIDs of one device are its own to choose.
    if (writable === 0 || one.length === 1 && other.length === 1 && one[0] === other[0]) continue
    if (tablesOf(spaces[a]!) === tablesOf(spaces[b]!)) continue
    const who = `${one.map(bdf).join(' ')} | ${other.map(bdf).join(' ')}`
    yield alarm('shared-writable', [...new Set([...one, ...other])],
      `${size(writable)}, the first at ${hex(first)}: ${who}`)
  }
  const runs = ({ count, first }: UnlistedSharing): string =>
    `${several(count, 'run')} of memory, the first at ${hex(first)}`
  if (crowds.count > 0) yield alarm('shared-writable', [], `${runs(crowds)}, in more than ${mostNamed} sets of tables`)
  if (unpaired.count > 0)
    yield alarm('shared-writable', [],
      `${runs(unpaired)}, beyond the ${pairs.length.toLocaleString('en-US')} pairs of sets of tables that are listed`)
}

const list = (entries: readonly Entry[]): string =>
  entries.slice(0, 8).map(({ index, of }) => of === null ? index : `${of}/${index}`).join(', ')
  + (entries.length > 8 ? ', …' : '')
function* ofInterrupts({ interrupts: { entries }, because: { meaning } }: Collected): Generator<Raised> {
  const any = entries.filter(({ source, fault }) => source === null && fault === null)
  if (any.length > 0) yield alarm('irte-any-source', [], `${several(any.length, 'entry', 'entries')}: ${list(any)}`)
  for (const group of sameTargets(entries)) {
    const { vector, destination, logical } = group[0]!
    yield alarm('irte-same-target', [],
      `vector ${vector} to ${logical ? 'logical ' : ''}${hex(destination!)}: entries ${list(group)}`)
  }
  const byFault = new Map<number, Entry[]>()
  for (const entry of entries)
    if (entry.fault !== null) byFault.set(entry.fault, [...byFault.get(entry.fault) ?? [], entry])
  for (const [fault, unusable] of byFault)
    yield alarm('irte-unusable', [],
      `${several(unusable.length, 'entry', 'entries')} (${list(unusable)}): ${meaning(fault)}`)
}
