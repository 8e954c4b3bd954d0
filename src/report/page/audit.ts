/** `audit` as a page: a map of who reaches what memory, the devices, and the alarms. */
import { hex, size } from '../../audit/format.ts'
import { rights } from '../../audit/ranges.ts'
import type { Reach } from '../../audit/reach.ts'
import type { SpaceRow } from '../../audit/report.ts'
import type { Body } from '../../page/data.ts'
import type { AuditData, SpaceData } from '../../page/reports.ts'
import { findingsOf } from '../findings/index.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'

/** Pieces that the map divides memory into. */
const pieces = 240

export function auditBody(report: ReportOf<'audit'>, view: View): Body {
  const { audit: { dump, unit, devices, spaces, interrupts, alarms } } = report
  const top = topOf(spaces)
  return { kind: 'audit', audit: {
    path: dump.path,
    facts: [['mode', unit.mode], ['devices', String(devices.length)], ['spaces', String(spaces.length)],
      [unit.rootKind, unit.rootTable ?? 'none'], ['interrupt entries', String(interrupts.entries.length)]],
    axis: [0, 0.25, 0.5, 0.75, 1].map(part => size(Math.round(top * part))),
    devices: devices.map(({ device, ways }) => ({ device, ways: ways.map(({ mode, domain, pasid, space, fault }) => ({
      space, blocked: mode === 'blocked',
      says: [pasid === null ? '' : `PASID ${pasid}`, mode, domain === null ? '' : `domain ${domain}`,
        fault === null ? '' : fault.says].filter(text => text !== '').join(', ') })) })),
    spaces: spaces.map(space => spaceData(space, top)),
    alarms: [...new Map(alarms.map(one => [one.code, one])).values()].map(({ code, severity, says, todo }) => ({
      code, severity, says, todo,
      places: alarms.filter(one => one.code === code).map(({ devices: of, because }) =>
        `${of.length === 0 ? '' : `${of.join(', ')}: `}${because}`) })),
    policy: report.policy === null ? [] : findingsOf(report, view).filter(({ rule }) => rule === 'policy'),
  } satisfies AuditData }
}

/** End of the memory that page tables reach, a power of two: what passes through reaches all there is. */
function topOf(spaces: readonly SpaceRow[]): number {
  const ends = spaces.filter(({ kind }) => kind !== 'pass-through')
    .map(({ reach }) => reach.ends[reach.length - 1] ?? 0)
  return 2 ** Math.ceil(Math.log2(Math.max(2 ** 24, ...ends)))
}

function spaceData({ id, kind, devices, domains, readable, writable, sharesWith, reach }: SpaceRow,
  top: number): SpaceData {
  return { id, kind, devices, domains, readable: size(readable), writable: size(writable), map: mapOf(reach, top),
    shares: sharesWith.map(({ space, bytes, writable: of }) =>
      `${size(bytes)} with space ${space}${of === 0 ? '' : `, ${size(of)} of it writable`} (${hex(bytes)} bytes)`) }
}

/** Shares in per mille, so that the document is short. */
function mapOf(reach: Reach, top: number): SpaceData['map'] {
  const read = new Float64Array(pieces), write = new Float64Array(pieces), piece = top / pieces
  for (let i = 0; i < reach.length; i++) {
    const into = (reach.rights[i]! & rights.write) === 0 ? read : write, end = Math.min(reach.ends[i]!, top)
    for (let from = reach.starts[i]!; from < end;) {
      const at = Math.floor(from / piece), to = Math.min(end, (at + 1) * piece)
      into[at]! += to - from
      from = to
    }
  }
  return Array.from(read, (bytes, i) =>
    [Math.ceil(1000 * bytes / piece) / 1000, Math.ceil(1000 * write[i]! / piece) / 1000] as const)
}
