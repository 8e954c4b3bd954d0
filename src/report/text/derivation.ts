/** The price of a path down to the figures, for people. */
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { DerivationStep, DerivedRow } from '../derivation.ts'
import type { ReportOf } from '../report.ts'

export function derivationText({ profile, clock_ghz, path, designs }: ReportOf<'derivation'>, theme: Theme): string {
  const lines = [`what ${path} costs, in cycles at ${clock_ghz} GHz, profile ${profile}`,
    ...hang('', 0, wrapWords('weighs: what the whole path would cost with the price of this unit at its least and at '
      + 'its greatest', theme.width))]
  const shown = new Set<string>()
  for (const { design, cycles: { min, typ, max }, rows } of designs) {
    lines.push('', theme.strong(`${design}  ${typ} (${min}..${max})`))
    for (const row of rows) {
      lines.push(...rowLines(row, theme, shown.has(row.unit)))
      shown.add(row.unit)
    }
  }
  return `${lines.join('\n')}\n`
}

function rowLines({ unit, count, cycles, status, note, sensitivity, steps }: DerivedRow, theme: Theme,
  isKnown: boolean): string[] {
  const { min, typ, max } = cycles
  const head = `  ${count} ${unit} = ${typ} (${min}..${max})${status === null ? '' : `, ${status}`}`
  const weighs = min === max ? '' : `, weighs ${sensitivity.min}..${sensitivity.max}`
  const body = (says: string): string[] => hang('    ', 6, wrapWords(says, theme.width - 6))
  return [
    ...hang('', 4, wrapWords(head.trimStart() + weighs, theme.width - 4))
      .map((line, i) => i === 0 ? `  ${line}` : line),
    ...isKnown ? body('as above') : steps.flatMap(step => stepLines(step, theme)),
    ...note === null || isKnown ? [] : body(`note: ${note}`),
  ]
}
function stepLines({ depth, name, value, measure, says, status, source }: DerivationStep, theme: Theme): string[] {
  const indent = 4 + 2 * depth
  const text = `${name} = ${value} ${measure}: ${says}${source === null ? '' : `; ${source} (${status})`}`
  return hang(' '.repeat(indent), indent + 2, wrapWords(text, theme.width - indent - 2))
}
