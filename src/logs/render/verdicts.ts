/** Verdicts and unread lines for people, of a log of a unit and of a kernel's trace alike. */
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import type { DamageReport } from '../damage.ts'
import { thousands as n } from '../numbers.ts'
import { binds, several } from '../verdicts/judging.ts'
import type { Verdict } from '../verdicts/judging.ts'

const marks = { true: '✓', false: '✗', 'not-shown': '–' } as const
const claimWidth = 28

/** The claim in words only where it is not true: the rest explains itself. */
export function verdictLines({ claim, says, kind, verdict, because, lines, of }: Verdict, theme: Theme): string[] {
  const doubt = verdict === 'false' && binds({ kind }) ? theme.bad : theme.warn
  const paint = verdict === 'true' ? theme.good : doubt
  const isFact = verdict === 'false' && kind === 'observation'
  const head = `${isFact ? '·' : marks[verdict]} ${verdict.padEnd(9)}  ${claim.padEnd(claimWidth)} `
  const where = `${of === 'kernel' ? 'kernel ' : ''}${lines.length === 1 ? 'line' : 'lines'} `
    + `${lines.slice(0, 4).join(', ')}`
  const shown = verdict === 'true' || lines.length === 0 ? because
    : `${because} (${where}${lines.length > 4 ? ', …' : ''})`
  const reason = hang(paint(head), head.length, wrapWords(shown, theme.width - head.length))
  if (verdict === 'true') return reason
  const meaning = isFact ? `${says} A fact of this boot, no breach of the manual.` : says
  return [...reason, ...wrapWords(meaning, theme.width - head.length)
    .map(line => ' '.repeat(head.length) + theme.dim(line))]
}

export function unreadLines(name: string, { total, kinds, first }: DamageReport, theme: Theme): string[] {
  if (total === 0) return []
  const sorts = kinds.map(({ kind, places }) => `${kind} ${n(places.count)}`).join(', ')
  return ['', theme.warn(`${several(total, 'line')} of the ${name} not read: ${sorts}`),
    ...first.map(({ line, kind, excerpt }) => `  line ${line}, ${kind}: ${excerpt}`.slice(0, theme.width))]
}
