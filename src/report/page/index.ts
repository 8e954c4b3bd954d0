/** Every kind of report as pages: HTML files that hold all they need and ask for nothing from the network. */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { exitClasses } from '../../exit.ts'
import type { Body, FindingData, Link, PageDoc, Terms, TraceData } from '../../page/data.ts'
import { clauses } from '../../../spec/clauses.ts'
import { findingsOf } from '../findings/index.ts'
import type { Report } from '../report.ts'
import type { View } from '../view.ts'
import { designCount } from '../with-iommus.ts'
import { bodyOf } from './body.ts'
import { most_chars } from './room.ts'

/** What a page is made of besides its data: the script and the style of src/page, and the glossary. */
export interface PageParts { readonly script: string; readonly style: string; readonly terms: Terms }
/** Of the command that makes the page. */
export interface Made {
  /** Its line. */
  readonly repeat: string
  /** A text as it may leave this machine: without the folders of whoever made it. */
  readonly handedOn: (text: string) => string
}
export interface PageFile { readonly name: string; readonly text: string }

/** The first is `index.html`; the others are linked from it. */
export function pagesOf(report: Report, view: View, parts: PageParts, { repeat, handedOn }: Made):
readonly PageFile[] {
  const body = bodyOf(report, view), findings = findingsOf(report, view)
  const head = { ...headOf(report, view, parts.terms), repeat: lineOf(report, repeat) }
  return splitOf(body).map(({ name, title, body: one, links }) => {
    const page = { doc: { ...docOf(head, one, links), title: title ?? titleOf(report) }, findings }
    const { doc, findings: listed } = JSON.parse(JSON.stringify(page), (_, value: unknown) =>
      typeof value === 'string' ? handedOn(value) : value) as typeof page
    return { name, text: pageText(doc, parts, listed) }
  })
}
/** With the seed, where chance chose it. */
function lineOf(report: Report, repeat: string): string {
  if (report.kind === 'check') return report.check.repeat
  return report.kind === 'oracle' && !repeat.includes('--seed') ? `${repeat} --seed ${report.oracle.seed}` : repeat
}

/** Where a verb has several kinds of reports. */
const verbs: Readonly<Partial<Record<Report['kind'], string>>> = { worst: 'cost', throughput: 'cost', timed: 'cost',
  derivation: 'cost', compose: 'cost', 'audit-diff': 'audit', 'oracle-replay': 'oracle', 'validate-trace': 'validate' }
/** These measure and judge nothing. */
const figures: ReadonlySet<Report['kind']> = new Set(['worst', 'throughput', 'timed', 'derivation', 'compose', 'list'])
type Head = Omit<PageDoc, 'title' | 'body' | 'links' | 'clauses' | 'repeat'>
function headOf({ kind, exit }: Report, { program: { tool, version } }: View, terms: Terms): Head {
  const { code, meaning } = exitClasses.find(({ name }) => name === exit)!
  return { tool, version, verb: verbs[kind] ?? kind, terms,
    exit: code === 0 && figures.has(kind) ? null : { code, name: exit, meaning } }
}
const docOf = (head: Head & Pick<PageDoc, 'repeat'>, body: Body, links: readonly Link[]): Omit<PageDoc, 'title'> =>
  ({ ...head, links, clauses: clausesIn(body), body })

const titles = {
  compare: 'designs side by side', timed: 'how long calls and interrupts take',
  worst: 'the longest and the shortest waits', compose: 'the model beside measured numbers',
  oracle: 'the model beside QEMU', throughput: 'throughput', list: 'list',
} as const
function titleOf(report: Report): string {
  switch (report.kind) {
    case 'check': {
      const names = report.check.designs.map(({ design }) => design)
      return designCount(names) === 1 ? names[0]! : `${designCount(names)} designs`
    }
    case 'replay': return report.traces.length === 1 ? report.traces[0]!.trace.design : `${report.traces.length} traces`
    case 'ablate': return report.ablation.design
    case 'cost': return report.measured.length === 1 ? report.measured[0]!.design : 'what each path costs'
    case 'validate': return basename(report.validation.log.path)
    case 'audit': return basename(report.audit.dump.path)
    case 'audit-diff': return `${basename(report.diff.before)} → ${basename(report.diff.after)}`
    case 'diagnose': return report.diagnosis.files.map(({ path }) => basename(path)).join(', ')
    case 'validate-trace': return basename(report.traced.trace.path)
    case 'derivation': return `what ${report.path} costs`
    case 'oracle-replay': return `a case of ${report.suite} beside QEMU`
    case 'error': return report.error.code
    default: return titles[report.kind]
  }
}

