/** What `explain` says of names that need no look into a design: exports, error codes, words of a report. */
import { hang, wrapWords } from '../text/layout.ts'
import { rows } from '../text/rows.ts'
import type { Theme } from '../text/theme.ts'
import { designNamed } from '../../spec/designs.ts'
import { systemsNamed } from '../../spec/systems.ts'
import { errorCodes } from './error-codes.ts'
import { allExports, stepLists } from './exports.ts'
import { terms } from './glossary.ts'

export const titled = (name: string, kind: string, theme: Theme): string => `${theme.strong(name)}  ${theme.dim(kind)}`
export const row = (title: string, text: string, theme: Theme): string[] =>
  hang(`  ${title.padEnd(10)}`, 12, wrapWords(text, theme.width - 12))

/** What a module of the user imports. Steps are explained as steps. */
export function exportLines(id: string, theme: Theme): string[][] {
  return allExports.filter(({ name, kind }) => name === id && kind !== 'step').map(({ kind, from, says }) => [
    titled(id, kind, theme), ...row('is', says, theme), ...row('import', `import { ${id} } from '${from}'`, theme),
    ...rows((stepLists.get(id) ?? []).map((step, i) => [`${i + 1}`, step.name, step.says]), theme.width, 4),
  ])
}

export const errorLines = (id: string, theme: Theme): string[][] => Object.hasOwn(errorCodes, id)
  ? [[titled(id, 'code of a message', theme), ...row('means', errorCodes[id]!, theme)]] : []

/** A system of the forum thread: `sigma0`, `IOKit`. */
export const systemLines = (id: string, theme: Theme): string[][] =>
  systemsNamed(id).map(({ names, quote, designs }) => [
    titled(names[0]!, 'system of the forum thread', theme),
    ...names.length === 1 ? [] : row('also', names.slice(1).join(', '), theme),
    ...row('thread', `"${quote}"`, theme),
    ...designs.flatMap((name, i) => row(i === 0 ? 'design' : '', `${name}: ${designNamed(name)!.says}`, theme)),
    ...row('check it', `npx remapcheck check ${designs[0]!}`, theme)])

/** `witness` finds `witness of a claim` too. */
export const termLines = (id: string, theme: Theme): string[][] => terms()
  .filter(({ term, marks }) => term === id || term.startsWith(`${id} of `) || marks.includes(id))
  .map(({ term, meaning }) => [titled(term, 'word of the glossary', theme), ...row('means', meaning, theme)])
