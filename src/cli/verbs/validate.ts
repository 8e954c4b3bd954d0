/** `validate`: what was true of a recorded boot. */
import { stdin } from 'node:process'
import type { ExitName } from '../../exit.ts'
import type { LogSource } from '../../logs/lines.ts'
import type { ValidationReport } from '../../logs/report.ts'
import type { SoFar } from '../../logs/side.ts'
import { validateLog } from '../../logs/validate.ts'
import { expectationForm, expectationsOf } from '../../logs/verdicts/expected.ts'
import { binds } from '../../logs/verdicts/judging.ts'
import { usage } from '../../errors.ts'
import { parse, seconds } from '../args.ts'
import type { Command, Flags } from '../args.ts'
import { followed } from '../follow.ts'
import { colorOption, reportOptions } from '../shared-flags.ts'
import { spinner } from '../io.ts'
import type { Io, Spinner } from '../io.ts'
import { print } from '../print.ts'
import { sampled } from '../samples.ts'

const options = {
  ftrace: { value: 'FILE', says: "the kernel's map and unmap events of the same run (ftrace text)" },
  tables: { value: 'DUMP', says: 'registers and table pages of the same run, dumped while it ran' },
  expect: { value: expectationForm, says: 'fail unless the boot was so; several with commas' },
  follow: { optional: 'TIME', says: 'go on while LOG grows, until Ctrl-C or until it has not grown for TIME' },
  ...reportOptions, ...colorOption,
} as const

export const validate = {
  name: 'validate', operands: 'LOG', options, run: runValidate,
  says: "Check a QEMU trace of a real boot's IOMMU against the manual: every cache hit, table change and wait. "
    + 'LOG is plain or gzip; - is stdin.',
  examples: [
    ['remapcheck validate traces/linux/vtd-strict-timed.trace.log.gz', 'a recorded boot'],
    ['remapcheck validate boot.log --ftrace boot.ftrace', 'and how long each unmapped page stayed reachable'],
    ['remapcheck validate boot.log --tables boot.dump', 'and whether its tables say what was translated'],
    ['remapcheck validate boot.log --expect strict,no-faults', 'a gate for the CI of a kernel'],
    ['remapcheck validate boot.log --follow=30s', 'while QEMU runs'],
  ],
} as const satisfies Command<typeof options>

export async function runValidate(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(validate, args)
  if (operands.length !== 1)
    throw usage('validate', operands.length === 0 ? 'needs a log' : `takes one log, given ${operands.length}`,
      'remapcheck validate LOG [--ftrace FILE] [--tables DUMP]')
  const expect = flags.expect === undefined ? [] : expectationsOf(flags.expect)
  const line = spinner(io)
  const tell = teller(line)
  try {
    const report = await validateLog({
      log: sourceOf(operands[0]!, flags, io), expect,
      ...flags.ftrace === undefined ? {} : { ftrace: sampled(io, flags.ftrace) },
      ...flags.tables === undefined ? {} : { tables: sampled(io, flags.tables) },
      onProgress: (lines, soFar) => {
        if (flags.follow !== undefined) tell(soFar)
        line.say(`${lines.toLocaleString('en-US')} lines`)
      },
    })
    line.end()
    const exit = io.signal.aborted ? 'interrupted' : exitOf(report)
    return await print(io, flags, { kind: 'validate', exit, validation: report })
  } finally { line.end() }
}

function sourceOf(operand: string, { follow }: Flags<typeof options>, io: Io): LogSource {
  if (operand === '-') {
    if (follow !== undefined) throw usage('--follow', 'stdin is followed until it ends', 'leave --follow out')
    return { name: 'stdin', stream: io.stdin ?? stdin }
  }
  if (follow === undefined) return sampled(io, operand)
  return followed(sampled(io, operand), follow === true ? Infinity : seconds('--follow', follow), io.signal)
}

/** Tells at once what is wrong, once for each place that a claim keeps. */
function teller(line: Spinner): (soFar: readonly SoFar[]) => void {
  const told = new Map<SoFar['places'], number>()
  return soFar => {
    for (const { claim, places } of soFar) {
      const before = told.get(places) ?? 0
      if (places.count === before) continue
      told.set(places, places.count)
      const at = places.lines.slice(before)
      line.note(`✗ ${claim}  ${at.length === 0 ? `${places.count} by now` : `line ${at.join(', ')}`}`)
    }
  }
}

/** An observation is neither right nor wrong. What the log lacks may speak against what it bears out. */
function exitOf({ verdicts, lacks }: ValidationReport): ExitName {
  const bound = verdicts.filter(binds)
  const isOpen = bound.some(({ kind, verdict }) => kind === 'expectation' && verdict === 'not-shown')
  if (bound.some(({ verdict }) => verdict === 'false')) return 'violated'
  if (lacks !== null || isOpen) return 'incomplete'
  return bound.some(({ verdict }) => verdict === 'true') ? 'holds' : 'vacuous'
}
