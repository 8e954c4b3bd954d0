/** The further forms of `cost` as pages: --timed, --explain, --worst, and compose with --validate. */
import type { Body } from '../../page/data.ts'
import type { ComposeData, DerivationData, ExtremeData, Parameter, TimedData, WaitData,
  WorstData } from '../../page/figures.ts'
import { counted, thousands } from '../../text/count.ts'
import { paths, units } from '../../../spec/costs/units.ts'
import type { CostPath } from '../../explore/extremes.ts'
import type { ReportOf } from '../report.ts'
import { fitLines } from '../text/compose.ts'
import type { Distribution, Workload } from '../timed.ts'
import { alikeWaits, endlessText, pricedSteps, unboundedText, undecided } from '../worst.ts'

const saysOf = (of: Readonly<Record<string, string>>, name: string): string => Object.hasOwn(of, name) ? of[name]! : ''

const workloadWords: Readonly<Record<keyof Workload, string>> = {
  seed: 'of the random choices: the same seed makes the same run',
  steps: 'of all agents together', cpus: 'CPUs that make calls and take interrupts',
  queue: 'descriptors that the invalidation queue holds',
  gap: 'cycles from the end of what an agent did to its next choice, on average',
  iotlb_entries: 'entries of the IOTLB, for dma', pages: 'pages that the device reads at random, for dma',
  depth: 'requests that the device has under way at once, for dma', page_bytes: 'bytes of a page, for dma',
}
const spanWords: Readonly<Record<string, string>> = {
  interrupt: 'from the edge that the device raises to the entry of its handler',
  dma: 'translations of a device that reads at random from memory that stays mapped',
}

export function timedBody({ timed: { profile, clock_ghz, workload, designs } }: ReportOf<'timed'>): Body {
  const rows = designs.flatMap(({ design, spans, dma }) => [
    ...spans.map(({ span, unfinished, ...of }) =>
      [span, times(design, of, unfinished === 0 ? '' : `, ${unfinished} not ended`)] as const),
    ...dma === null ? [] : [['dma', times(design, dma, `, ${dma.miss_percent} % miss the IOTLB`)] as const],
  ])
  const spans = [...new Set(rows.map(([span]) => span))].toSorted((a, b) => Number(a === 'dma') - Number(b === 'dma'))
  return { kind: 'timed', timed: {
    profile, clock_ghz,
    workload: Object.entries(workload).map(([name, value]): Parameter =>
      ({ name: name.replaceAll('_', ' '), value: thousands(value), says: workloadWords[name as keyof Workload] })),
    spans: spans.map(span => ({ span, says: saysOf(spanWords, span) || 'the call, from its start to its return',
      rows: rows.flatMap(([of, row]) => of === span ? [row] : []) })),
    designs: designs.map(({ design, steps, elapsed_cycles, agents }) => ({ design, agents,
      says: `${counted(steps, 'step')} in ${thousands(elapsed_cycles)} cycles` })),
  } satisfies TimedData }
}
const times = (design: string, { count, median, p99, max }: Distribution, more: string):
TimedData['spans'][number]['rows'][number] => ({ design, median: Math.round(median), p99: Math.round(p99),
  max: Math.round(max), says: `${counted(count, 'time')}${more}` })

export const derivationBody = ({ profile, clock_ghz, path, designs }: ReportOf<'derivation'>): Body =>
  ({ kind: 'derivation', derivation: { profile, clock_ghz, path, says: saysOf(paths, path),
    designs: designs.map(({ design, cycles, rows }) => ({ design, cycles,
      rows: rows.map(({ sensitivity, ...row }) => ({ ...row, weighs: sensitivity, says: saysOf(units, row.unit) })),
    })) } satisfies DerivationData })

export const worstBody = ({ profile, waits }: ReportOf<'worst'>): Body =>
  ({ kind: 'worst', worst: { profile, waits: waits.map(({ name, says, bounds, designs }) => ({
    name: name.replaceAll('->', '→'), says, bounds: bounds.replaceAll(',', ', '),
    rows: alikeWaits(designs).map(waitData) })) } satisfies WorstData })
function waitData({ designs, found, stopped }: ReturnType<typeof alikeWaits>[number]): WaitData {
  const none = { designs, greatest: null, least: null }
  if (found === null) return { ...none, notes: [undecided(stopped)] }
  const { begins, greatest, least, unbounded, endless } = found
  if (!begins) return { ...none, notes: ['never begins'] }
  return { designs, least: extreme(least),
    greatest: unbounded === null ? extreme(greatest) : { cost: null, says: unboundedText(unbounded) },
    notes: endless === null ? [] : [`may never end, ${endlessText(endless)}`] }
}
const extreme = (way: CostPath | null): ExtremeData => way === null ? { cost: null, says: 'it never ends' }
  : { cost: way.cost, steps: pricedSteps(way) }

export const composeBody = ({ profile, tables, fit, reasons, missing }: ReportOf<'compose'>): Body =>
  ({ kind: 'compose', compose: {
    profile, fit: fitLines(fit, tables.length, false), limit_percent: fit.limit_percent,
    tables: tables.map(({ rows, ...table }) => ({ ...table,
      rows: rows.map(({ name, how, unit, predicted, measured, off_percent, fitted }) =>
        ({ name, how, unit, ...predicted, measured, off_percent, fitted })) })),
    reasons: reasons.flatMap(({ table, of }) =>
      of.map(({ says, because }) => ({ name: table, says: `${says}: ${because ?? 'no reason known'}` }))),
    missing: missing.map(({ id, lacks, isPart }) => ({ name: id, says: `${isPart ? 'in part; ' : ''}${lacks}` })),
  } satisfies ComposeData })
