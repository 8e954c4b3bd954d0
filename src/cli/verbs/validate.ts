/** `validate`: what was true of a recorded boot. */
import type { ExitName } from '../../exit.ts'
import { validateLog } from '../../logs/validate.ts'
import { usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { colorOption, reportOptions } from '../shared-flags.ts'
import { spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'
import { sampled } from '../samples.ts'

const options = {
  ftrace: { value: 'FILE', says: "the kernel's map and unmap events of the same run (ftrace text)" },
  tables: { value: 'DUMP', says: 'registers and table pages of the same run, dumped while it ran' },
  ...reportOptions, ...colorOption,
} as const

export const validate = {
  name: 'validate', operands: 'LOG', options, run: runValidate,
  says: 'Check the QEMU trace log of a real boot, with VT-d or AMD-Vi, against the manual: every cache hit, table '
    + 'change and wait. LOG is plain or gzip.',
  examples: [
    ['remapcheck validate traces/linux/vtd-strict-timed.trace.log.gz', 'a recorded boot'],
    ['remapcheck validate boot.log --ftrace boot.ftrace', 'and how long each unmapped page stayed reachable'],
    ['remapcheck validate boot.log --tables boot.dump', 'and whether its tables say what was translated'],
  ],
} as const satisfies Command<typeof options>

export async function runValidate(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(validate, args)
  if (operands.length !== 1)
    throw usage('validate', operands.length === 0 ? 'needs a log' : `takes one log, given ${operands.length}`,
      'remapcheck validate LOG [--ftrace FILE] [--tables DUMP]')
  const line = spinner(io)
  try {
    const report = await validateLog({
      log: sampled(io, operands[0]!), ...flags.ftrace === undefined ? {} : { ftrace: sampled(io, flags.ftrace) },
      ...flags.tables === undefined ? {} : { tables: sampled(io, flags.tables) },
      onProgress: lines => { line.say(`${lines.toLocaleString('en-US')} lines`) },
    })
    line.end()
    // An observation (was this strict or deferred?) is neither right nor wrong.
    const rules = report.verdicts.filter(({ kind }) => kind === 'rule')
    const said = (verdict: string): boolean => rules.some(one => one.verdict === verdict)
    const whole: ExitName = said('true') ? 'holds' : 'vacuous'
    const unbroken: ExitName = report.lacks === null ? whole : 'incomplete'
    const exit = said('false') ? 'violated' : unbroken
    return await print(io, flags, { kind: 'validate', exit, validation: report })
  } finally { line.end() }
}
