/** Reads kernel logs of any sort and says what happened. See docs/diagnose.md. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { filesOf } from '../dump/inputs.ts'
import { printable, UserError } from '../errors.ts'
import { logError } from '../logs/lines.ts'
import { Collector, groupsOf, toldOnce } from './collect.ts'
import type { Tally } from './collect.ts'
import type { Group, Known } from './happening.ts'
import { linesOf, newSource } from './input.ts'
import type { Source } from './input.ts'
import { unitTrace } from './kinds.ts'
import { Notebook } from './known.ts'
import { openReaders } from './readers.ts'
import { checkedTrace } from './traces.ts'
import type { Judged } from './traces.ts'
import type { DiagnosisReport, Fault, FileReport } from './report.ts'
import { bare, deviceOf, hex, whenOf } from './text.ts'

export interface DiagnoseOptions {
  /** Paths; `-` is stdin. */
  readonly files: readonly string[]
  readonly stdin: Readable
  readonly onProgress?: (lines: number) => void
}

/** @throws UserError E-LOG-* where a file cannot be read, and where none holds anything that is known. */
export async function diagnose({ files, stdin, onProgress }: DiagnoseOptions): Promise<DiagnosisReport> {
  const known = new Notebook()
  const collector = new Collector(openReaders(known), known)
  const reports: FileReport[] = [], traced: Fault[] = []
  for (const { path, isOne } of files.flatMap(filesIn)) {
    const tally = collector.open(path === '-' ? 'stdin' : path)
    const source = newSource()
    try {
      for await (const lines of linesOf(path, path === '-' ? stdin : null, source)) {
        for (const line of lines) collector.take(line)
        onProgress?.(tally.lines)
      }
    } catch (cause) {
      // Of a folder some may be empty, or not for this user.
      if (isOne || !(cause instanceof UserError)) throw cause
      continue
    }
    collector.close()
    const { report, faults } = await readFile(path, tally, source, known)
    traced.push(...faults)
    // A folder has files that are of no concern here.
    if (isOne || isLog.test(path) || report.read.length + report.kinds.length + report.unread.count > 0)
      reports.push(report)
  }
  if (reports.length === 0) throw logError('EMPTY', files[0]!, 'it has no file that can be read', 'name the log itself')
  if (reports.every(({ read, kinds }) => read.length === 0 && kinds.length === 0)) throw foreign(reports[0]!)
  const { faults, total, ...rest } = reportOf(reports, collector, known)
  return { ...rest, faults: [...faults, ...traced], total: total + traced.length }
}

/** What remains to be done with a file once its lines are taken. */
async function readFile(path: string, tally: Tally, source: Source, known: Notebook):
  Promise<{ readonly report: FileReport; readonly faults: readonly Fault[] }> {
  if (path === '-') return { report: fileReport(tally, source), faults: [] }
  if (source.kind?.serves !== undefined) known.beside.bytes(path, firstBytes(path))
  const judged = source.kind === null && tally.kinds.has(unitTrace) ? await checkedTrace(path) : null
  return { report: fileReport(tally, source, judged), faults: judged?.faults ?? [] }
}

/** A file, or all those in a folder. @throws UserError E-LOG-MISSING, E-LOG-UNREADABLE, E-LOG-EMPTY. */
function filesIn(path: string): readonly { readonly path: string; readonly isOne: boolean }[] {
  if (path === '-') return [{ path, isOne: true }]
  try {
    const found = filesOf(path)
    return found.map(one => ({ path: one, isOne: one === path }))
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    throw logError(cause.code.replace('E-DUMP-', ''), path, cause.message, cause.next)
  }
}
const isLog = /dmesg[^/]*$|\.log(?:\.gz)?$/
/** No table of the firmware has more. */
const mostTable_bytes = 1 << 20
function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(mostTable_bytes)
    return bytes.subarray(0, readSync(file, bytes, 0, mostTable_bytes, 0))
  } finally { closeSync(file) }
}

