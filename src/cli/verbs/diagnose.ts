/** `diagnose`: what happened, by the log of a real machine. */
import { stdin } from 'node:process'
import type { ExitName } from '../../exit.ts'
import { diagnose as diagnoseFiles } from '../../diagnose/diagnose.ts'
import type { DiagnosisReport } from '../../diagnose/report.ts'
import { usage } from '../../errors.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { print } from '../print.ts'
import { sampled } from '../samples.ts'
import { colorOption, reportOptions } from '../shared-flags.ts'

const options = {
  full: { says: 'answer each sort of fault, not only the first three' }, ...reportOptions, ...colorOption,
} as const

export const diagnose = {
  name: 'diagnose', operands: 'FILE…', options, run: runDiagnose,
  says: 'Say what happened on a real machine, by its kernel log: faults of an IOMMU, interrupts that were blocked '
    + 'or lost, '
    + 'invalidations that did not complete. FILE is text of dmesg, journalctl, xl dmesg or a serial line, plain or '
      + 'gzip; '
    + '- is stdin.',
  examples: [
    ['remapcheck diagnose boot.log', 'a saved log, also one quoted in a mail: dmesg > boot.log'],
    ['remapcheck diagnose -', 'what comes by a pipe: dmesg | remapcheck diagnose -'],
    ['remapcheck diagnose boot.log old.log.gz --full', 'every sort of fault in full'],
  ],
} as const satisfies Command<typeof options>

async function runDiagnose(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(diagnose, args)
  if (operands.length === 0)
    throw usage('diagnose', 'needs a log', 'for example dmesg | remapcheck diagnose -')
  if (operands.filter(path => path === '-').length > 1)
    throw usage('-', 'given twice: stdin is read once', 'give it once')
  const line = spinner(io)
  try {
    const files = operands.map(path => path === '-' ? path : sampled(io, path))
    const report = await diagnoseFiles({ files, stdin: io.stdin ?? stdin,
      onProgress: lines => { line.say(`${lines.toLocaleString('en-US')} lines`) } })
    line.end()
    return await print(io, flags, { kind: 'diagnose', exit: exitOf(report), diagnosis: report })
  } finally { line.end() }
}

/** A log without a fault shows little, one that was cut or not understood even less. */
function exitOf({ faults, files }: DiagnosisReport): ExitName {
  if (faults.length > 0) return 'violated'
  if (files.some(({ doubts, unread }) => doubts.length > 0 || unread.count > 0)) return 'incomplete'
  return files.some(({ read }) => read.length > 0) ? 'holds' : 'vacuous'
}
