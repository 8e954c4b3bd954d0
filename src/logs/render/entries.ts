/** What `validate` says bit by bit: structures, bits that must be 0, and what differs between log and dump. */
import { registers } from '../../../spec/vtd/index.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import type { Theme } from '../../text/theme.ts'
import { thousands as n } from '../numbers.ts'
import type { EntryReport } from '../replay/entries.ts'
import { agreements } from '../tables/agreement.ts'
import type { Agreement, TablesReport } from '../tables/agreement.ts'

/** Registers are told by their fields already. */
const registerNames: ReadonlySet<string> = new Set(Object.values(registers).map(({ layout }) => layout.name))

export const entryText = ({ rows }: EntryReport): string =>
  rows.filter(({ structure }) => !registerNames.has(structure))
    .map(({ structure, decoded }) => `${structure} ${n(decoded)}`).join('; ')

/** The first with a bit set that must be 0: all fields, and the wrong ones. */
export function entryLines({ first }: EntryReport, theme: Theme): string[] {
  if (first.length === 0) return []
  return ['', theme.warn('Bits that must be 0'), ...first.flatMap(({ line, structure, fields, wrong }) =>
    hang('  ', 4, wrapWords(`line ${line}, ${structure}: ${wrong}; all of it: ${fields}`, theme.width - 4)))]
}

const names = { translations: 'translations', contexts: 'contexts', irtes: 'interrupts' } as const

export function tableLines(tables: TablesReport, theme: Theme): string[] {
  const { between, refused } = tables
  if (refused !== null || between === null) return wrapWords(`Tables not compared: ${refused}.`, theme.width)
  return [
    theme.strong('The dump'),
    ...hang('  ', 2,
      wrapWords(`was made after line ${n(between.after)} and before line ${n(between.before)} of the log, by what the `
        + 'queue held', theme.width - 2)),
    ...agreements.flatMap(part => {
      const head = `  ${names[part].padEnd(13)}`
      return [...hang(theme.dim(head), head.length, wrapWords(countsOf(tables[part]), theme.width - head.length)),
        ...differencesOf(tables[part], theme.width)]
    }),
  ]
}

function countsOf({ agreeing, differing, open }: Agreement): string {
  return [`${n(agreeing)} agree, ${n(differing.count)} differ`,
    ...open.map(({ means, places }) => `${n(places.count)} ${means}`)].join('; ')
}
function differencesOf({ differences }: Agreement, width: number): string[] {
  return differences.flatMap(({ line, what, log, dump }) => [
    ...hang('    ', 6, wrapWords(`line ${line}, ${what}`, width - 6)),
    ...hang('      log   ', 12, wrapWords(log, width - 12)), ...hang('      dump  ', 12, wrapWords(dump, width - 12)),
  ])
}