/** The clauses that a page names, and no others. */
function clausesIn(body: Body): PageDoc['clauses'] {
  const ids = new Set([...JSON.stringify(body).matchAll(/"([A-Z]{2,4}:[^"\s]+)"/g)].map(found => found[1]!))
  return Object.fromEntries([...ids].flatMap(id => {
    const found = clauses[id]
    return found === undefined ? [] : [[id, { section: `${found.manual} ${found.section}`, says: found.says,
      ...found.strength === undefined ? {} : { strength: found.strength } }]]
  }))
}

interface Split { readonly name: string; readonly title: string | null; readonly body: Body
  readonly links: readonly Link[] }
const index = 'index.html'
const back: Link = { file: index, title: 'overview', says: 'all of the report' }

/** Several designs have a page each; so have traces that one page has no room for. */
function splitOf(body: Body): readonly Split[] {
  if (body.kind === 'check' && body.check.designs.length > 1) {
    const designs = body.check.designs.map(one => ({ ...one, file: fileOf(one.design) }))
    const short = { ...body, check: { ...body.check, designs: designs.map(one => ({ ...one, traces: [] })) } }
    return [{ name: index, title: null, body: short, links: [] },
      ...body.check.designs.map((design, i): Split => ({ name: designs[i]!.file, title: design.design, links: [back],
        body: { kind: 'check', check: { ...body.check, designs: [design] } } }))]
  }
  if (body.kind !== 'replay') return [{ name: index, title: null, body, links: [] }]
  const [first = [], ...rest] = inPages(body.traces)
  const links = rest.map((traces, i): Link => ({ file: `traces-${i + 2}.html`, title: `more traces (${i + 2})`,
    says: traces.map(({ property, design }) => `${property} of ${design}`).join(', ') }))
  return [{ name: index, title: null, body: { kind: 'replay', traces: first }, links },
    ...rest.map((traces, i): Split => ({ name: links[i]!.file, title: links[i]!.title, links: [back],
      body: { kind: 'replay', traces } }))]
}
const fileOf = (design: string): string => `${design.replace(/[^\w@+-]+/g, '-')}.html`

function inPages(traces: readonly TraceData[]): readonly TraceData[][] {
  const pages: TraceData[][] = []
  let room = 0
  for (const trace of traces) {
    const length = JSON.stringify(trace).length
    if (room < length) { pages.push([]); room = most_chars }
    pages.at(-1)!.push(trace)
    room -= length
  }
  return pages
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, char => entities[char as keyof typeof entities])
/** Data within a script element: nothing in it may end the element. */
const embedded = (doc: unknown): string =>
  JSON.stringify(doc).replace(/[<\u2028\u2029]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** `connect`: where its script may ask for more; nowhere else. */
export function pageText(doc: PageDoc, { script, style }: PageParts, findings: readonly FindingData[],
  connect = "'none'"): string {
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data:; `
    + `connect-src ${connect}; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(`${doc.title} · ${doc.tool} ${doc.verb}`)}</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<noscript><main><h1>${escaped(`${doc.tool} ${doc.verb}: ${doc.title}`)}</h1>
<p>${escaped(doc.exit === null ? '' : `${doc.exit.meaning}. `)}Diagrams and states need JavaScript.</p>
<ul>${findings.map(({ about, rule, standing, because }) =>
  `<li>${escaped(`${standing}: ${about}, ${rule}${because === '' ? '' : `: ${because}`}`)}</li>`).join('\n')}</ul>
</main></noscript>
<script type="application/json" id="data">${embedded(doc)}</script>
<script>${script}</script>
</body>
</html>
`
}
