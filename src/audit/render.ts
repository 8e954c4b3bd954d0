/** The report for people: devices, what each reaches, interrupts, and the alarms last, where they are read first. */
import { printable } from '../errors.ts'
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import { severities } from './alarms.ts'
import type { Alarm } from './alarms.ts'
import { hex, several, size } from './format.ts'
import { showRights } from './ranges.ts'
import type { AuditReport, DeviceRow, SpaceRow, WayRow } from './report.ts'
import { columns } from './columns.ts'
import { queueLines } from './queue.ts'
import { firmwareLines } from './firmware.ts'
import type { Severity } from './kinds.ts'

/** Of each list, unless all is asked for. */
const shownRanges = 8, shownEntries = 16, shownAlarms = 5

export function* renderAudit(report: AuditReport, theme: Theme, full: boolean): Generator<string> {
  const { devices, spaces, alarms } = report
  if (report.dump.format !== 'none') yield lines(headLines(report, theme))
  if (report.unit.mode !== 'unknown') yield lines(['', theme.strong('devices'), ...deviceLines(devices, spaces)])
  for (const space of spaces)
    if (space.ranges.length > 0 || space.sharesWith.length > 0) yield* spaceText(space, theme, full)
  if (report.dump.format !== 'none') yield lines(['', ...interruptLines(report, theme, full)])
  if (report.queue !== null) yield lines(queueLines(report.queue, theme))
  if (report.firmware.length > 0) yield lines(firmwareLines(report.firmware, theme))
  if (alarms.length > 0) yield lines(['', theme.strong('alarms'), ...alarmLines(alarms, theme, full)])
  const judges = report.unit.mode !== 'unknown' || report.interrupts.known || report.firmware.length > 0
  yield lines(['', judges || alarms.length > 0 ? summary(alarms, theme) : 'no table that could be judged'])
}
const lines = (all: readonly string[]): string => all.map(line => line.trimEnd() + '\n').join('')

const modes = {
  legacy: 'legacy mode', scalable: 'scalable mode', 'device table': 'DMA is translated',
  bypass: 'translation is off: every device reaches all of memory',
  blocked: 'a mode in which all DMA is blocked', unknown: 'tables of translation are not shown',
} as const

function headLines({ dump, unit }: AuditReport, theme: Theme): string[] {
  return [
    theme.strong(printable(dump.path)) + (dump.unit === null ? '' : `  unit ${printable(dump.unit)}`),
    `  ${dump.bytes === 0 ? '' : `${size(dump.bytes)} of ${dump.format === 'text' ? 'tables' : 'memory'}, `}`
      + modes[unit.mode]
      + (unit.mode === 'unknown' || unit.rootTable === null ? ''
        : `, ${unit.rootKind} at ${unit.rootTable}`),
    ...unit.registers.flatMap(({ name, value, says }) => hang('  ', 4,
      wrapWords(`${name} ${value}${says === '' ? '' : `: ${says}`}`, theme.width - 4))),
    ...dump.assumed.flatMap(text => hang('  assumed: ', 11, wrapWords(text, theme.width - 11))),
  ]
}

function deviceLines(devices: readonly DeviceRow[], spaces: readonly SpaceRow[]): string[] {
  if (devices.length === 0) return ['  none']
  const rows = devices.flatMap(({ device, ways }) =>
    ways.map((way, i) => [i === 0 ? device : '', ...wayCells(way, way.space === null ? null : spaces[way.space]!)]))
  return columns(['device', 'PASID', 'domain', 'mode', 'reads', 'writes', 'ranges', '4K', '2M', '1G'], rows,
    'llrlrrrrrr')
}
function wayCells({ pasid, domain, mode, levels, fault }: WayRow, space: SpaceRow | null): string[] {
  const unblocked = levels === null ? mode : `${mode}, ${levels} levels`
  const how = fault !== null ? `blocked, ${fault.name}` : unblocked
  if (space === null) return [pasid === null ? '' : `${pasid}`, '', how, '', '', '', '', '', '']
  const n = (value: number): string => value === 0 ? '' : value.toLocaleString('en-US')
  const all = space.kind === 'pass-through'
  const amount = (bytes: number): string => {
    if (all) return 'all'
    return bytes === 0 ? '' : size(bytes)
  }
  const { leaves } = space
  return [pasid === null ? '' : `${pasid}`, `${domain ?? ''}`, how, amount(space.readable), amount(space.writable),
    n(space.ranges.length),
    ...leaves === null ? ['', '', ''] : [n(leaves['4K']), n(leaves['2M']), n(leaves['1G'])]]
}

