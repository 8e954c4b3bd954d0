/** The mark of each verdict, and what it says. */
import type { Overall, Standing } from './check.ts'

export type Marked = Standing | 'passed'
export const marks: Readonly<Record<Marked, { readonly text: string; readonly says: string }>> = {
  fine: { text: '✓', says: 'holds' },
  passed: { text: '✓?', says: 'not refuted, no proof' },
  known: { text: '✗', says: 'known violation' },
  unexpected: { text: '✗!', says: 'unexpected violation' },
  lost: { text: '✓!', says: 'holds, a known violation is gone' },
  vacuous: { text: '?!', says: 'never reached' },
  open: { text: '…', says: 'not decided' },
  unchecked: { text: '–', says: 'not checked' },
}
export const markOf = ({ standing, proved }: Overall): Marked => standing === 'fine' && !proved ? 'passed' : standing
