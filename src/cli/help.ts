/** Help: examples first, everything derived from the verbs and the table of exit codes. */
import { exitClasses } from '../exit.ts'
import { hang, wrapWords } from '../text/layout.ts'
import type { Theme } from '../text/theme.ts'
import type { Option, Verb } from './args.ts'
import { helpOption } from './shared-flags.ts'
import { rows } from '../text/rows.ts'

const exits = (theme: Theme): string[] =>
  rows(exitClasses.map(({ code, meaning }) => [String(code), meaning]), theme.width)

export function helpText(verbs: readonly Verb[], theme: Theme): string {
  const examples: readonly (readonly [string, string])[] = [
    ['npx remapcheck check', 'which built-in kernel designs isolate DMA and lose no interrupt'],
    ['npx remapcheck check ring0-deferred', 'one design, and the shortest way to each violation'],
    ['npx remapcheck validate LOG --ftrace FILE', 'which rules a recorded Linux boot kept'],
    ['npx remapcheck audit DUMP', 'what the tables in a dump of memory let each device do'],
    ['npx remapcheck explain no-lost-edge', 'what a name means'],
  ]
  return [
    ...wrapWords('Checks how kernels program DMA remapping and interrupt remapping.', theme.width), '',
    ...rows(examples, theme.width), '',
    theme.strong('verbs'),
    ...rows(verbs.map(({ name, says }) => [name, says.split(/[.:] /)[0]!.replace(/\.$/, '')]), theme.width),
    ...hang('  ', 2, wrapWords('remapcheck VERB --help has examples and flags; --version', theme.width - 2)), '',
    theme.strong('exit codes'), ...exits(theme),
  ].join('\n') + '\n'
}

/** What follows the name of a flag. */
function valueText({ value, optional }: Option): string {
  if (value !== undefined) return ` ${value}`
  return optional === undefined ? '' : `[=${optional}]`
}

/** `located`: where the files of the package are that texts name. */
export function verbHelp({ name, operands, says, examples, options }: Verb, theme: Theme,
  located: (text: string) => string): string {
  const flags = Object.entries<Option>({ ...options, ...helpOption })
    .map(([flag, option]) => [`--${flag}${valueText(option)}`, located(option.says)])
  return [
    ...rows(examples, theme.width), '',
    ...wrapWords(says, theme.width), '',
    theme.strong(['remapcheck', name, operands, '[flags]'].filter(word => word !== '').join(' ')),
    ...rows(flags, theme.width),
  ].join('\n') + '\n'
}
