/** The report of `validate` for people: verdicts, what was seen, the windows, and what the pairing cannot prove. */
import { printable } from '../../errors.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { several } from '../verdicts/judging.ts'
import { bdf, thousands as n } from '../numbers.ts'
import { unreadLines, verdictLines } from './verdicts.ts'
import { entryText, entryLines, tableLines } from './entries.ts'
import { pairingLines } from './pairing.ts'
import type { ValidationReport } from '../report.ts'

/** Ready to print, with a line end. Only file names are longer than the width. */
export function renderValidation(report: ValidationReport, theme: Theme): string {
  const { log, kernel, unread, tables } = report
  const time = log.span_s === null ? 'no stamps' : `${log.span_s.toFixed(1)} s`
  const file = (path: string, ...facts: string[]): string[] => [theme.strong(printable(path)), `  ${facts.join(', ')}`]
  return [
    ...file(log.path, several(log.lines, 'line'), time, `${n(unread.total)} not read`),
    ...kernel === null ? [] : file(kernel.path, several(kernel.lines, 'line'), several(kernel.pairing.maps, 'map'),
      several(kernel.pairing.unmaps, 'unmap'), `${n(kernel.unread.total)} not read`),
    ...tables === null ? [] : file(tables.path, ...tables.assumed),
    '', ...report.verdicts.flatMap(verdict => verdictLines(verdict, theme)),
    '', ...seenLines(report, theme),
    ...entryLines(report.entries, theme), ...tables === null ? [] : ['', ...tableLines(tables, theme)],
    ...kernel === null ? [] : ['', ...pairingLines(kernel.pairing, log.span_s !== null, theme)],
    ...unreadLines('log', unread, theme), ...kernel === null ? [] : unreadLines('kernel log', kernel.unread, theme),
  ].join('\n') + '\n'
}
function seenLines({ entries, iotlb, irtes, queue, registers, faults }: ValidationReport, theme: Theme): string[] {
  const { fills, hits, misses, removed } = iotlb
  const dropped = iotlb.emptied.filter(({ entries }) => entries > 0)
    .map(({ conduct, line, entries }) => `${entries} at ${conduct} (line ${line})`)
  const rows: (readonly [name: string, text: string])[] = [
    ['IOTLB',
      `${several(fills, 'fill')}, ${several(hits, 'hit')}, ${several(misses, 'miss')}; `
        + `at most ${n(iotlb.largest)} held`],
    ['  by domain', iotlb.byDomain.map(domain => `${domain.did}: ${n(domain.fills)} filled, ${n(domain.hits)} hit`)
      .join('; ')],
    ['  removed',
      `${n(removed.page)} by page, ${removed.pasid === 0 ? '' : `${n(removed.pasid)} by PASID, `}`
        + `${n(removed.domain)} by domain, ${n(removed.global)} by global invalidations`],
    ['  by QEMU', dropped.length === 0 ? 'none of its own accord'
      : `${dropped.join(', ')}: its conduct, no rule of the manual`],
    ['IRTEs', `${several(irtes.reads, 'read')} of ${several(irtes.entries, 'entry')}, `
      + `${several(irtes.changes, 'change')}; `
      + `halves of the entry in the log: ${irtes.halves}`],
    ['  sources', irtes.anySource.count === 0 ? '' : `entries ${irtes.anySource.indices.join(', ')} admit an interrupt `
      + `from any device (SVT=0; line ${n(irtes.anySource.lines[0]!)}): remapcheck explain irte-any-source`],
    [`${queue.entry}s`,
      [several(queue.submissions, 'submission'),
        ...queue.byKind.map(({ kind, count }) => `${kind} ${n(count)}`)].join(', ')],
    ['  per wait',
      queue.perWait.map(row => `${several(row.waits, 'wait')} with ${several(row.descriptors, queue.entry)}`)
        .join(', ')],
    ['registers',
      registers.writes.map(({ register, count, fields }) => `${register} `
        + `${n(count)}${fields.length === 0 ? '' : ` (${fields.join(' ')})`}`).join(', ')],
    ['bit by bit', entryText(entries)],
    ['faults', faults.total === 0 ? 'none' : `${n(faults.total)}, ${n(faults.recorded.count)} recorded`],
    ...faults.groups.map(({ reason, condition, sid, write, places: { count }, says }) =>
      [`  ${reason.toString(16)}h ${condition ?? '?'}`,
        `${several(count, accessOf(write))} of `
        + `${sid === null ? 'no device that the log names' : bdf(sid)}: ${says}`] as const),
    ...faults.complaints.slice(0, mostComplaints)
      .map(({ line, says }, i) => [i === 0 ? 'QEMU says' : '', `${says} (line ${n(line)})`] as const),
    ['', faults.complaints.length <= mostComplaints ? ''
      : `and ${n(faults.complaints.length - mostComplaints)} more such messages`],
  ]
  return rows.filter(([, text]) => text !== '').flatMap(([name, text]) => {
    const head = `  ${name.padEnd(12)} `
    return hang(theme.dim(head), head.length, wrapWords(text, theme.width - head.length))
  })
}
/** Messages of QEMU that are shown. */
const mostComplaints = 8
const accessOf = (write: boolean | null): string => {
  if (write === null) return 'request'
  return write ? 'write' : 'read'
}
