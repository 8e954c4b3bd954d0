/** `completion`: a script for a shell. */
import type { ExitName } from '../../exit.ts'
import { suggest, usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { completionScript, shells } from '../completion.ts'
import type { Shell } from '../completion.ts'
import type { Io } from '../io.ts'
import { allVerbs } from './index.ts'

const options = {} as const

export const completion = {
  name: 'completion', operands: 'SHELL', options, run: runCompletion,
  says: 'Print a script by which a shell completes verbs, flags and names. SHELL is bash, zsh or fish.',
  examples: [
    ['remapcheck completion bash', 'for ~/.bashrc: eval "$(remapcheck completion bash)"'],
    ['remapcheck completion zsh', 'for ~/.zshrc: eval "$(remapcheck completion zsh)"'],
    ['remapcheck completion fish', 'for config.fish: remapcheck completion fish | source'],
  ],
} as const satisfies Command<typeof options>

async function runCompletion(args: readonly string[], io: Io): Promise<ExitName> {
  const { operands: [shell, ...others] } = parse(completion, args)
  if (shell === undefined || others.length > 0)
    throw usage('completion', 'takes the name of one shell', `remapcheck completion ${shells.join('|')}`)
  if (!shells.includes(shell as Shell))
    throw usage('completion', `no script for '${shell}'`, suggest(shell, shells, `there are ${shells.join(', ')}`))
  io.stdout.write(completionScript(shell as Shell, await allVerbs()))
  return 'holds'
}
