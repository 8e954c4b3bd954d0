/** A line of the kernel's trace, in the three texts that it comes in: the trace file of ftrace, `trace-cmd report`, and
 *  `perf script` (Linux 6.1, Documentation/trace/ftrace.rst). */

export interface KernelLine {
  readonly comm: string
  readonly pid: number
  readonly cpu: number
  readonly time_us: number
  readonly name: string
  /** Behind the name. */
  readonly rest: string
}

/** COMM-PID, perhaps (TGID), [CPU], perhaps flags, time, event. `trace-cmd` pads behind the event's name. */
const ftrace = new RegExp(/^\s*(.{1,32}?)-(\d+)\s+(?:\(\s*[-\d]+\)\s+)?/.source
  + /\[(\d+)\]\s+(?:\S{4,6}\s+)?(\d+)\.(\d{6,9}): ([a-z_0-9]+): *(.*)$/.source)
/** COMM, which may hold blanks, PID, perhaps TID, [CPU], time, system and event. */
const perf = new RegExp(/^\s*(.{1,32}?)\s+(\d+)(?:\/\d+)?\s+/.source
  + /\[(\d+)\]\s+(\d+)\.(\d{6,9}):\s+[a-z_0-9]+:([a-z_0-9]+): *(.*)$/.source)

function lineOf(found: RegExpExecArray | null): KernelLine | null {
  if (found === null) return null
  const [, comm, pid, cpu, seconds, fraction, name, rest] =
    found as unknown as [string, string, string, string, string, string, string, string]
  return { comm, pid: Number(pid), cpu: Number(cpu), name, rest,
    time_us: Number(seconds) * 1e6 + Number(fraction.slice(0, 6)) }
}

/** Null where the line is no event. */
export const kernelLine = (text: string): KernelLine | null => lineOf(ftrace.exec(text) ?? perf.exec(text))

/** Lines that stand before the events, or between them. */
const heading = /^(?:#|cpus=\d+$|version = \d+$|CPU \d+ is empty$)/
export const isHeading = (text: string): boolean => heading.test(text)

const lost = new RegExp([/\[LOST (\d+) EVENTS\]/, /\[(?:(\d+) )?EVENTS DROPPED\]/, /PERF_RECORD_LOST.*?\blost (\d+)/,
  /\blost (\d+) (?:events|chunks)/].map(({ source }) => source).join('|'))
const inBuffer = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/

/** How many events a line says were lost; 0 where it says no such thing. */
export function lostBy(text: string): number {
  const entries = inBuffer.exec(text)
  if (entries !== null) return Number(entries[2]) - Number(entries[1])
  const found = lost.exec(text)
  if (found === null) return 0
  return Math.max(1, Number(found[1] ?? found[2] ?? found[3] ?? found[4] ?? 1))
}