/** The answer to words, as one would find them in a log: for `explain`. Null where no reader knows them. */
export function diagnoseWords(text: string): DiagnosisReport | null {
  const known = new Notebook()
  const collector = new Collector(openReaders(known), known)
  const tally = collector.open('')
  for (const line of text.split('\n')) collector.take(line)
  collector.close()
  return collector.total === 0 ? null : reportOf([fileReport(tally, newSource())], collector, known)
}

function reportOf(files: readonly FileReport[], collector: Collector, known: Notebook): DiagnosisReport {
  const all = groupsOf(collector), groups = toldOnce(all)
  const counted = (of: readonly Group[]): number => of.reduce((sum, { count }) => sum + count, 0)
  known.others = groups.map(({ first: { device, kind }, from }) => ({ device, kind, at: from }))
  return { files, beside: known.beside.says(), faults: groups.map(group => faultOf(group, known)),
    total: collector.total - counted(all) + counted(groups),
    beyond: collector.beyond }
}

function faultOf(group: Group, known: Known): Fault {
  const { first, count, from, to, lines, addresses, moreAddresses } = group
  const answer = first.answer(group, known)
  const troubles = known.after(from, 60).filter(line => concerns(line.text, first)).slice(0, 3)
  return {
    ...answer, file: from.file, device: first.device, access: first.access, count, lines,
    happened: [answer.happened, ...troubles.map(line => `Afterwards (${whenOf(line)}): ${shortOf(line.text)}`)]
      .join('\n'),
    first: whenOf(from), last: whenOf(to), addresses: addresses.map(hex), moreAddresses,
  }
}
/** Trouble that names another device or interrupt is not of this. */
function concerns(text: string, { kind, device }: Group['first']): boolean {
  if (kind === 'affinity broken') return false
  const irq = /Disabling IRQ #(\d{1,6})/.exec(text)?.[1]
  if (irq !== undefined) return device === `irq ${irq}`
  const named = /\b(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]\b/.exec(bare(text))?.[0]
  return named === undefined || device === null || !/:..\.[0-7]$/.test(device) || deviceOf(named) === device
}
const shortOf = (text: string): string => printable(bare(text)).slice(0, 120)

function fileReport(tally: Tally, source: Source, judged: Judged | null = null): FileReport {
  const { path, lines, read, kinds, aside, unread, firstUnread, backward, suppressed, hosts } = tally
  const several = source.kind === null ? [...kinds] : [source.kind, ...kinds]
  return {
    path, lines, encoding: source.encoding, packed: source.packed,
    read: [...read, ...judged?.read ?? []].map(([what, count]) => ({ what, count })),
    kinds: [...several.map(({ what, next }) => ({ what, next })), ...aside === 0 ? [] : [{
      what: `a record of ${aside} map and unmap events`, next: 'they are joined with the faults of the other files' }]],
    unread: { count: unread, first: firstUnread.map(({ line, text }) => ({ line, text: printable(text) })) },
    doubts: [
      ...source.stopped === null ? [] : [`not read whole: ${source.stopped}`],
      ...source.long === 0 ? [] : [`${source.long === 1 ? '1 line is' : `${source.long} lines are`} longer than any `
        + 'message, and cut short'],
      ...suppressed === 0 ? []
        : [`the kernel left out ${suppressed} messages (callbacks suppressed): counts are lower bounds`],
      ...hosts.size < 2 ? [] : [`it has lines of ${hosts.size} machines, by the names before them: what is said of `
        + `one may `
        + 'not hold of another'],
      ...backward.length === 0 ? [] : [`the clock goes back at line ${backward.slice(0, 3).join(', ')}: `
        + 'another boot, or logs of two machines; what is said of one may not hold of the other'],
    ],
  }
}

const foreign = ({ path, lines }: FileReport): Error => logError('FOREIGN', path,
  `none of its ${lines} lines is a message of an IOMMU or about interrupts that is known`,
  'give the kernel log: `dmesg > boot.log`, `journalctl -k -b > boot.log` or `xl dmesg > boot.log`')
