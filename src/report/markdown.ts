/** Every kind of report as Markdown: for an issue, a mail, or the summary of a CI job. */
import { exitClasses } from '../exit.ts'
import type { TraceData } from '../page/data.ts'
import { showChange } from '../trace/diff.ts'
import { mermaid } from './diagrams/mermaid.ts'
import type { Finding, Standing } from './findings/finding.ts'
import { findingsOf } from './findings/index.ts'
import { bodyOf } from './page/body.ts'
import type { Report } from './report.ts'
import type { View } from './view.ts'
import { isOne } from './with-iommus.ts'

const signs: Readonly<Record<Standing, string>> = {
  bad: '✗', known: '✗ known', open: '… not decided', good: '✓', unasked: '– not asked',
}
/** Traces in full: a summary of a job has room for a megabyte. */
const mostTraces = 20

export function* markdown(report: Report, view: View): Generator<string> {
  const { code, meaning } = exitClasses.find(({ name }) => name === report.exit)!
  const findings = findingsOf(report, view), traces = tracesOf(report, view)
  const telling = findings.filter(({ standing }) => standing !== 'good' && standing !== 'unasked')
  const rest = findings.filter(one => !telling.includes(one))
  yield `## ${code === 0 ? '✓' : '✗'} ${plain(view.program.tool)} ${report.kind}\n\n`
  yield `${plain(meaning)} (exit ${code})\n`
  if (telling.length > 0) yield `\n${table(telling)}`
  if (rest.length > 0) yield `\n<details><summary>${rest.length} more, as they should be or not asked</summary>\n\n${
    table(rest)}\n</details>\n`
  for (const trace of traces.slice(0, mostTraces)) yield traceText(trace)
  if (traces.length > mostTraces) yield `\n${traces.length - mostTraces} more traces are left out.\n`
}

function tracesOf(report: Report, view: View): readonly TraceData[] {
  if (report.kind !== 'check' && report.kind !== 'replay') return []
  const body = bodyOf(report, view)
  if (body.kind === 'replay') return body.traces
  if (body.kind !== 'check') return []
  const all = body.check.designs.flatMap(({ traces }) => traces)
  // What a design gives up is told where it is all that was asked.
  return report.kind === 'check' && isOne(report.check) ? all : all.filter(({ accepted }) => accepted === null)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Text that Markdown takes for nothing else, in one line. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').replace(/[&<>]/g, char => entities[char]!)
  .replace(/[\\`*_[\]|#~@]/g, '\\$&').replace(/\s+/g, ' ').trim()
/** The same as code. */
const code = (text: string): string =>
  `<code>${text.replace(/\p{Cc}+/gu, ' ').replace(/[&<>]/g, char => entities[char]!)
    .replace(/[\\`*_[\]|#~@]/g, char => `&#${char.codePointAt(0)};`).replace(/\s+/g, ' ').trim()}</code>`

const table = (findings: readonly Finding[]): string => ['| | what | by | why |', '| --- | --- | --- | --- |',
  ...findings.map(({ standing, about, rule, because }) =>
    `| ${signs[standing]} | ${plain(about)} | ${plain(rule)} | ${plain(because)} |`)].join('\n') + '\n'

function traceText(trace: TraceData): string {
  const { property, design, because, claim, steps, skipped, bounds, found } = trace
  const rows = steps.map(({ lane, action, args, seen, changes, violates }, i) => [
    String(skipped + i + 1), plain(trace.lanes[lane]?.title ?? '?'), code(`${action} ${args}`),
    [...seen.map(text => code(`» ${text}`)), ...changes.map(change => code(showChange(change))),
      ...violates.map(broken => `**violates ${plain(broken.property)}**`)].join('<br>'),
  ])
  return `\n### ${plain(property)} of ${plain(design)}\n\n**${plain(because)}**\n\nClaim: ${plain(claim)}. `
    + `${plain(found)}${bounds === '' ? '' : `, within ${plain(bounds)}`}.\n\n`
    + `| | who | step | what the judge learns, and what changes |\n| ---: | --- | --- | --- |\n`
    + `${rows.map(cells => `| ${cells.join(' | ')} |\n`).join('')}\n`
    + `<details><summary>as a diagram</summary>\n\n\`\`\`mermaid\n${mermaid(trace)}\`\`\`\n\n</details>\n`
}
