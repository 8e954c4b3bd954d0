/** `collect`: a shell script that gathers on a live machine what `diagnose` and `audit` read. */
import type { ExitName } from '../../exit.ts'
import { usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { collectScript } from '../collect-script.ts'
import type { Io } from '../io.ts'

const options = {} as const

export const collect = {
  name: 'collect', operands: '', options, run: runCollect,
  says: 'Print a shell script that gathers on a live Linux what it shows of its IOMMUs and interrupts, into one folder '
    + 'for `diagnose`. It is not run: read it first. Names, addresses and serial numbers are replaced.',
  examples: [
    ['remapcheck collect > collect.sh', 'on the machine sudo sh collect.sh FOLDER, then remapcheck diagnose FOLDER'],
  ],
} as const satisfies Command<typeof options>

async function runCollect(args: readonly string[], io: Io): Promise<ExitName> {
  const { operands } = parse(collect, args)
  if (operands.length > 0)
    throw usage('collect', 'takes no operand', 'the script takes the folder: sh collect.sh FOLDER')
  io.stdout.write(collectScript())
  return 'holds'
}
