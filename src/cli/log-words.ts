/** What `explain` says of words as they stand in a log: a whole line is diagnosed; else events, flags, reasons, and
 *  fields of registers by their names. */
import { diagnoseWords } from '../diagnose/diagnose.ts'
import { renderFaults } from '../diagnose/render.ts'
import { reasonInWords, wordsOf } from '../diagnose/words.ts'
import type { Theme } from '../text/theme.ts'
import { row, titled } from './explain-words.ts'
import { placesOfField } from './layouts.ts'
import { rows } from '../text/rows.ts'

/** Text with blanks or brackets is no name of ours. */
export const isWords = (text: string): boolean => /[\s[\]]|flags=/.test(text)

/** `reason`: how a fault reason is explained, by its code. */
export function logLines(text: string, theme: Theme, reason: (code: number, how: string) => string[][]): string[][] {
  const found = diagnoseWords(text)
  if (found !== null && isWords(text) && found.faults.some(({ device, addresses }) => device !== null
    || addresses.length > 0)) return [[...renderFaults(found.faults, theme)]]
  const words = wordsOf(text).map(({ title, kind, says, from }) =>
    [titled(title, kind, theme), ...row('means', says, theme), ...row('from', from, theme)])
  if (words.length > 0) return words
  const code = reasonInWords(text)
  if (code !== null)
    return reason(code.code, code.isDecimal ? ', decimal in the log: Linux before 5.14' : '')
  return found === null ? fieldLines(text, theme) : [[...renderFaults(found.faults, theme)]]
}

/** Registers and structures that have a field of this name, or the name in brackets. */
export function fieldLines(text: string, theme: Theme): string[][] {
  const name = /\(([A-Z]{2,8})\)/.exec(text)?.[1] ?? text.trim()
  return placesOfField(name).map(of =>
    [titled(name, `field of ${of.title}`, theme), ...rows(of.rows, theme.width, 4)])
}
