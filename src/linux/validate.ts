/** Checks a recorded boot: a QEMU trace log of the VT-d unit, and the kernel's own trace of the same boot. See docs/validate.md. */
import { events } from './events.ts'
import { readKernelLog } from './kernel.ts'
import { pair } from './pairing/index.ts'
import { newTrail } from './replay/trail.ts'
import { scanLog } from './scan.ts'
import { validationSchema } from './report.ts'
import type { Facts, ValidationReport } from './report.ts'
import { judge } from './verdicts.ts'

export interface ValidateOptions {
  /** QEMU's trace log, plain or gzip. */
  readonly log: string
  /** The kernel's ftrace text of the same boot, plain or gzip. */
  readonly ftrace?: string
  /** Told of the lines read so far, a few times a megabyte. */
  readonly onProgress?: (lines: number) => void
}

/** @throws UserError E-LOG-* where a file is none of what it should be; its `subject` is the file, or file and line. */
export async function validateLog({ log, ftrace, onProgress }: ValidateOptions): Promise<ValidationReport> {
  const kernelLog = ftrace === undefined ? null : await readKernelLog(ftrace)
  const trail = kernelLog === null ? null : newTrail()
  const { replay, lines, known, stamps, damage } = await scanLog(log, trail, onProgress)
  const timed = stamps.stamped === known
  const facts: Facts = {
    schema: validationSchema,
    log: { path: log, lines, known, span_s: timed ? stamps.span_us / 1e6 : null, backward: stamps.backward },
    events: [...replay.seen].sort(([a], [b]) => a < b ? -1 : 1).map(([name, count]) => ({ name, use: events.get(name)!.use, count })),
    unread: damage,
    iotlb: replay.iotlb.report(), contexts: replay.contexts.report(), irtes: replay.irtes.report(),
    queue: replay.queue.report(lines), registers: replay.registers.report(), faults: replay.faults.report(),
    kernel: kernelLog === null || trail === null || ftrace === undefined ? null : {
      path: ftrace, lines: kernelLog.lines, events: kernelLog.counts, attached: kernelLog.attached,
      lost: kernelLog.lost, unread: kernelLog.damage, pairing: pair(kernelLog, trail, timed),
    },
  }
  return { ...facts, verdicts: judge(facts) }
}
