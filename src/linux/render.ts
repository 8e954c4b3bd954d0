/** The report of `validate` for people: verdicts, what was seen, the windows, and what the pairing cannot prove. */
import type { ChalkInstance } from 'chalk'
import { hang, wrapWords } from '../report/layout.ts'
import type { PairingReport } from './pairing/index.ts'
import type { Spread, SpreadBetween, WindowRow } from './pairing/windows.ts'
import type { ValidationReport } from './report.ts'
import { several } from './verdicts.ts'
import type { Verdict } from './verdicts.ts'

export interface Look { readonly color: ChalkInstance; readonly width: number }

/** Ready to print, with a line end. Lines keep within the width where their words do. */
export function renderValidation(report: ValidationReport, look: Look): string {
  const { log, kernel } = report
  const time = log.span_s === null ? 'no stamps' : `${log.span_s.toFixed(1)} s`
  return [
    look.color.bold(log.path),
    ...indent([`${several(log.lines, 'line')}, ${time}, ${several(report.unread.total, 'line')} not read`]),
    ...kernel === null ? [] : [look.color.bold(kernel.path),
      ...indent([`${several(kernel.lines, 'line')}, ${several(kernel.pairing.maps, 'map')}, ${several(kernel.pairing.unmaps, 'unmap')}, ${several(kernel.unread.total, 'line')} not read`])],
    '', ...verdictLines(report.verdicts, look),
    '', ...seenLines(report, look),
    ...kernel === null ? [] : ['', ...pairingLines(kernel.pairing, log.span_s !== null, look)],
    ...unreadLines(report, look),
  ].join('\n') + '\n'
}
const indent = (lines: readonly string[], by = 2): string[] => lines.map(line => ' '.repeat(by) + line)
const n = (value: number): string => value.toLocaleString('en-US')

const marks = { true: '✓', false: '✗', 'not-shown': '–' } as const
function verdictLines(verdicts: readonly Verdict[], { color, width }: Look): string[] {
  const paint = { true: color.green, false: color.red, 'not-shown': color.yellow }
  const claims = Math.max(...verdicts.map(({ claim }) => claim.length))
  return verdicts.flatMap(({ claim, says, verdict, because, lines, of }) => {
    const where = verdict === 'true' || lines.length === 0 ? '' : ` (${of === 'kernel' ? 'kernel ' : ''}line${lines.length === 1 ? '' : 's'} ${lines.slice(0, 4).join(', ')}${lines.length > 4 ? ', …' : ''})`
    const head = `${marks[verdict]} ${verdict.padEnd(9)}  ${claim.padEnd(claims)}  `
    const said = hang(paint[verdict](head), head.length, wrapWords(because + where, width - head.length))
    return verdict === 'true' ? said : [...said, ...indent(wrapWords(says, width - head.length).map(line => color.dim(line)), head.length)]
  })
}

function seenLines({ iotlb, irtes, queue, registers, faults }: ValidationReport, { color, width }: Look): string[] {
  const kinds = queue.byKind.map(({ kind, count }) => `${kind} ${n(count)}`).join(', ')
  const waits = queue.perWait.map(({ descriptors, waits: w }) => `${descriptors}: ${n(w)}`).join(', ')
  const dropped = iotlb.emptied.filter(({ entries }) => entries > 0).map(({ conduct, line, entries }) => `${entries} at ${conduct} (line ${line})`)
  const rows: (readonly [string, string])[] = [
    ['IOTLB', `${several(iotlb.fills, 'fill')}, ${several(iotlb.hits, 'hit')}, ${several(iotlb.misses, 'miss')}; at most ${n(iotlb.largest)} entries held`],
    ['  by domain', iotlb.byDomain.map(({ did, fills, hits }) => `${did}: ${n(fills)} filled, ${n(hits)} hit`).join('; ')],
    ['  removed', `${n(iotlb.removed.page)} by page, ${n(iotlb.removed.domain)} by domain, ${n(iotlb.removed.global)} by global invalidations`],
    ['  by QEMU', dropped.length === 0 ? 'none dropped of its own accord' : `${dropped.join(', ')}: its conduct, not a rule of the manual`],
    ['IRTEs', `${several(irtes.reads, 'read')} of ${n(irtes.entries)} entries, ${several(irtes.changes, 'change')}; halves of the entry in the log: ${irtes.halves}`],
    ['queue', `${several(queue.submissions, 'submission')}; ${kinds}`],
    ['  per wait', `descriptors: how often: ${waits}`],
    ['registers', registers.writes.map(({ register, count }) => `${register} ${n(count)}`).join(', ')],
    ['faults', faults.total === 0 ? 'none' : `${faults.total}, ${faults.recorded.count} recorded`],
    ...faults.groups.map(({ reason, condition, sid, write, places, says }): readonly [string, string] =>
      [`  ${reason.toString(16)}h ${condition ?? '?'}`, `${places.count} ${write ? 'writes' : 'reads'} of ${bdf(sid)}: ${says}`]),
  ]
  return rows.filter(([, text]) => text !== '').flatMap(([name, text]) => {
    const head = `  ${name.padEnd(13)}`
    return hang(color.dim(head), head.length, wrapWords(text, width - head.length))
  })
}
const bdf = (sid: number): string =>
  `${(sid >> 8).toString(16).padStart(2, '0')}:${(sid >> 3 & 31).toString(16).padStart(2, '0')}.${sid & 7}`

