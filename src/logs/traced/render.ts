/** The report on a kernel's trace for people: verdicts, windows, the lives of interrupts, and what a trace cannot
 *  show. */
import { printable } from '../../errors.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { thousands as n } from '../numbers.ts'
import { unreadLines, verdictLines } from '../render/verdicts.ts'
import { several } from '../verdicts/judging.ts'
import type { FlushReport, Spread } from '../vtd/flushes.ts'
import type { IrqLife, IrqReport } from './interrupts.ts'
import type { TraceReport } from './report.ts'
import { clockJumps, hasQueue } from './verdicts.ts'

const irqsShown = 12
const stepsShown = 6

/** Ready to print, with a line end. Only file names are longer than the width. */
export function renderTrace(report: TraceReport, theme: Theme): string {
  const { trace, flushes, interrupts, unread, maps } = report
  const facts = [several(trace.lines, 'line'), `${trace.span_s.toFixed(1)} s`, several(maps, 'map'),
    several(flushes.unmaps, 'unmap'), `${n(unread.total)} not read`]
  return [
    theme.strong(printable(trace.path)), `  ${facts.join(', ')}`,
    '', ...report.verdicts.flatMap(verdict => verdictLines(verdict, theme)),
    ...section('Unmaps and what answered them', flushLines(report), theme),
    ...section('Interrupts', interruptLines(interrupts, theme), theme),
    '', ...notes(report).flatMap(note => hang('  - ', 4, wrapWords(note, theme.width - 4)))
      .map(line => theme.dim(line)),
    ...unreadLines('trace', unread, theme),
  ].join('\n') + '\n'
}
const section = (title: string, lines: readonly string[], theme: Theme): string[] =>
  lines.length === 0 ? []
    : ['', theme.strong(title), ...lines.flatMap(line => hang('  ', 2, wrapWords(line, theme.width - 2)))]

const ms = (us: number): string => us < 1000 ? `${us} µs` : `${(us / 1000).toFixed(us < 10_000 ? 2 : 1)} ms`
const spread = ({ median, p90, max }: Spread): string => `median ${ms(median)}, 90 % ${ms(p90)}, max ${ms(max)}`

function flushLines(report: TraceReport): string[] {
  const { flushes } = report
  if (flushes.unmaps === 0 || !hasQueue(report)) return []
  return [
    `${several(flushes.own, 'unmap')} answered one by one, ${n(flushes.flushed)} by flushes`
      + `${flushes.perhaps.count === 0 ? '' : `, ${n(flushes.perhaps.count)} perhaps`}`,
    ...clockJumps(report) ? ['until then: the clock was set back, so that times mean nothing'] : windowLines(flushes),
    ...flushes.descriptors.length === 0 ? [] : [
      `descriptors of ${flushes.units.join(', ')}: `
        + flushes.descriptors.map(row => `${row.kind} ${n(row.count)}`).join(', '),
      'descriptors before another event of their CPU, at most so many a wait: '
        + flushes.runs.map(row => `${row.descriptors} (${several(row.runs, 'time')})`).join(', ')],
    ...flushes.domains.length === 0 ? [] : [`domains ${flushes.domains.join(', ')}`],
  ]
}
function windowLines({ least_us, most_us, longest }: FlushReport): string[] {
  if (least_us === null || most_us === null || longest === null) return []
  const same = least_us.median === most_us.median && least_us.max === most_us.max
  return [
    ...same ? [`until its invalidation was queued: ${spread(most_us)}`]
      : [`until then at least: ${spread(least_us)}`, `until then at most: ${spread(most_us)}`],
    `the longest: line ${longest.line}, ${ms(longest.wait_us)}`,
  ]
}

function interruptLines({ irqs, moves, moved, entries }: IrqReport, theme: Theme): string[] {
  if (irqs.length === 0) return []
  const inFlight = moved.filter(({ onOld, onOther }) => onOld + onOther > 0)
  const freed = moved.flatMap(({ freed_us }) => freed_us === null ? [] : [freed_us])
  const longest = freed.length === 0 ? '' : `; the old vector lived on for at most ${ms(Math.max(...freed))}`
  const busy = [...irqs].sort((a, b) => b.moves - a.moves || b.handled - a.handled || a.irq - b.irq)
  return [
    `${several(irqs.length, 'interrupt')}, ${several(moves, 'move')}, ${several(entries, 'handler')}${longest}`,
    ...inFlight.length === 0 ? [] : [`in flight during ${several(inFlight.length, 'move')}: `
      + `${n(inFlight.reduce((sum, { onOld }) => sum + onOld, 0))} handled on the old CPU`],
    ...busy.slice(0, irqsShown).flatMap(life => lifeLines(life, theme)),
    ...irqs.length > irqsShown ? [`… ${several(irqs.length - irqsShown, 'interrupt')} more: --json has them`] : [],
  ]
}
function lifeLines({ irq, name, moves, handled, unhandled, handledSince, seat, steps }: IrqLife,
  theme: Theme): string[] {
  const silent = moves > 0 && handled > 0 && handledSince === 0
    ? ', none since its last move: late or lost if its device raised one' : ''
  const where = seat === null ? '' : `, vector ${seat.vector} on CPU ${seat.cpu}`
  const head = `irq ${irq}${name === null ? '' : ` ${printable(name)}`}: ${several(moves, 'move')}, `
    + `${several(handled, 'handler')}${unhandled === 0 ? '' : `, ${n(unhandled)} unhandled`}${where}${silent}`
  const skipped = steps.length > stepsShown ? `, then ${steps.length - stepsShown} more` : ''
  const shown = steps.length <= stepsShown ? steps : [...steps.slice(0, stepsShown - 1), ...steps.slice(-1)]
  return [head, ...shown.map(({ time_us, what, line }, i) =>
    theme.dim(`  ${(time_us / 1e6).toFixed(6)} s  ${what} (line ${line})${i === stepsShown - 2 ? skipped : ''}`))]
}

const notes = ({ flushes, interrupts }: TraceReport): string[] => [
  ...flushes.unmaps === 0 ? [] : [
    'A trace shows what the kernel queued, not what the unit did: neither hits of its caches nor when a wait was done, '
      + 'which is not traced.',
    'An unmap names neither device nor domain. One that a flush answers is bounded by the first flush of any domain '
      + 'and the flush of the last.'],
  ...interrupts.irqs.length === 0 ? [] : [
    'What a device raised no trace shows: an interrupt without a handler is late or lost, or was never raised.'],
]
