/** The report of the oracle for people, and as plain data. */
import { wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { versionText } from '../find.ts'
import type { Difference, OracleReport } from './drive.ts'
import type { Comparison } from './judged.ts'
import { parts } from './suite.ts'

const n = (value: number): string => value.toLocaleString('en-US')
const code = (value: number): string => `${value.toString(16).toUpperCase()}h`

export function renderOracle(report: OracleReport, theme: Theme, saved: ReadonlyMap<Difference, string>): string {
  const { tally, differences } = report
  return [
    `${theme.strong('oracle')}   ${report.iommu} of QEMU ${versionText(report.version)}, seed ${report.seed}`,
    ...report.setups.map(({ suite, setup, cases }) =>
      `  ${suite.padEnd(12)}${setup.padEnd(22)}${n(cases).padStart(9)} cases`),
    ...report.skipped.map(({ suite, setup, from }) =>
      `  ${suite.padEnd(12)}${setup.padEnd(22)}not run: needs QEMU ${from} or later`),
    ...speed(report, theme), '',
    ...reasonLines(report, theme), '',
    theme.strong('outcomes'),
    ...[...tally.outcomes].sort(([a], [b]) => a < b ? -1 : 1).map(([name, count]) => counted(name, count)), '',
    theme.strong('caches and queue'), ...report.states.map(name => counted(name, tally.states.get(name))), '',
    theme.strong('where QEMU leaves the manual, as known'),
    ...report.exceptions.map(({ name }) => counted(name, tally.exceptions.get(name))), '',
    ...differences.flatMap(one => [...renderDifference(one, theme, saved.get(one) ?? null), '']),
    report.interrupted ? theme.warn('interrupted: what was compared until then') : null,
    (differences.length === 0 ? theme.good
      : theme.bad)(`${differences.length === 0 ? '✓' : '✗'} ${n(report.cases)} cases, ${differences.length} `
        + 'unexplained differences'),
  ].filter(line => line !== null).join('\n') + '\n'
}

function reasonLines({ reasons, tally }: OracleReport, theme: Theme): readonly string[] {
  const shown = reasons.filter(one => one.shown), hidden = reasons.filter(one => !one.shown)
  const reached = shown.filter(({ code: of }) => tally.reasons.has(of))
  const never = shown.filter(({ code: of }) => !tally.reasons.has(of))
  const list = (label: string, all: typeof reasons): readonly string[] =>
    wrapped(`  ${label}: ${all.map(({ code: of }) => code(of)).join(' ') || 'none'}`, theme)
  return [
    theme.strong('fault reasons reached'),
    ...columns(reached.map(({ code: of }) => [code(of), n(tally.reasons.get(of)!)]), theme.width),
    ...shown.length === 0 ? [] : list('never', never),
    ...hidden.length === 0 ? [] : list('QEMU does not show, so not compared', hidden),
  ]
}

const counted = (name: string, count: number | undefined): string =>
  `  ${name.padEnd(36)}${(count === undefined ? 'never' : n(count)).padStart(9)}`

function speed({ cases, elapsed, time }: OracleReport, theme: Theme): readonly string[] {
  if (elapsed === 0) return []
  const shares = parts.filter(part => time[part] > 0).map(part => `${part} ${Math.round(100 * time[part] / elapsed)}%`)
  return wrapped(`  ${(elapsed / 1000).toFixed(1)} s, ${n(Math.round(cases * 1000 / elapsed))} cases/s: `
    + `${shares.join(', ')}`, theme)
}

export function renderDifference({ suite, setup, shrinks, differences }: Difference, theme: Theme,
  file: string | null): readonly string[] {
  return [
    `${theme.bad('✗')} ${suite}, ${setup}: the least case that shows it, after ${shrinks} steps`,
    ...differences.flatMap(one => renderComparison(one, theme)),
    ...file === null ? [] : [`  again: remapcheck oracle --replay ${file}`],
  ]
}
export function renderComparison({ request, model, qemu, clause }: Comparison, theme: Theme): readonly string[] {
  const row = (name: string, text: string): readonly string[] =>
    wrapWords(text, theme.width - 12).map((line, i) => `    ${(i === 0 ? name : '').padEnd(8)}${line}`)
  return [`  ${request}`, ...row('model', model), ...row('QEMU', qemu), ...clause === null ? [] : row('clause', clause)]
}

const wrapped = (text: string, theme: Theme): readonly string[] =>
  wrapWords(text.trimStart(), theme.width - 2).map(line => `  ${line}`)
function columns(cells: readonly (readonly [string, string])[], width: number): readonly string[] {
  const each = Math.max(0, ...cells.map(([name, value]) => name.length + value.length + 1)) + 3
  const perLine = Math.max(1, Math.floor((width - 2) / each))
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, line) =>
    `  ${cells.slice(line * perLine, (line + 1) * perLine)
      .map(([name, value]) => `${name} ${value}`.padEnd(each)).join('')}`.trimEnd())
}

/** Counts by name; what was never reached is 0. */
export function oracleData(report: OracleReport) {
  const { version, reasons, states, exceptions, tally, differences, ...rest } = report
  return {
    qemu: versionText(version), ...rest,
    reasons: Object.fromEntries(reasons.filter(one => one.shown).map(({ code: of }) =>
      [of.toString(16), tally.reasons.get(of) ?? 0])),
    outcomes: Object.fromEntries([...tally.outcomes].sort(([a], [b]) => a < b ? -1 : 1)),
    states: Object.fromEntries(states.map(name => [name, tally.states.get(name) ?? 0])),
    exceptions: exceptions.map(({ name, qemu, manual, clause }) =>
      ({ name, cases: tally.exceptions.get(name) ?? 0, qemu, manual, clause })),
    differences: differences.map(({ one, ...shown }) => ({ ...shown, case: one })),
  }
}
