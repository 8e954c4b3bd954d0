/** `list`: the registries. */
import type { ExitName } from '../../exit.ts'
import { parse, suggest, usage } from '../args.ts'
import type { Verb } from '../args.ts'
import { colorOption, jsonOption } from '../common.ts'
import { themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { registries } from '../registries.ts'
import { rows } from '../rows.ts'

const options = { ...jsonOption, ...colorOption } as const

export const list = {
  name: 'list', operands: '[WHAT…]', options,
  says: `Show what has a name: ${registries.map(({ name }) => name).join(', ')}.`,
  examples: [['remapcheck list', 'what can be listed'], ['remapcheck list designs properties', 'two of the lists']],
} as const satisfies Verb<typeof options>

export async function runList(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(list, args)
  const known = registries.map(({ name }) => name)
  const wanted = operands.map(what => {
    const found = registries.find(({ name }) => name === what)
    if (found === undefined) throw usage(what, 'no such list', suggest(what, known, `there are ${known.join(', ')}`), 'LIST')
    return found
  })
  if (flags.json) {
    const which = wanted.length === 0 ? registries : wanted
    io.stdout.write(JSON.stringify({ format: 'remapcheck-list/1', ...Object.fromEntries(which.map(({ name, rows: of }) => [name, of()])) }, null, 2) + '\n')
    return 'holds'
  }
  const { width, strong } = themeOf(io, flags)
  const blocks = wanted.length === 0 ? [rows(registries.map(({ name, says, rows: of }) => [name, String(of().length), says]), width, 0)]
    : wanted.map(({ name, says, rows: of }) => [strong(`${name}: ${says}`), ...rows(of(), width)])
  io.stdout.write(blocks.map(lines => lines.join('\n')).join('\n\n') + '\n')
  return 'holds'
}
