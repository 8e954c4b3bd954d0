/** What `explain` says of fault reasons and refusals, by number or by name, on each vendor's unit. */
import { faultReason as causeOf, faultReasons as causes } from '../../spec/amdvi/index.ts'
import { faultReason, faultReasons } from '../../spec/vtd/index.ts'
import type { Theme } from '../text/theme.ts'
import { row, titled } from './explain-words.ts'
import { faultCode } from './registries.ts'

export const strengths = {
  specification: 'the manual, as implementations cite it', implementations: 'implementations, which agree',
  'one source': 'one source: take it as a doubt',
} as const

/** A fault reason by its code; `how` the text had it. */
export const reasonLines = (theme: Theme) => (code: number, how: string): string[][] => {
  const reason = faultReason(code)
  return reason === undefined ? [] : [[
    titled(`${faultCode(reason.code)}  ${reason.condition}`, `VT-d fault reason${how}`, theme),
    ...row('means', reason.says, theme), ...row('clause', reason.clause, theme),
    ...row('recorded', reason.qualified ? 'unless FPD=1' : 'always, whatever FPD says', theme),
  ]]
}

/** `0x22` and `22h` are hexadecimal. A bare number may be that too, or decimal: Linux printed reasons so until 5.13. */
export function faultLines(id: string, theme: Theme): string[][] {
  const [, ...written] = /^(?:0x([0-9a-f]+)|([0-9a-f]+)h|([0-9a-f]{1,2}))$/i.exec(id) ?? []
  const hexadecimal = written.find(text => text !== undefined)
  const byName = faultReasons.find(({ condition }) => condition === id)
  const asHex = hexadecimal === undefined ? undefined : faultReason(parseInt(hexadecimal, 16))
  const asDecimal = /^\d+$/.test(id) && Number(id) !== asHex?.code ? faultReason(Number(id)) : undefined
  const about = (reason: typeof byName, how = ''): string[][] =>
    reason === undefined ? [] : reasonLines(theme)(reason.code, how)
  return [...refusalLines(id, hexadecimal, theme), ...about(byName),
    ...about(asHex, asDecimal === undefined ? '' : `, ${id} in hexadecimal`),
    ...about(asDecimal, `, ${id} in decimal: older kernels of Linux`)]
}

/** Of AMD-Vi, which numbers its events only: what the model calls `204h` is their cause. */
function refusalLines(id: string, digits: string | undefined, theme: Theme): string[][] {
  const reason = digits === undefined ? causes.find(({ cause }) => cause === id) : causeOf(parseInt(digits, 16))
  if (reason === undefined) return []
  const { code, cause, event, flags, says, clause, strength } = reason
  return [[
    titled(`${code.toString(16)}h  ${cause}`, 'AMD-Vi refusal', theme), ...row('means', says, theme),
    ...row('event', event === null ? 'none' : `${event}${flags === '' ? '' : `, ${flags}`}`, theme),
    ...row('clause', clause, theme), ...row('known by', strengths[strength], theme),
  ]]
}
