/** Checks a recorded boot: a QEMU trace log of its IOMMU, the kernel's own trace and a dump of memory of the same boot.
 *  See docs/validate.md. */
import { openDump } from '../dump/dump.ts'
import type { AnyDump } from '../dump/dump.ts'
import { UserError } from '../errors.ts'
import { qemuAmdvi } from './amdvi/format.ts'
import { amdviSide } from './amdvi/index.ts'
import { apart_us } from './formats/clock.ts'
import type { Format } from './formats/format.ts'
import { readKernelLog } from './formats/kernel.ts'
import { unitPrefixOf } from './formats/qemu.ts'
import { logError, nameOf } from './lines.ts'
import type { LogSource } from './lines.ts'
import { pair } from './pairing/index.ts'
import { newTrail } from './replay/trail.ts'
import type { Trail } from './replay/trail.ts'
import type { Facts, ValidationReport } from './report.ts'
import { scanLog } from './scan.ts'
import type { Choose } from './scan.ts'
import type { Side, SoFar } from './side.ts'
import { expected } from './verdicts/expected.ts'
import type { Expectation } from './verdicts/expected.ts'
import { judge } from './verdicts/index.ts'
import { lackOf } from './verdicts/lacks.ts'
import { qemuVtd } from './vtd/format.ts'
import { vtdSide } from './vtd/index.ts'

/** How such a log is made. */
export const again = [qemuVtd, qemuAmdvi].map(format => format.again).join('; or ')

export interface ValidateOptions {
  /** QEMU's trace log, plain or gzip. */
  readonly log: LogSource
  /** What kind of log that is: QEMU's trace of either vendor's unit where not said. */
  readonly format?: Format
  /** The kernel's ftrace text of the same boot, plain or gzip. */
  readonly ftrace?: string
  /** A dump of the registers and table pages of the same boot, made while it ran. */
  readonly tables?: string
  /** What a gate asks of the boot. */
  readonly expect?: readonly Expectation[]
  /** Told of the lines read so far, a few times a megabyte, and of what was wrong in them. */
  readonly onProgress?: (lines: number, soFar: readonly SoFar[]) => void
}

/** @throws UserError E-LOG-* and, of the dump, E-DUMP-* where a file is none of what it should be; its `subject` is the
 *  file, or file and line. */
export async function validateLog(options: ValidateOptions): Promise<ValidationReport> {
  const dump = options.tables === undefined ? null : openPages(options.tables)
  try { return await validateWith(dump, options) } finally { dump?.close() }
}

/** A whole image does not say what the registers held, and there is nobody here to ask. */
function openPages(path: string): AnyDump {
  try { return openDump(path, { format: 'pages' }) } catch (cause) {
    if (!(cause instanceof UserError) || !['E-DUMP-JSON', 'E-DUMP-REGISTER'].includes(cause.code)) throw cause
    throw new UserError({ code: cause.code, subject: cause.subject, problem: cause.message,
      next: 'give a dump of pages whose first line has the registers: see docs/validate.md' })
  }
}

async function validateWith(dump: AnyDump | null,
  { log: source, format, ftrace, expect = [], onProgress }: ValidateOptions): Promise<ValidationReport> {
  const log = nameOf(source)
  const kernelLog = ftrace === undefined ? null : await readKernelLog(ftrace)
  const trail = kernelLog === null && dump === null ? null : newTrail()
  const { side, lines, known, messages, events, stamps, damage } = await scanLog(source,
    chooser(log, { format, dump, trail }), () => ofVtd(log, format ?? qemuVtd, dump, trail),
    format?.again ?? again, onProgress)
  const timed = stamps.stamped === known && stamps.farthest_us <= apart_us
  const ends = timed ? [{ line: 1, time_us: 0 }, { line: lines, time_us: stamps.span_us }] as const : null
  const unit = side.facts(lines)
  if (kernelLog !== null) side.fitFrames?.(kernelLog.events)
  const facts: Facts = {
    log: { path: log, lines, known, messages, span_s: timed ? stamps.span_us / 1e6 : null, backward: stamps.backward,
      farthest_us: stamps.farthest_us },
    events, unread: damage, ...unit,
    kernel: kernelLog === null || trail === null || ftrace === undefined ? null : {
      path: ftrace, lines: kernelLog.lines, events: kernelLog.counts, attached: kernelLog.attached,
      lost: kernelLog.lost, unread: kernelLog.damage,
      pairing: pair(kernelLog, trail, { ends, cachingMode: side.cachingMode ?? null }),
    },
  }
  const verdicts = judge(facts, side.claims)
  const { rangesUnknown = null } = side
  return { ...facts, lacks: lackOf(facts, 'kernel'),
    verdicts: [...verdicts, ...expected(facts, { verdicts, rangesUnknown }, expect)] }
}

interface Given { readonly format: Format | undefined; readonly dump: AnyDump | null; readonly trail: Trail | null }
/** By the first event that only one vendor's unit has. */
const chooser = (log: string, { format, dump, trail }: Given): Choose => line => {
  if (format !== undefined) return ofVtd(log, format, dump, trail)
  switch (unitPrefixOf(line)) {
    case 'vtd_': return ofVtd(log, qemuVtd, dump, trail)
    case 'amdvi_': return ofAmdvi(log, dump, trail)
    default: return null
  }
}

function ofVtd(log: string, format: Format, dump: AnyDump | null, trail: Trail | null): Side {
  if (dump?.iommu === 'amdvi') throw mixed(log, 'a VT-d', dump, 'an AMD')
  return vtdSide(format, dump, trail)
}
function ofAmdvi(log: string, dump: AnyDump | null, trail: Trail | null): Side {
  if (dump?.iommu === 'vtd') throw mixed(log, 'an AMD', dump, 'a VT-d')
  return amdviSide(dump, trail)
}
const mixed = (log: string, unit: string, { path }: AnyDump, other: string): UserError =>
  logError('MIXED', log, `this is the log of ${unit} unit, and ${path} the dump of ${other} unit`,
    'give log and dump of one boot')
