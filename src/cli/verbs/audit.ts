/** `audit`: what the tables in a dump of real memory let each device do. */
import { setImmediate } from 'node:timers/promises'
import { compare } from '../../audit/diff.ts'
import { gate, loadPolicy } from '../../audit/policy.ts'
import { audit as auditSteps } from '../../audit/report.ts'
import type { AuditReport } from '../../audit/report.ts'
import { dumpFormats } from '../../dump/dump.ts'
import type { AnyDump, DumpFormat, DumpOptions } from '../../dump/dump.ts'
import { amdviFlags } from '../../dump/amdvi.ts'
import type { AmdviFlag } from '../../dump/amdvi.ts'
import { openInputs } from '../../dump/inputs.ts'
import type { Inputs } from '../../dump/inputs.ts'
import { registerNames } from '../../dump/registers.ts'
import type { RegisterName } from '../../dump/registers.ts'
import type { ExitName } from '../../exit.ts'
import { suggest, usage } from '../../errors.ts'
import { parse, wholeNumber } from '../args.ts'
import type { Command, Flags } from '../args.ts'
import { colorOption, reportOptions } from '../shared-flags.ts'
import { placed, spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { outputsOf } from '../outputs.ts'
import { print } from '../print.ts'
import { sampled } from '../samples.ts'

const register = (says: string) => ({ value: '0x…', says }) as const
const options = {
  policy: { value: 'FILE', says: 'which memory each device may reach (docs/audit.md): pass or fail' },
  diff: { value: 'DUMP', says: 'show what differs in this second dump' },
  format: {
    value: dumpFormats.join('|'),
    says: 'format of the dump: table pages behind a line of JSON, or a plain image whose offsets are addresses '
      + '(default: by its first bytes)',
  },
  cap: register('capabilities; a plain image needs --cap, --ecap, --rtaddr and --irta, a trimmed dump has them'),
  ecap: register('extended capabilities'),
  rtaddr: register('root table'), irta: register('interrupt table'), gsts: register('global status (all on)'),
  iqa: register('invalidation queue'),
  devtab: register('DevTabBase, after commas those of further segments: an image of a machine with AMD-Vi needs '
    + '--devtab; the next are optional'),
  control: register('control (all on)'), efr: register('extended features'), efr2: register('the second of these'),
  cmdbuf: register('command buffer'), evtlog: register('event log'),
  haw: { value: 'BITS', says: 'host address width (default 52, which finds no address too wide)' },
  'absent-zero': { says: 'pages that a trimmed dump leaves out hold zeros' },
  unit: { value: 'NAME', says: 'of texts that show several units the one to audit, such as dmar0 (default: each)' },
  full: { says: 'every range, entry and alarm' },
  ...reportOptions, ...colorOption,
} as const

export const audit = {
  name: 'audit', operands: 'DUMP…', options, run: runAudit,
  says: 'Show what the tables of a machine let each device do: domains, ranges with rights, shared memory, interrupts, '
    + 'and alarms for what is wrong. DUMP is memory (table pages, a plain image, an ELF core, a kdump file), or texts '
    + "that list tables (Linux's debugfs files) or a folder of them; ACPI tables and a kernel log may stand beside it.",
  examples: [
    ['remapcheck audit traces/linux/vtd-strict.tables.json-pages.gz', 'the end of a recorded boot'],
    ['remapcheck audit DUMP --policy policy.json', 'fail where a device reaches more than it may'],
    ['remapcheck audit DUMP --diff LATER', 'what differs between two dumps'],
    ['remapcheck audit /sys/kernel/debug/iommu/intel', 'a running Linux (CONFIG_INTEL_IOMMU_DEBUGFS)'],
    ['remapcheck audit /sys/firmware/acpi/tables/DMAR boot.log', 'what the firmware says, against the map of RAM'],
    ['remapcheck audit CORE --cap 0x… --ecap 0x… --rtaddr 0x… --irta 0x…', 'a core or an image of memory'],
    ['remapcheck audit CORE iommu_regset', 'the same, with the registers of debugfs'],
    ['remapcheck audit CORE --devtab 0x… --control 0x… --efr 0x…', 'the same of a machine with AMD-Vi'],
  ],
} as const satisfies Command<typeof options>

async function runAudit(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(audit, args)
  if (operands.length === 0) throw usage('audit', 'needs a dump', 'remapcheck audit DUMP [--policy FILE | --diff '
    + 'LATER]')
  if (flags.policy !== undefined && flags.diff !== undefined)
    throw usage('--diff', 'cannot be combined with --policy', 'audit each dump with the policy, then compare them')
  const asked = optionsOf(flags)
  const policy = flags.policy === undefined ? null : loadPolicy(placed(io, flags.policy))
  const inputs = openInputs(operands.map(path => sampled(io, path)), asked, flags.unit)
  const [first, ...others] = inputs.dumps
  const needsOne = flags.diff !== undefined || policy !== null
    || outputsOf(flags).some(({ reporter }) => reporter !== 'text')
  if (others.length > 0 && needsOne)
    throw usage('audit', `the texts show ${inputs.dumps.length} units, and a comparison, policy or document is of one`,
      `add --unit ${inputs.dumps.map(({ unit }) => unit).join(' or --unit ')}`)
  if (flags.diff !== undefined) return await differing(first!, flags.diff, asked, flags, io)
  let worst: ExitName = 'holds'
  for (const [i, dump] of inputs.dumps.entries()) {
    const report = await reportOf(dump, i === 0 ? inputs : { ...inputs, firmware: [] }, io)
    if (report === null) return 'interrupted'
    const verdict = policy === null ? null : gate(report, policy)
    const exit: ExitName = verdict === null || verdict.passes ? 'holds' : 'violated'
    if (i > 0) io.stdout.write('\n')
    worst = await print(io, flags, { kind: 'audit', exit, audit: report, policy: verdict })
  }
  return worst
}

async function differing(dump: AnyDump, later: string, asked: DumpOptions, flags: Flags<typeof options>,
  io: Io): Promise<ExitName> {
  const inputs = openInputs([sampled(io, later)], asked, flags.unit)
  if (inputs.dumps.length > 1) throw usage('--diff', `${later} shows ${inputs.dumps.length} units`, 'add --unit NAME')
  const report = await reportOf(dump, undefined, io)
  const other = report === null ? null : await reportOf(inputs.dumps[0]!, undefined, io)
  if (report === null || other === null) return 'interrupted'
  const diff = compare(report, other)
  const isKnown = diff.unknown.before.length + diff.unknown.after.length === 0
  const alike = isKnown ? 'holds' : 'incomplete'
  return await print(io, flags, { kind: 'audit-diff', exit: diff.same ? alike : 'diverged', diff })
}

type RegisterFlag = Lowercase<RegisterName> | AmdviFlag

/** @throws UserError E-USAGE. */
function optionsOf(flags: Flags<typeof options>): DumpOptions {
  const { format } = flags
  if (format !== undefined && !dumpFormats.includes(format as DumpFormat))
    throw usage('--format', `'${format}' is no format`,
      suggest(format, dumpFormats, `there are ${dumpFormats.join(' and ')}`))
  const valueOf = <N extends string>(name: N, flag: RegisterFlag,
    text = flags[flag]): readonly (readonly [N, bigint])[] => {
    if (text === undefined) return []
    if (!/^(?:0x[0-9a-f]{1,16}|\d{1,19})$/i.test(text))
      throw usage(`--${flag}`, `'${text}' is no register value`, `for example --${flag} 0x1000`)
    return [[name, BigInt(text)]]
  }
  const [devtab, ...segments] = flags.devtab?.split(',') ?? []
  const further = segments.flatMap(text => valueOf('DevTabSegment', 'devtab', text).map(([, value]) => value))
  return {
    format: format as DumpFormat | undefined, absentZero: flags['absent-zero'],
    values: Object.fromEntries(registerNames.flatMap(name =>
      valueOf(name, name.toLowerCase() as Lowercase<typeof name>))),
    amdviValues: {
      ...Object.fromEntries(Object.entries(amdviFlags).flatMap(([flag, name]) =>
        valueOf(name, flag as AmdviFlag, flag === 'devtab' ? devtab : flags[flag as AmdviFlag]))),
      ...further.length === 0 ? {} : { DevTabSegment: further },
    },
    haw: flags.haw === undefined ? undefined : wholeNumber('--haw', flags.haw, 32, 52),
  }
}

/** Between looks at the signal, and at whether others want the thread. */
const between_ms = 50

/** Null where Ctrl-C stopped it: half an audit would look like a whole one. */
async function reportOf(dump: AnyDump, beside: Inputs | undefined, io: Io): Promise<AuditReport | null> {
  const line = spinner(io)
  try {
    const steps = auditSteps(dump, undefined, beside)
    let last = performance.now()
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      if (performance.now() - last < between_ms) continue
      line.say(`${step.value.toLocaleString('en-US')} tables read`)
      await setImmediate()
      if (io.signal.aborted) {
        line.end()
        io.stderr.write(`stopped after ${step.value.toLocaleString('en-US')} tables, without a report\n`)
        return null
      }
      last = performance.now()
    }
  } finally {
    line.end()
    dump.close()
  }
}
