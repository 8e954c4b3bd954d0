/** Scripts by which shells complete command lines, made of the verbs and their flags. */
import { callNames } from '../../spec/state.ts'
import { claims } from '../../properties/index.ts'
import { designs } from '../../spec/designs.ts'
import { profiles } from '../../spec/costs/index.ts'
import { allScopes } from '../../spec/scopes.ts'
import { iommus } from '../../spec/iommus.ts'
import { hardwaresOf } from '../../spec/variants.ts'
import { listNames } from '../report/list.ts'
import type { Option, Verb } from './args.ts'
import { helpOption } from './shared-flags.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What stands for a name that is known, by flag or by the word for an operand. */
const known: Readonly<Record<string, readonly string[]>> = {
  scope: allScopes().map(({ name }) => name), property: claims.map(({ property }) => property.name),
  profile: Object.keys(profiles), call: callNames, iommu: iommus.map(({ name }) => name),
  hardware: [...new Set(iommus.flatMap(hardwaresOf).map(({ name }) => name))],
  DESIGN: designs.map(({ name }) => name), WHAT: listNames, SHELL: shells,
}

interface Flag { readonly name: string; readonly says: string; readonly takesValue: boolean
  readonly values: readonly string[] }
interface Line { readonly verb: string; readonly says: string; readonly flags: readonly Flag[]
  readonly operands: readonly string[] }

const firstSentence = (says: string): string => says.split(/[.:;] /)[0]!.replace(/\.$/, '')
const lineOf = ({ name, says, operands, options }: Verb): Line => ({
  verb: name, says: firstSentence(says), operands: known[/[A-Z]+/.exec(operands)?.[0] ?? ''] ?? [],
  flags: Object.entries<Option>({ ...options, ...helpOption }).map(([flag, option]) =>
    ({ name: `--${flag}`, says: firstSentence(option.says), takesValue: option.value !== undefined,
      values: known[flag] ?? choicesOf(option.value ?? '') })),
})
/** Of `text|json`. */
const choicesOf = (value: string): readonly string[] => /^[a-z-]+(?:\|[a-z-]+)*$/.test(value) ? value.split('|') : []
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export function completionScript(shell: Shell, verbs: readonly Verb[]): string {
  const lines = verbs.map(lineOf)
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](lines)
}

/** `case` branches for what each verb completes, where it completes anything. */
const branches = (lines: readonly Line[], of: (line: Line) => string): string[] =>
  lines.flatMap(line => of(line) === '' ? [] : [`      ${line.verb}) ${of(line)} ;;`])
/** The same for the values of each flag. */
const valueBranches = (lines: readonly Line[], of: (values: readonly string[]) => string): string[] =>
  lines.flatMap(({ verb, flags }) => flags.filter(({ values }) => values.length > 0)
    .map(({ name, values }) => `    ${quoted(`${verb} ${name}`)}) ${of(values)} ;;`))

const bashScript = (lines: readonly Line[]): string => `# eval "$(remapcheck completion bash)"
_remapcheck() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" words=
  case "$verb \${COMP_WORDS[COMP_CWORD-1]}" in
${valueBranches(lines, values => `words=${quoted(values.join(' '))}`).join('\n')}
    *) if [ "$COMP_CWORD" -eq 1 ]; then words=${quoted(lines.map(({ verb }) => verb).join(' '))}
    elif [[ "$cur" == -* ]]; then case "$verb" in
${branches(lines, ({ flags }) => `words=${quoted(flags.map(({ name }) => name).join(' '))}`).join('\n')}
    esac; else case "$verb" in
${branches(lines, ({ operands }) => operands.length === 0 ? '' : `words=${quoted(operands.join(' '))}`).join('\n')}
    esac; fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _remapcheck remapcheck
`

/** Names with what they say, as \`_describe\` takes them. */
const described = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, says]) => quoted(`${name.replaceAll(':', '\\:')}:${says}`)).join(' ')
const zshScript = (lines: readonly Line[]): string => `#compdef remapcheck
# eval "$(remapcheck completion zsh)"
_remapcheck() {
  local -a rows
  case "$words[2] $words[CURRENT-1]" in
${valueBranches(lines, values => `compadd -- ${values.map(quoted).join(' ')}`).join('\n')}
    *) if (( CURRENT == 2 )); then
      rows=(${described(lines.map(({ verb, says }) => [verb, says]))})
      _describe verb rows
    elif [[ "$PREFIX" == -* ]]; then case "$words[2]" in
${branches(lines, ({ flags }) => `rows=(${described(flags.map(({ name, says }) => [name, says]))})`).join('\n')}
    esac; _describe flag rows; else case "$words[2]" in
${branches(lines, ({ operands }) => operands.length === 0 ? '' : `compadd -- ${operands.map(quoted).join(' ')}`)
  .join('\n')}
    esac; _files; fi ;;
  esac
}
compdef _remapcheck remapcheck
`

const fishWord = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const fishScript = (lines: readonly Line[]): string => ['# remapcheck completion fish | source',
  ...lines.flatMap(({ verb, says, flags, operands }) => [
    `complete -c remapcheck -n __fish_use_subcommand -f -a ${verb} -d ${fishWord(says)}`,
    ...operands.length === 0 ? []
      : [`complete -c remapcheck -n '__fish_seen_subcommand_from ${verb}' -a ${fishWord(operands.join(' '))}`],
    ...flags.map(flag => `complete -c remapcheck -n '__fish_seen_subcommand_from ${verb}' ${fishFlag(flag)}`),
  ])].join('\n') + '\n'
function fishFlag({ name, says, takesValue, values }: Flag): string {
  const value = values.length === 0 ? ' -r' : ` -x -a ${fishWord(values.join(' '))}`
  return `-l ${name.slice(2)}${takesValue || values.length > 0 ? value : ''} -d ${fishWord(says)}`
}
