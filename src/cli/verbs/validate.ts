/** `validate`: what was true of a recorded boot. */
import { stdin } from 'node:process'
import type { ExitName } from '../../exit.ts'
import { isTrace } from '../../logs/formats/kernel.ts'
import { begin } from '../../logs/lines.ts'
import type { Begun, LogSource } from '../../logs/lines.ts'
import type { ValidationReport } from '../../logs/report.ts'
import type { SoFar } from '../../logs/side.ts'
import { validateTrace } from '../../logs/traced/index.ts'
import { again as ofUnits, validateLog } from '../../logs/validate.ts'
import { expectationForm, expectationsOf } from '../../logs/verdicts/expected.ts'
import type { Expectation } from '../../logs/verdicts/expected.ts'
import { binds } from '../../logs/verdicts/judging.ts'
import { usage } from '../../errors.ts'
import type { ReportOf } from '../../report/report.ts'
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
    + "Also a kernel's own trace, as real hardware gives it (ftrace, trace-cmd report, perf script). "
    + 'LOG is plain or gzip; - is stdin.',
  examples: [
    ['remapcheck validate traces/linux/vtd-strict-timed.trace.log.gz', 'a recorded boot'],
    ['remapcheck validate boot.log --ftrace boot.ftrace', 'and how long each unmapped page stayed reachable'],
    ['remapcheck validate boot.log --tables boot.dump', 'and whether its tables say what was translated'],
    ['remapcheck validate boot.log --expect strict,no-faults', 'a gate for the CI of a kernel'],
    ['remapcheck validate boot.log --follow=30s', 'while QEMU runs'],
    ['remapcheck validate trace.txt', 'a trace of real hardware: unmaps, invalidations, interrupts'],
  ],
} as const satisfies Command<typeof options>

export async function runValidate(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(validate, args)
  if (operands.length !== 1)
    throw usage('validate', operands.length === 0 ? 'needs a log' : `takes one log, given ${operands.length}`,
      'remapcheck validate LOG [--ftrace FILE] [--tables DUMP]')
  const expect = flags.expect === undefined ? [] : expectationsOf(flags.expect)
  const line = spinner(io)
  try {
    const log = await begin(sourceOf(operands[0]!, flags, io), again)
    const report = isTrace(log.first) ? await ofTrace(log, flags, expect, line)
      : await ofUnit(log, flags, expect, io, line)
    line.end()
    return await print(io, flags, io.signal.aborted ? { ...report, exit: 'interrupted' } : report)
  } finally { line.end() }
}
const again = `${ofUnits}; or give the text of the kernel's /sys/kernel/tracing/trace`
const told = (lines: number): string => `${lines.toLocaleString('en-US')} lines`

async function ofUnit(log: LogSource, flags: Flags<typeof options>, expect: readonly Expectation[], io: Io,
  line: Spinner): Promise<ReportOf<'validate'>> {
  const tell = teller(line)
  const validation = await validateLog({
    log, expect,
    ...flags.ftrace === undefined ? {} : { ftrace: sampled(io, flags.ftrace) },
    ...flags.tables === undefined ? {} : { tables: sampled(io, flags.tables) },
    onProgress: (lines, soFar) => {
      if (flags.follow !== undefined) tell(soFar)
      line.say(told(lines))
    },
  })
  return { kind: 'validate', exit: exitOf(validation), validation }
}

/** The kernel's own trace, as real hardware gives it. */
async function ofTrace(log: Begun, flags: Flags<typeof options>, expect: readonly Expectation[],
  line: Spinner): Promise<ReportOf<'validate-trace'>> {
  for (const flag of ['ftrace', 'tables'] as const) if (flags[flag] !== undefined)
    throw usage(log.name, "this is the kernel's own trace, and no log of a unit to hold beside it",
      `give it alone, or as --ftrace beside the log of QEMU; --${flag} needs that`)
  const traced = await validateTrace({ log, expect, onProgress: lines => { line.say(told(lines)) } })
  return { kind: 'validate-trace', exit: exitOf(traced), traced }
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
function exitOf({ verdicts, lacks }: Pick<ValidationReport, 'verdicts' | 'lacks'>): ExitName {
  const bound = verdicts.filter(binds)
  const isOpen = bound.some(({ kind, verdict }) => kind === 'expectation' && verdict === 'not-shown')
  if (bound.some(({ verdict }) => verdict === 'false')) return 'violated'
  if (lacks !== null || isOpen) return 'incomplete'
  return bound.some(({ verdict }) => verdict === 'true') ? 'holds' : 'vacuous'
}