function* spaceText(space: SpaceRow, theme: Theme, full: boolean): Generator<string> {
  const { devices, kind, table, ranges, sharesWith } = space
  const most = full ? Infinity : shownRanges
  const title = `${devices.join(' ')}: ${kind} tables at `
    + `${table ?? ''}${space.second === null ? '' : `, through those at ${space.second}`}`
  yield lines(['', ...hang('', 2, wrapWords(title, theme.width - 2)).map(line => theme.strong(line))])
  for (let from = 0; from < Math.min(most, ranges.length); from += 1000) {
    const rows: string[][] = []
    for (let i = from; i < Math.min(from + 1000, ranges.length, most); i++) rows.push(rangeCells(ranges.at(i)))
    yield lines(columns(from === 0 ? ['input', 'memory', 'size', 'rights', 'pages'] : null, rows, 'rrrll'))
  }
  if (ranges.length > most) yield lines([theme.dim(`  … ${several(ranges.length - most, 'more range')} (--full)`)])
  for (const { devices: others, bytes, writable } of sharesWith) {
    const written = writable === 0 ? 'none of it writable' : `${size(writable)} writable by one of them`
    yield lines(hang('  ', 4, wrapWords(`shares ${size(bytes)} with ${others.join(' ')}, ${written}`, theme.width - 4)))
  }
}
type ShownRange = ReturnType<AuditReport['spaces'][number]['ranges']['at']>
function rangeCells({ input, output, bytes, rights, leaves }: ShownRange): string[] {
  const pages = leaves
    .flatMap((count, i) => count === 0 ? [] : [`${count.toLocaleString('en-US')}×${['4K', '2M', '1G'][i]!}`]).join(' ')
  return [hex(input), input === output ? `${hex(output)} (same)` : hex(output), size(bytes), showRights(rights), pages]
}

function interruptLines({ interrupts }: AuditReport, theme: Theme, full: boolean): string[] {
  const { remapping, compatibility, entries, size: length, address, tables } = interrupts
  const title = theme.strong('interrupts')
  if (!interrupts.known) return [title, '  not shown']
  if (!remapping) return [title, `  not remapped${compatibility ? '' : ': all are blocked (ECAP.IRREQ)'}`]
  const shown = full ? entries : entries.slice(0, shownEntries)
  const rows = shown.map(({ index, kind, vector, destination, logical, source, refusal, level }) => [
    `${index}`, kind, `${vector}`, destination === null ? '' : `${logical ? 'logical ' : ''}${hex(destination)}`,
    level ? 'level' : 'edge', source ?? 'any device',
    refusal === null ? '' : `blocked, ${refusal}`,
  ])
  return [
    title,
    `  ${several(entries.length, 'entry', 'entries')} present of ${length.toLocaleString('en-US')} `
    + (address === null ? `in ${several(tables, 'table')} of devices`
      : `at ${hex(address)}; compatibility format ${compatibility ? 'passes' : 'is blocked'}`),
    ...rows.length === 0 ? [] : columns(['entry', 'kind', 'vector', 'to', 'trigger', 'from', ''], rows, 'rlrllll'),
    ...entries.length > shown.length
      ? [theme.dim(`  … ${several(entries.length - shown.length, 'more entry', 'more entries')} (--full)`)] : [],
  ]
}

const marks: Readonly<Record<Severity, readonly [mark: string, paint: 'bad' | 'warn' | 'dim']>> = { error: ['✗', 'bad'],
  warning: ['!', 'warn'], note: ['·', 'dim'] }

/** Alarms of one kind stand under it once. */
function alarmLines(alarms: readonly Alarm[], theme: Theme, full: boolean): string[] {
  const codes = [...new Set(alarms.map(({ code }) => code))]
  return codes.flatMap(code => {
    const own = alarms.filter(alarm => alarm.code === code), { severity, says, todo } = own[0]!
    const [mark, paint] = marks[severity]
    const shown = full ? own : own.slice(0, shownAlarms)
    const under = (text: string): string[] => hang('    - ', 6, wrapWords(text, theme.width - 6))
    return [
      theme[paint](`${mark} ${code}`), ...hang('  ', 2, wrapWords(says, theme.width - 2)),
      ...shown.flatMap(({ devices, because }) =>
        under(devices.length === 0 ? because : `${devices.join(' ')}: ${because}`)),
      ...own.length > shown.length ? [theme.dim(`    … ${own.length - shown.length} more (--full)`)] : [],
      ...hang(theme.dim('  → '), 4, wrapWords(todo, theme.width - 4)),
    ]
  })
}

function summary(alarms: readonly Alarm[], theme: Theme): string {
  const counts = severities
    .map(severity => [severity, alarms.filter(alarm => alarm.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
  if (counts.length === 0) return theme.good('no alarms')
  return counts.map(([severity, count]) => theme[marks[severity][1]](several(count, severity))).join(', ')
}
