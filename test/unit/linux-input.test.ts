/** Logs that are none, damaged lines, and the text of the report. */
import { gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import { renderValidation } from '../../src/logs/render/index.ts'
import { validateLog } from '../../src/logs/validate.ts'
import type { ValidateOptions } from '../../src/logs/validate.ts'
import { theme } from '../../src/text/theme.ts'
import { fileOf, forgetFiles, ftraceOf, linesOf, logOf, validateLines } from './linux-support.ts'

afterAll(forgetFiles)

let pt: string[]
beforeAll(() => { pt = linesOf(logOf('vtd-pt')).slice(0, 3000) })

async function refusal(options: ValidateOptions): Promise<{
  code: string
  subject: string
  problem: string
  exit: number
}> {
  const error: unknown = await validateLog(options).then(() => null, (cause: unknown) => cause)
  if (!(error instanceof UserError)) throw new Error(`not a UserError: ${String(error)}`)
  expect(error.next).not.toBe('')
  return { code: error.code, subject: error.subject, problem: error.message, exit: error.exitCode }
}

describe('no log', () => {
  const gz = (): Uint8Array => gzipSync(pt.join('\n'))
  it.each([
    ['a missing file', () => '/nowhere/at/all.log', 'E-LOG-MISSING'],
    ['a folder', () => tmpdir(), 'E-LOG-DIRECTORY'],
    ['an empty file', () => fileOf(''), 'E-LOG-EMPTY'],
    ['an empty file, packed', () => fileOf(gzipSync('')), 'E-LOG-FOREIGN'],
    ['a gzip file cut off', () => fileOf(gz().subarray(0, gz().length >> 1)), 'E-LOG-GZIP'],
    ['a gzip file with a wrong byte',
      () => fileOf(gz().map((byte, i, all) => i === all.length >> 1 ? byte ^ 0xff : byte)), 'E-LOG-GZIP'],
    ['bytes', () => fileOf(readFileSync(process.execPath).subarray(0, 300_000)), 'E-LOG-BINARY'],
    ['prose', () => fileOf(Array.from({ length: 5000 }, (_, i) => `Line ${i} of a novel.`)), 'E-LOG-FOREIGN'],
    ['prose in UTF-8', () => fileOf(['a — dash', '“quoted” ≠']), 'E-LOG-FOREIGN'],
    ['a kernel log in its place', () => ftraceOf('vtd-strict'), 'E-LOG-FOREIGN'],
  ])('%s', async (_, file, code) => {
    const path = file()
    const { subject, exit, ...rest } = await refusal({ log: path })
    expect(rest.code).toBe(code)
    expect(subject.startsWith(path)).toBe(true)
    expect(exit).toBe(2)
  })

  it('says where and what to do in one line each', async () => {
    const mixed = fileOf([...linesOf(logOf('vtd-pt')).slice(0, 9), 'amdvi_intr_inval Interrupt table invalidated'])
    expect(await refusal({ log: mixed })).toMatchObject({
      subject: `${mixed}:10`,
      problem: "a log of a VT-d unit (vtd_*) has the event amdvi_intr_inval of another vendor's",
    })
    expect(await refusal({ log: logOf('vtd-pt'), ftrace: logOf('vtd-pt') })).toMatchObject({ code: 'E-LOG-NO-FTRACE' })
  })
})

describe('damaged logs', () => {
  it('plain, packed, with CRLF, without the last line end: the same', async () => {
    const expected = (await validateLines(pt)).iotlb
    for (const content of [gzipSync(pt.join('\n')), pt.join('\r\n'), pt.join('\n')]) {
      const { iotlb, unread, log } = await validateLog({ log: fileOf(content) })
      expect([iotlb, unread.total, log.lines]).toEqual([expected, 0, 3000])
    }
  })

  it('every line that is no event is counted, by kind, with its number', async () => {
    const lines = [...pt.slice(0, 100), 'vtd_brand_new_event with 1 field', 'vtd_reg_write addr 0x88 size 0x4',
      '\x00\x01\x02\x7f',
      'qemu: warning: text', '', ...pt.slice(100, 200), 'vtd_inv_qi_tail wri']
    const { unread, log } = await validateLog({ log: fileOf(lines.join('\n')) })
    expect(unread.kinds.map(({ kind, places }) => [kind, places.lines])).toEqual(
      [['unknown event', [101]], ['wrong fields', [102]], ['cut off', [206]], ['binary', [103]], ['no event', [104]]])
    expect(unread).toMatchObject({ total: 5, blank: 1, unknownEvents: [{ name: 'vtd_brand_new_event', count: 1 }] })
    expect(unread.first[2]).toEqual({ line: 103, kind: 'binary', excerpt: '····' })
    expect(log.known + unread.total + unread.blank).toBe(log.lines)
  })

  it('a line of megabytes is one damaged line', async () => {
    const { unread } = await validateLines([...pt.slice(0, 50), 'x'.repeat(3_000_000), ...pt.slice(50, 100)])
    expect(unread).toMatchObject({ total: 1, first: [{ line: 51, kind: 'no event' }] })
    expect(unread.first[0]!.excerpt).toHaveLength(100)
  })

  it('gives progress, and plain data', async () => {
    const seen: number[] = []
    const report = await validateLog({ log: logOf('vtd-strict'), onProgress: lines => seen.push(lines) })
    expect(seen.at(-1)).toBe(63553)
    expect(seen.length).toBeGreaterThan(3)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})

describe('text', () => {
  it('keeps within the width, and shows marks, numbers and limits', async () => {
    const report = await validateLog({ log: logOf('vtd-lazy-timed'), ftrace: ftraceOf('vtd-lazy-timed') })
    for (const width of [80, 120]) {
      const text = renderValidation(report, theme(false, width))
      const paths = [report.log.path, report.kernel!.path]
      const wide = text.split('\n').filter(line => line.length > width && !paths.includes(line))
      expect(wide).toEqual([])
    }
    const text = renderValidation(report, theme(false, 110))
    expect(text).toContain('✓ true       hits-explained               5,089 hits, 2,386 fills\n')
    expect(text)
      .toMatch(/· false {6}unmaps-answered-one-by-one {3}31 one by one, 1,253 by flushes of domains 4, 5, 6, 7/)
    expect(text).toContain('flush   only         402')
    expect(text).not.toMatch(/ $/m)
    expect(renderValidation(report, theme(true, 110))).toContain('\u001b[')
  })

  it('shows what could not be read', async () => {
    const report = await validateLines([...pt.slice(0, 20), 'vtd_reg_write nonsense', ...pt.slice(20)])
    expect(renderValidation(report, theme(false, 80))).toContain(
      '1 line of the log not read: wrong fields 1\n  line 21, wrong fields: vtd_reg_write nonsense\n')
  })
})
