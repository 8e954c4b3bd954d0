/** Every kind of report as SARIF 2.1.0, for code scanning: a result for all that is wrong, known or open. */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Location, Log, ReportingDescriptor, Result, Run } from 'sarif'
import { exitClasses } from '../exit.ts'
import type { Finding } from './findings/finding.ts'
import { findingsOf } from './findings/index.ts'
import type { Report } from './report.ts'
import type { View } from './view.ts'

export function* sarif(report: Report, view: View): Generator<string> {
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [runOf(report, view)],
  }
  yield JSON.stringify(log, null, 2) + '\n'
}

function runOf(report: Report, view: View): Run {
  const { tool: name, version } = view.program
  const isError = report.kind === 'error'
  const findings = findingsOf(report, view)
  const told = isError ? [] : findings.filter(({ standing }) => standing !== 'good' && standing !== 'unasked')
  const rules = rulesOf(told)
  const { code, meaning } = exitClasses.find(one => one.name === report.exit)!
  return {
    tool: { driver: { name, version, rules } }, automationDetails: { id: `${name}/${report.kind}/` },
    invocations: [{
      executionSuccessful: !isError, exitCode: code, exitCodeDescription: `${report.exit}: ${meaning}`,
      ...isError ? { toolExecutionNotifications: findings.map(({ rule, because }) =>
        ({ level: 'error' as const, descriptor: { id: rule }, message: { text: because } })) } : {},
    }],
    results: told.map(finding => resultOf(finding, rules)),
  }
}

/** In the order of their first findings. */
function rulesOf(findings: readonly Finding[]): ReportingDescriptor[] {
  const says = new Map<string, string | undefined>()
  for (const { rule, says: text } of findings) says.set(rule, says.get(rule) ?? text)
  return [...says].map(([id, text]) => ({ id, ...text === undefined ? {} : { shortDescription: { text } } }))
}

/** Only what fails has a level (§3.27.10). */
const grades = {
  bad: { kind: 'fail', level: 'error' }, known: { kind: 'fail', level: 'note' }, open: { kind: 'open', level: 'none' },
} as const
function resultOf({ about, rule, standing, because, detail, file, line }: Finding,
  rules: readonly ReportingDescriptor[]): Result {
  return {
    ruleId: rule, ruleIndex: rules.findIndex(({ id }) => id === rule), ...grades[standing as keyof typeof grades],
    message: { text: [`${about}: ${because}`, ...detail === undefined ? [] : [detail]].join('\n\n') },
    ...file === undefined || file === '' ? {} : { locations: [locationOf(file, line)] },
    partialFingerprints: { aboutAndRule: `${about}/${rule}` },
  }
}
const locationOf = (file: string, line: number | undefined): Location => ({
  physicalLocation: {
    artifactLocation: { uri: isAbsolute(file) ? pathToFileURL(file).href
      : encodeURI(file.replaceAll('\\', '/').replace(/^\.\//, '')).replace(/[?#]/g, encodeURIComponent) },
    ...line === undefined ? {} : { region: { startLine: line } },
  },
})
