/** `list`: the registries. */
import type { ExitName } from '../../exit.ts'
import { suggest, usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { colorOption, jsonOption } from '../shared-flags.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'
import { registries } from '../registries.ts'

const options = { ...jsonOption, ...colorOption } as const

export const list = {
  name: 'list', operands: '[WHAT…]', options, run: runList,
  says: `List everything that has a name: ${registries.map(({ name }) => name).join(', ')}.`,
  examples: [['remapcheck list', 'what can be listed'], ['remapcheck list designs properties', 'two of the lists']],
} as const satisfies Command<typeof options>

async function runList(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(list, args)
  const known = registries.map(({ name }) => name)
  const wanted = operands.map(what => {
    const found = registries.find(({ name }) => name === what)
    if (found === undefined)
      throw usage(what, 'no such list', suggest(what, known, `there are ${known.join(', ')}`), 'LIST')
    return found
  })
  return await print(io, flags, {
    kind: 'list', exit: 'holds', named: wanted.length > 0,
    lists: (wanted.length === 0 ? registries : wanted).map(({ name, says, rows }) => ({ name, says, rows: rows() })),
  })
}
