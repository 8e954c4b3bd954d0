/** `start`: the first thing to run. All designs, then two recorded boots. */
import { join } from 'node:path'
import type { ExitName } from '../../exit.ts'
import { hang, wrapWords } from '../../text/layout.ts'
import { usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { colorOption } from '../shared-flags.ts'
import { shown, themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { packageRoot } from '../package.ts'
import { standardIommu } from '../../../spec/iommus.ts'
import { runCheck } from './check.ts'
import { runValidate } from './validate.ts'

const options = colorOption

export const start = {
  name: 'start', operands: '', options, run: runStart,
  says: 'Check the built-in designs on VT-d, then validate two recorded boots of Linux: strict, and lazy (deferred '
    + 'invalidation).',
  examples: [['remapcheck start', 'what `npm start` runs']],
} as const satisfies Command<typeof options>

/** The recorded boots, by mode. */
const boots = [
  ['strict', 'each unmap invalidates its page before it returns'],
  ['lazy', 'the kernel collects unmaps, and later flushes the whole domain'],
] as const

/** The exit class is that of the first part that is not as expected. */
async function runStart(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(start, args)
  if (operands.length > 0) throw usage('start', `takes no '${operands[0]}'`, 'remapcheck check DESIGN')
  const theme = themeOf(io, flags)
  const color = flags['no-color'] ? ['--no-color'] : []
  let exit = await runCheck(['--iommu', standardIommu.name, ...color], io)
  for (const [mode, says] of io.signal.aborted ? [] : boots) {
    const file = (kind: string): string =>
      shown(io, join(packageRoot, 'traces', 'linux', `vtd-${mode}-timed.${kind}.gz`))
    io.stdout.write(['', theme.strong(`A recorded boot of Linux 6.1, ${mode} mode`),
      ...hang('  ', 2, wrapWords(says, theme.width - 2)), '', ''].join('\n'))
    const boot = await runValidate([file('trace.log'), '--ftrace', file('ftrace.txt'), ...color], io)
    if (exit === 'holds') exit = boot
  }
  return exit
}
