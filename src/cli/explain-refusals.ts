/** What `explain` says of refusals that a manual gives no number, and of how well rules are known. */
import type { Theme } from '../text/theme.ts'
import { faultReason as causeOf, faultReasons as causes } from '../../spec/amdvi/index.ts'
import { row, titled } from './explain-words.ts'

/** How well a rule is known of whose manual only those tell who implement it. */
export const strengths = {
  specification: 'the manual, as implementations cite it', implementations: 'implementations, which agree',
  'one source': 'one source: take it as a doubt',
} as const

/** Of AMD-Vi, which numbers its events only: what the model calls `204h` is their cause. */
export function refusalLines(id: string, theme: Theme): string[][] {
  const digits = /^0x([0-9a-f]+)$/i.exec(id)?.[1] ?? /^([0-9a-f]+)h$/i.exec(id)?.[1]
  const reason = digits === undefined ? causes.find(({ cause }) => cause === id) : causeOf(parseInt(digits, 16))
  if (reason === undefined) return []
  const { code, cause, event, flags, says, clause, strength } = reason
  return [[
    titled(`${code.toString(16)}h  ${cause}`, 'AMD-Vi refusal', theme), ...row('means', says, theme),
    ...row('event', event === null ? 'none' : `${event}${flags === '' ? '' : `, ${flags}`}`, theme),
    ...row('clause', clause, theme), ...row('known by', strengths[strength], theme),
  ]]
}
