/** `list`: the registries. */
import type { ExitName } from '../../exit.ts'
import { suggest, usage } from '../../errors.ts'
import { listNames, listSays } from '../../report/list.ts'
import type { ListName } from '../../report/list.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { colorOption, jsonOption } from '../shared-flags.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'

const options = { ...jsonOption, ...colorOption } as const

export const list = {
  name: 'list', operands: '[WHAT…]', options, run: runList,
  says: `List everything that has a name: ${listNames.join(', ')}.`,
  examples: [['remapcheck list', 'what can be listed'], ['remapcheck list designs properties', 'two of the lists']],
} as const satisfies Command<typeof options>

/** What people look for by other words. */
const within: Readonly<Record<string, ListName | undefined>> = { registers: 'layouts', structures: 'layouts',
  commands: 'layouts', events: 'layouts', fields: 'layouts', capabilities: 'bounds', refusals: 'faults',
  reasons: 'faults', claims: 'properties', rules: 'clauses' }

async function runList(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(list, args)
  const wanted = operands.map(what => {
    const found = listNames.find(name => name === what)
    if (found === undefined)
      throw usage(what, 'no such list', within[what] !== undefined ? `they are in '${within[what]}'`
        : suggest(what, listNames, `there are ${listNames.join(', ')}`), 'LIST')
    return found
  })
  const named = wanted.length > 0
  // The registries load everything that has a name: the lists are named without them.
  const rows = named || flags.json ? (await import('../registries.ts')).registries : null
  return await print(io, flags, {
    kind: 'list', exit: 'holds', named,
    lists: (named ? wanted : listNames).map(name => ({ name, says: listSays[name], rows: rows?.[name]() ?? [] })),
  })
}