const between = (least: string, most: string): string => least === most ? least : `${least}–${most}`
const counts = ({ least, most }: SpreadBetween, part: keyof Spread): string => between(n(least[part]), n(most[part]))
const ms = (us: number): string => (us / 1000).toFixed(us < 10_000 ? 2 : us < 1_000_000 ? 1 : 0)
const times = (wait: SpreadBetween | null, part: keyof Spread): string => wait === null ? '?' : between(ms(wait.least[part]), ms(wait.most[part]))
const answers = { page: 'own', domain: 'flush', global: 'flush of all' } as const

function pairingLines(pairing: PairingReport, stamped: boolean, look: Look): string[] {
  const { color, width } = look
  if (pairing.refused !== null) return [`unmaps not paired: ${pairing.refused}`]
  const timed = pairing.by === 'clock'
  const table = [
    ['answer', 'domain', 'unmaps', 'later unmaps', '', '', ...timed ? ['ms until then', ''] : [], 'cached', 'hit'],
    ['', '', '', 'median', '90 %', 'max', ...timed ? ['median', 'max'] : [], '', ''],
    ...pairing.rows.map(row => rowOf(row, timed)),
  ]
  return [
    color.bold('Unmaps and what answered them'),
    ...indent(columns(table)),
    ...notes(pairing, stamped).flatMap(note => hang('  - ', 4, wrapWords(note, width - 4)).map(line => color.dim(line))),
  ]
}
function rowOf({ answer, basis, unmaps, laterUnmaps, wait_us, held, hit }: WindowRow, timed: boolean): string[] {
  return [answers[answer], basis, n(unmaps), counts(laterUnmaps, 'median'), counts(laterUnmaps, 'p90'), counts(laterUnmaps, 'max'),
    ...timed ? [times(wait_us, 'median'), times(wait_us, 'max')] : [], n(held), between(n(hit.certain), n(hit.possible))]
}
/** The first two columns are words, the others numbers. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => row[i]!.length > 0 && row[i] !== 'later unmaps' && row[i] !== 'ms until then' ? row[i]!.length : 0)))
  return rows.map(row => row.map((cell, i) => i < 2 || /^[a-z]+ [a-z ]+$/.test(cell) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
    .reduce((line, cell, i) => i > 0 && cell.trim() === '' && line.length >= edge(widths, i) ? line : line.padEnd(edge(widths, i)) + cell, '').trimEnd())
}
const edge = (widths: readonly number[], i: number): number => widths.slice(0, i).reduce((sum, width) => sum + width + 2, 0)

/** What the numbers mean and where they end, in the order a reader asks. */
function notes({ by, clock, byBasis, guesses, unanswered }: PairingReport, stamped: boolean): string[] {
  return [
    'An unmap is recorded when its entry is cleared, before it is flushed. The answer is an invalidation of its own (strict) or a flush of the domain (deferred). "Later unmaps" were recorded before it; "cached" had a translation in the IOTLB until then; "hit" were used meanwhile. A range is what the logs leave open.',
    clock === null
      ? 'The logs share no clock. Only order bounds the windows: a fill lies between map and unmap, and page invalidations were paired with unmaps of the same block in the same order. That shows windows that must exist; a small lower bound shows nothing.'
      : `Clocks aligned by order alone to ±${Math.ceil(clock.error_us)} µs (drift ${clock.drift_range_ppm.map(Math.round).join(' to ')} ppm): ${n(clock.above)} fills and answers came after their map or unmap, ${n(clock.below)} fills before their unmap. Anything closer than that is left open.`,
    `A kernel event names a page but no device, and domains share pages. Named (${n(byBasis.named)}): the page invalidation names the domain. Only (${n(byBasis.only)}): one mapping fits. Inferred (${n(byBasis.inferred)}): the youngest of several that fit${guesses.checked === 0 ? '' : `, right in ${n(guesses.right)} of the ${n(guesses.checked)} that could be checked`}; a wrong one looks like a long window. Unknown (${n(byBasis.unknown)}): no device used the page, so nothing of it was cached; not counted.`,
    ...unanswered.count === 0 ? [] : [`${several(unanswered.count, 'unmap')} had no later invalidation in the log: at its end, or inferred wrongly.`],
    ...by === 'clock' ? [] : [stamped ? 'The log has stamps, but no offset of constant rate fits the order of its events: they were not used.'
      : 'To measure in time, record QEMU with -msg timestamp=on.'],
    'No log proves that a hit could not have happened: only that in this run it did not.',
  ]
}

function unreadLines({ unread, kernel }: ValidationReport, { color }: Look): string[] {
  return [['log', unread] as const, ...kernel === null ? [] : [['kernel log', kernel.unread] as const]].flatMap(([name, { total, kinds, first }]) =>
    total === 0 ? [] : ['', color.yellow(`${several(total, 'line')} of the ${name} not read: ${kinds.map(({ kind, places }) => `${kind} ${n(places.count)}`).join(', ')}`),
      ...first.map(({ line, kind, excerpt }) => `  line ${line}, ${kind}: ${excerpt}`)])
}
