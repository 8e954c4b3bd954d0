/** One saved case of the oracle again, each request with the model beside QEMU. */
import type { Verdict } from '../../qemu/oracle/judged.ts'
import { renderComparison } from '../../qemu/oracle/render.ts'
import type { Theme } from '../../text/theme.ts'
import type { ReportOf } from '../report.ts'

export function oracleReplayText({ suite, setup, requests }: ReportOf<'oracle-replay'>, theme: Theme): string {
  return [
    `${theme.strong('oracle')}   ${suite}, ${setup}`,
    ...requests.flatMap(request => [...renderComparison(request, theme), `    ${verdictText(request.verdict, theme)}`]),
    '', `${requests.filter(({ verdict }) => verdict === 'different').length} unexplained differences`,
  ].join('\n') + '\n'
}

function verdictText(verdict: Verdict, theme: Theme): string {
  if (verdict === 'different') return theme.bad('✗ unexplained')
  return verdict === 'same' ? theme.good('✓ agrees') : theme.warn(`as known: ${verdict.join(', ')}`)
}
