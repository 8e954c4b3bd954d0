/** Checks a recorded boot: a QEMU trace log of the VT-d unit, the kernel's own trace and a dump of memory of the same
 *  boot. See docs/validate.md. */
import { openDump } from '../dump/dump.ts'
import type { Dump } from '../dump/dump.ts'
import { UserError } from '../errors.ts'
import { anything, decode, registers, rulesOf } from '../../spec/vtd/index.ts'
import { apart_us } from './formats/clock.ts'
import type { Format } from './formats/format.ts'
import { readKernelLog } from './formats/kernel.ts'
import { pair } from './pairing/index.ts'
import { EntryLedger } from './replay/entries.ts'
import { newTableTrail, newTrail } from './replay/trail.ts'
import { scanLog } from './scan.ts'
import type { Facts, ValidationReport } from './report.ts'
import { checkTables } from './tables/check.ts'
import { Placing } from './tables/placing.ts'
import { judge } from './verdicts/index.ts'
import { lackOf } from './verdicts/lacks.ts'

export interface ValidateOptions {
  /** QEMU's trace log, plain or gzip. */
  readonly log: string
  /** What kind of log that is: QEMU's trace where not said. */
  readonly format?: Format
  /** The kernel's ftrace text of the same boot, plain or gzip. */
  readonly ftrace?: string
  /** A dump of the registers and table pages of the same boot, made while it ran. */
  readonly tables?: string
  /** Told of the lines read so far, a few times a megabyte. */
  readonly onProgress?: (lines: number) => void
}

/** @throws UserError E-LOG-* and, of the dump, E-DUMP-* where a file is none of what it should be; its `subject` is the
 *  file, or file and line. */
export async function validateLog(options: ValidateOptions): Promise<ValidationReport> {
  const dump = options.tables === undefined ? null : openPages(options.tables)
  try { return await validateWith(dump, options) } finally { dump?.close() }
}

/** A whole image does not say what the registers held, and there is nobody here to ask. */
function openPages(path: string): Dump {
  try { return openDump(path, { format: 'pages' }) } catch (cause) {
    if (!(cause instanceof UserError) || !['E-DUMP-JSON', 'E-DUMP-REGISTER'].includes(cause.code)) throw cause
    throw new UserError({ code: cause.code, subject: cause.subject, problem: cause.message,
      next: 'give a dump of pages whose first line has the registers: see docs/validate.md' })
  }
}

async function validateWith(dump: Dump | null,
  { log, format, ftrace, onProgress }: ValidateOptions): Promise<ValidationReport> {
  const kernelLog = ftrace === undefined ? null : await readKernelLog(ftrace)
  const trail = kernelLog === null && dump === null ? null : newTrail()
  const tableTrail = dump === null ? null : newTableTrail()
  const scalable = dump === null ? null : decode(registers.RTADDR.layout, dump.registers.rtaddr).TTM === 1
  const placing = dump === null ? null : new Placing(dump.memory, dump.iqa, scalable === true)
  const entries = dump === null ? new EntryLedger(anything, 'none known')
    : new EntryLedger(rulesOf(dump.registers, dump.haw), 'capabilities')
  const { replay, lines, known, messages, events, stamps, damage } = await scanLog(log,
    { entries, trail, tableTrail, scalable, placing, ...format === undefined ? {} : { format } }, onProgress)
  const timed = stamps.stamped === known && stamps.farthest_us <= apart_us
  // The last leaf is judged when the IOTLB is asked for its report.
  const iotlb = replay.iotlb.report(), queue = replay.queue.report(lines), accesses = replay.registers.report()
  const tables = dump === null || trail === null || tableTrail === null || placing === null ? null
    : checkTables(dump, { trail, tableTrail, accesses, interval: placing.interval(lines), doubts: replay.doubts })
  // A dump of another boot says nothing of this unit.
  const cachingMode = dump === null || tables?.refused !== null ? null
    : decode(registers.CAP.layout, dump.registers.cap).CM === 1
  const facts: Facts = {
    log: { path: log, lines, known, messages, span_s: timed ? stamps.span_us / 1e6 : null, backward: stamps.backward,
      farthest_us: stamps.farthest_us },
    events, unread: damage, entries: entries.report(),
    iotlb, contexts: replay.contexts.report(), irtes: replay.irtes.report(),
    queue, registers: accesses, faults: replay.faults.report(), unremapped: replay.unremapped.report(), tables,
    kernel: kernelLog === null || trail === null || ftrace === undefined ? null : {
      path: ftrace, lines: kernelLog.lines, events: kernelLog.counts, attached: kernelLog.attached,
      lost: kernelLog.lost, unread: kernelLog.damage, pairing: pair(kernelLog, trail, { timed, cachingMode }),
    },
  }
  return { ...facts, lacks: lackOf(facts, 'kernel'), verdicts: judge(facts) }
}
