/** Every kind of report as workflow commands of GitHub Actions: what is wrong becomes an annotation of the run, at its
 *  file where it has one. */
import { exitClasses } from '../exit.ts'
import type { Finding, Standing } from './findings/finding.ts'
import { findingsOf } from './findings/index.ts'
import type { Report } from './report.ts'
import type { View } from './view.ts'

const commands: Readonly<Partial<Record<Standing, string>>> = { bad: 'error', open: 'warning', known: 'notice' }

export function* github(report: Report, view: View): Generator<string> {
  for (const finding of findingsOf(report, view)) yield commandOf(finding)
  const { code, meaning } = exitClasses.find(({ name }) => name === report.exit)!
  yield `${report.exit}: ${meaning} (exit ${code})\n`
}

function commandOf({ about, rule, standing, because, detail, file, line }: Finding): string {
  const command = commands[standing]
  if (command === undefined) return ''
  const properties = Object.entries({ file: file?.replaceAll('\\', '/'), line, title: `${about}: ${rule}` })
    .flatMap(([name, value]) => value === undefined || value === '' ? [] : [`${name}=${inProperty(String(value))}`])
  return `::${command} ${properties.join(',')}::${inMessage([because, detail ?? ''].join('\n\n').trim())}\n`
}
/** As `@actions/core` escapes them. */
const inMessage = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const inProperty = (text: string): string => inMessage(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
