/** Every kind of report as JUnit XML: a suite for each thing that was judged, a test for each rule. */
import { stripVTControlCharacters } from 'node:util'
import type { Finding } from './findings/finding.ts'
import { findingsOf } from './findings/index.ts'
import type { Report } from './report.ts'
import type { View } from './view.ts'
import { xml } from './xml.ts'
import type { Element } from './xml.ts'

export function* junit(report: Report, view: View): Generator<string> {
  const findings = findingsOf(report, view)
  const bad = report.kind === 'error' ? 'error' : 'failure'
  const suites = [...new Set(findings.map(({ about }) => about))].map(name => {
    const of = findings.filter(({ about }) => about === name)
    return { name: 'testsuite', attributes: { name, ...countsOf(of, bad) }, content: of.map(one => testOf(one, bad)) }
  })
  yield xml({ name: 'testsuites', content: suites,
    attributes: { name: `${view.program.tool} ${report.kind}`, ...countsOf(findings, bad) } })
}

const isOpen = ({ standing }: Finding): boolean => standing === 'open' || standing === 'unasked'
function countsOf(findings: readonly Finding[], bad: 'error' | 'failure'): Element['attributes'] {
  const failed = findings.filter(({ standing }) => standing === 'bad').length
  return { tests: findings.length, failures: bad === 'failure' ? failed : 0, errors: bad === 'error' ? failed : 0,
    skipped: findings.filter(isOpen).length }
}

function testOf(finding: Finding, bad: 'error' | 'failure'): Element {
  const { about, rule, file, line } = finding
  return { name: 'testcase', attributes: { classname: about, name: rule, file, line },
    content: outcomeOf(finding, bad) }
}
function outcomeOf(finding: Finding, bad: 'error' | 'failure'): readonly Element[] {
  const { rule, standing, because, detail } = finding
  const text = [because, ...detail === undefined ? [] : [stripVTControlCharacters(detail)]].join('\n\n')
  if (standing === 'bad') return [{ name: bad, attributes: { message: because, type: rule }, content: text }]
  if (isOpen(finding)) return [{ name: 'skipped', attributes: { message: because } }]
  return because === '' ? [] : [{ name: 'system-out', attributes: {}, content: text }]
}
