/** Recorded boots as lines, and doctored copies of them in a temporary folder. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import type { Verdict } from '../../src/logs/verdicts/judging.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import { expectationsOf } from '../../src/logs/verdicts/expected.ts'
import { validateLog } from '../../src/logs/validate.ts'
import type { ValidateOptions } from '../../src/logs/validate.ts'
import { headOf } from '../../src/report/head.ts'
import { wrongIn } from '../documents.ts'

export const boot = (name: string): string => new URL(`../../traces/linux/${name}`, import.meta.url).pathname
export const logOf = (name: string): string => boot(`${name}.trace.log.gz`)
export const ftraceOf = (name: string): string => boot(`${name}.ftrace.txt.gz`)
export const linesOf = (file: string): string[] =>
  gunzipSync(readFileSync(file)).toString('latin1').trimEnd().split('\n')

const dir = join(tmpdir(), `remapcheck-linux-${process.pid}`)
let files = 0
/** For `afterAll` of each suite that calls `fileOf`. */
export const forgetFiles = (): void => rmSync(dir, { recursive: true, force: true })
/** A file of these lines or bytes; its path. */
export function fileOf(content: readonly string[] | Uint8Array | string): string {
  const path = join(dir, `doctored-${files++}.log`)
  mkdirSync(dir, { recursive: true })
  writeFileSync(path, Array.isArray(content) ? content.join('\n') + '\n' : content as string | Uint8Array)
  return path
}
export const validateLines = (lines: readonly string[], ftrace?: readonly string[],
  expect?: string): Promise<ValidationReport> => validated({ log: fileOf(lines),
  ...ftrace === undefined ? {} : { ftrace: fileOf(ftrace) },
  ...expect === undefined ? {} : { expect: expectationsOf(expect) } })

/** What `validate` says, whose document is as its schema says. */
export async function validated(options: ValidateOptions): Promise<ValidationReport> {
  const report = await validateLog(options)
  const head = headOf('validate', 'holds', { tool: 'remapcheck', version: '0' })
  const wrong = wrongIn(JSON.parse(JSON.stringify({ ...head, ...report })))
  if (wrong !== null) throw new Error(`the document is not as its schema says: ${wrong}`)
  return report
}

export function verdictOf(report: ValidationReport, claim: string): Verdict {
  const found = report.verdicts.find(verdict => verdict.claim === claim)
  if (found === undefined) throw new Error(`no verdict on ${claim}`)
  return found
}
export const verdictsOf = (report: ValidationReport): Record<string, string> =>
  Object.fromEntries(report.verdicts.map(({ claim, verdict }) => [claim, verdict]))

/** The lines of queue entries: from each fetch (`vtd_inv_qi_head`) up to the next fetch or submission. */
export function queueEntries(lines: readonly string[]): {
  readonly from: number
  readonly to: number
  readonly text: string
}[] {
  const entries: { from: number; to: number; text: string }[] = []
  lines.forEach((line, from) => {
    if (!/\bvtd_inv_qi_head /.test(line)) return
    let to = from + 1
    while (to < lines.length && /\bvtd_(inv_desc|ce_not_present)/.test(lines[to]!)) to++
    entries.push({ from, to, text: lines.slice(from, to).join('\n') })
  })
  return entries
}
interface Entry { readonly from: number; readonly to: number }

/** The lines without those of the entries, as if the log had lost them: whoever reads heads sees the gap. */
export function withoutEntries(lines: readonly string[], gone: readonly Entry[]): string[] {
  const drop = new Set(gone.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)))
  return lines.filter((_, i) => !drop.has(i))
}

/** The lines as if the driver had not sent the entries: heads and tails of a ring of 256 close up. */
export function unsent(lines: readonly string[], gone: readonly Entry[]): string[] {
  let tail = -1
  const tailOf = lines.map((line, i) => line.includes('vtd_inv_qi_tail ') ? tail = i : tail)
  const before = (at: number, of: (entry: Entry) => number): number => gone.filter(entry => of(entry) <= at).length
  const renumbered = lines.map((line, i) => {
    if (!/vtd_inv_qi_(head|tail) /.test(line)) return line
    const less = before(i, entry => line.includes('_head ') ? entry.from : tailOf[entry.from]!)
    return line.replace(/\d+$/, index => String((Number(index) + 256 * (less + 1) - less) % 256))
  })
  return withoutEntries(renumbered, gone)
}

export const dumpFile = (name: string): string => boot(`${name}.tables.json-pages.gz`)
/** A dump with each 64-bit word of this value changed; there must be one. */
export function doctoredDump(name: string, from: bigint, to: bigint,
  head: Readonly<Record<string, string>> = {}): string {
  const bytes = gunzipSync(readFileSync(dumpFile(name)))
  const end = bytes.indexOf(10)
  const body = Buffer.alloc(bytes.length - end - 1, bytes.subarray(end + 1))
  const words = new BigUint64Array(body.buffer, body.byteOffset, body.length / 8)
  expect(words).toContain(from)
  words.forEach((word, i) => { if (word === from) words[i] = to })
  const first = { ...JSON.parse(bytes.toString('latin1', 0, end)) as object, ...head }
  return fileOf(gzipSync(Buffer.concat([Buffer.from(`${JSON.stringify(first)}\n`), body])))
}
