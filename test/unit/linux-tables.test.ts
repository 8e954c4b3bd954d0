/** Logs bit by bit: entries against their layouts, and against dumps of the same boots; each claim with a doctored log
 *  or dump that makes it false. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UserError } from '../../src/errors.ts'
import { renderValidation } from '../../src/logs/render/index.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import type { Agreement, TablesReport } from '../../src/logs/tables/agreement.ts'
import { theme } from '../../src/text/theme.ts'
import {
  doctoredDump, dumpFile, fileOf, forgetFiles, linesOf, logOf, validated, validateLines, verdictOf, verdictsOf,
} from './linux-support.ts'

afterAll(forgetFiles)

const names = ['vtd-strict', 'vtd-lazy', 'vtd-pt', 'vtd-sm'] as const
const reports = new Map<string, ValidationReport>()
const of = (name: string): ValidationReport => reports.get(name)!
/** `late`: its end, as if the recording had begun after line `skipped`: enough for what is held when the dump is
 *  made. */
let strict: string[], late: string[]
const skipped = 53_000
beforeAll(async () => {
  strict = linesOf(logOf('vtd-strict'))
  late = strict.slice(skipped)
  for (const name of names) reports.set(name, await validated({ log: logOf(name), tables: dumpFile(name) }))
})

const strictWith = (tables: string, lines = late) => validated({ log: fileOf(lines), tables })
const opened = ({ open }: Agreement): Record<string, number> =>
  Object.fromEntries(open.map(({ reason, places }) => [reason, places.count]))
const counts = (tables: TablesReport): number[] =>
  [tables.translations, tables.contexts, tables.irtes].flatMap(({ agreeing, differing }) => [agreeing, differing.count])

describe('recorded boots', () => {
  it.each([
    ['vtd-strict', [63239, 63483], [11, 0, 4, 0, 9, 0], 1951, 8],
    ['vtd-lazy', [47141, 48957], [6, 0, 4, 0, 9, 0], 2284, 8],
    ['vtd-pt', [32984, 33836], [1, 0, 1, 0, 9, 0], 306, 3],
    ['vtd-sm', [53487, 53775], [13, 0, 4, 0, 10, 0], 1244, 5],
  ])('%s: where its dump was made; translations, contexts, interrupts that agree and differ',
    (name, [after, before], expected, leaves, contexts) => {
      const { tables, entries, ...report } = of(name)
      expect(tables!.between).toEqual({ after, before })
      expect(counts(tables!)).toEqual(expected)
      expect(Object.keys({ ...opened(tables!.translations), ...opened(tables!.contexts), ...opened(tables!.irtes) }))
        .toEqual(['invalidated'])
      const decoded = (structure: RegExp): number =>
        entries.rows.filter(row => structure.test(row.structure)).reduce((sum, row) => sum + row.decoded, 0)
      expect([decoded(/leaf/), decoded(/context entry/), decoded(/IRTE/), decoded(/invalidat(?:e|ion wait)$/)])
        .toEqual([leaves, contexts, report.irtes.reads, report.queue.descriptors])
      expect(report.iotlb.translated).toBe(report.iotlb.fills + report.iotlb.hits)
      expect(report.irtes.remapped).toBe(report.irtes.reads)
      expect(verdictsOf({ ...report, tables, entries })).toMatchObject({
        'entries-well-formed': 'true', 'entries-obeyed': 'true', 'translations-in-tables': 'true',
        'contexts-in-tables': 'true', 'irtes-in-tables': 'true',
      })
    })

  it('what was written to the registers, by field', () => {
    expect(of('vtd-sm').registers.writes.map(({ register, fields }) => `${register}: ${fields.join(' ')}`)).toEqual([
      'FEADDR: MA', 'FECTL: ', 'FEDATA: IMD', 'FEUADDR: ', 'FSTS: ', 'GCMD: QIE SIRTP IRE SRTP TE', 'IQA: QS DW IQA',
      'IQT: QT', 'IRTA: S IRTA', 'RTADDR: TTM RTA'])
  })

  it('without a dump no claim of tables is made, and bits are judged by what every unit reserves', async () => {
    const report = await validateLines(strict.slice(0, 8000))
    expect(report.tables).toBeNull()
    expect(Object.keys(verdictsOf(report)).filter(claim => claim.endsWith('-in-tables'))).toEqual([])
    expect(verdictOf(report, 'entries-well-formed').because).toMatch(/capabilities unknown$/)
  })
})

interface Changed { readonly lines: string[]; readonly at: number }
/** The first line of this form, changed; its number from 1. */
function changed(lines: readonly string[], form: RegExp, to: string, after = 0): Changed {
  const at = lines.findIndex((line, i) => i >= after && form.test(line))
  expect(at).toBeGreaterThan(0)
  return { lines: lines.with(at, lines[at]!.replace(form, to)), at: at + 1 }
}

describe('entries-well-formed', () => {
  it.each([
    ['a context entry', /(cc_update .*) low 0x57ba001/, '$1 low 0x57ba011', 'context entry', '!reserved4=1'],
    ['an interrupt entry', /(irte_get .*) high 0x1000022000d/, '$1 high 0x1000022300d', 'IRTE, remapped',
      '!reserved12=3'],
    ['a destination wider than IRTA.EIME allows', /(irte_get .*) high 0x1000022000d/, '$1 high 0x101000022000d',
      'IRTE, remapped', 'DST=0x10000'],
    ['an invalidation', /(type iotlb .*) low 0x500f2/, '$1 low 0x501f2', 'IOTLB invalidate', '!reserved8=1'],
    ['a wait', /(type wait .*) low 0x200000025/, '$1 low 0x200010025', 'invalidation wait', '!reserved12=0x10'],
    ['a command', /(reg_write addr 0x18 .*) value 0x5000000/, '$1 value 0x5000001', 'GCMD: global command',
      '!reserved0=1'],
  ])('%s with a bit set that must be 0', async (_, form, to, structure, wrong) => {
    const { lines, at } = changed(strict.slice(0, 7_000), form, to)
    const report = await validateLines(lines)
    expect(verdictOf(report, 'entries-well-formed')).toMatchObject({ verdict: 'false', lines: [at] })
    expect(report.entries.first).toMatchObject([{ line: at, structure, wrong }])
    const text = renderValidation(report, theme(false, 100))
    expect(text).toContain(`Bits that must be 0\n  line ${at}, ${structure}: ${wrong}; all of it: `)
  })

  it('a snoop bit in a leaf: wrong only in a unit without snoop control, which a dump tells', async () => {
    const { lines, at } = changed(strict.slice(0, 7_000), /(page_update .* slpte 0x[0-9a-f]+)003/, '$1803')
    expect(verdictOf(await validateLines(lines), 'entries-well-formed').verdict).toBe('true')
    const report = await strictWith(dumpFile('vtd-strict'), [...lines, ...strict.slice(7_000)])
    expect(verdictOf(report, 'entries-well-formed'))
      .toMatchObject({ verdict: 'false', lines: [at], because: expect.stringContaining('second-stage leaf 4K, SNP=1') })
  })

  it('a scalable-mode context entry', async () => {
    const { lines, at } = changed(linesOf(logOf('vtd-sm')).slice(0, 6_000), /(cc_update .*) low 0x57b4401/,
      '$1 low 0x57b4581')
    const report = await validateLines(lines)
    expect(report.entries.first)
      .toMatchObject([{ line: at, structure: 'scalable-mode context entry', wrong: '!reserved7=3' }])
  })
})

describe('descriptors of scalable mode', () => {
  it('types 6 and 7, which QEMU 7.2 fetches without a line, are read where one is there', async () => {
    const sm = linesOf(logOf('vtd-sm'))
    const unseen = sm.flatMap((line, i) => /qi_head/.test(line) && !/vtd_inv_desc /.test(sm[i + 1]!) ? [i] : [])
    expect(unseen).toHaveLength(7)
    const lines = sm.flatMap((line, i) =>
      unseen.includes(i) ? [line,
        `vtd_inv_desc invalidate desc type pc high 0x0 low 0x${i === unseen[0] ? '20037' : '10000040006'}`] : [line])
    const without = await validateLines(lines)
    expect(verdictOf(without, 'log-complete').because).toContain('PASID-based IOTLB invalidate: no such granularity')
    const right = await validateLines(lines.map(line => line.replace('low 0x10000040006', 'low 0x10000040026')))
    expect(verdictOf(right, 'log-complete').verdict).toBe('true')
    expect(right.queue.byKind.filter(({ kind }) => kind.startsWith('pasid')))
      .toEqual([{ kind: 'pasid-cache global', count: 1 }, { kind: 'pasid-iotlb pasid', count: 6 }])
    expect(right.entries.rows.find(({ structure }) => structure === 'PASID-cache invalidate'))
      .toMatchObject({ decoded: 1 })
  })

  it('a queue of narrow descriptors is refused by scalable mode', async () => {
    const { lines } = changed(linesOf(logOf('vtd-sm')).slice(0, 2_000), /value 0x49cc801/, 'value 0x49cc001')
    expect(verdictOf(await validateLines(lines), 'log-complete').because)
      .toContain('scalable mode needs descriptors of 256 bits')
  })
})

describe('entries-obeyed', () => {
  it.each([
    ['a translation to another page', /(dmar_translate .* gpa 0x[0-9a-f]+)[0-9a-f]000 mask/, '$10100000 mask'],
    ['an interrupt with another vector', /(ir_remap index 0 .*) vector 34/, '$1 vector 35'],
    ['an interrupt to another CPU', /(ir_remap index 0 .*) dest 0x1/, '$1 dest 0x2'],
  ])('%s', async (_, form, to) => {
    const { lines, at } = changed(strict.slice(0, 7_000), form, to)
    expect(verdictOf(await validateLines(lines), 'entries-obeyed')).toMatchObject({ verdict: 'false', lines: [at] })
  })
})

/** What the log and the dump of the strict boot both hold at the end: device 00:02.0, page 0xffffd000. */
const leaf = 0x87a2003n
const whole = '0xffffd000 -> 0x87a2000 rw, 4 KiB'

describe('translations-in-tables', () => {
  it.each([
    ['another page', leaf + 0x1000n, 'domain 4: 0xffffd000 -> 0x87a3000 rw, 4 KiB'],
    ['fewer rights', leaf - 2n, 'domain 4: 0xffffd000 -> 0x87a2000 r-, 4 KiB'],
    ['nothing there', 0n, 'fault 6h'],
    ['a reserved bit', leaf + 0x800n, 'fault ch'],
  ])('%s in the dump', async (_, to, dump) => {
    const { tables, ...report } = await strictWith(doctoredDump('vtd-strict', leaf, to))
    const verdict = verdictOf({ ...report, tables }, 'translations-in-tables')
    expect(verdict).toMatchObject({ verdict: 'false',
      because: expect.stringContaining('1 of 7 translations; first: 00:02.0 page 0xffffd000') })
    expect(tables!.translations.differences)
      .toMatchObject([{ line: verdict.lines[0], log: `domain 4: ${whole}`, dump: expect.stringContaining(dump) }])
    const text = renderValidation({ ...report, tables }, theme(false, 100))
    expect(text).toContain(`      log   domain 4: ${whole}\n      dump  ${dump}`)
  })

  it('another page in the log: its fill and all its hits', async () => {
    const from = late.findLastIndex(line => /page_update .* iova 0xffffd[0-9a-f]{3} slpte 0x87a2003/.test(line))
    const lines = late.map((line, i) => i >= from ? line.replace('slpte 0x87a2003', 'slpte 0x87b2003') : line)
    const report = await strictWith(dumpFile('vtd-strict'), lines)
    expect(verdictOf(report, 'translations-in-tables')).toMatchObject({ verdict: 'false', lines: [from + 1] })
  })

  it('another domain-id in the context entry: all translations of the device', async () => {
    const { tables } = await strictWith(doctoredDump('vtd-strict', 0x401n, 0x901n))
    expect(tables!.translations.differing.count).toBeGreaterThan(1)
    expect(tables!.translations.differences[0]!.dump).toMatch(/^domain 9: /)
    expect(tables!.contexts.differing.count).toBe(1)
  })

  it('scalable mode: another domain-id in the PASID entry', async () => {
    const { tables } = await validated({ log: fileOf(linesOf(logOf('vtd-sm')).slice(44_000)),
      tables: doctoredDump('vtd-sm', 0x4n, 0x9n) })
    expect(tables!.translations.differences[0]).toEqual({
      line: 191, what: '00:02.0 page 0xffffe000', log: 'domain 4: 0xffffe000 -> 0x8a8c000 rw, 4 KiB',
      dump: 'domain 9: 0xffffe000 -> 0x8a8c000 rw, 4 KiB' })
  })
})

describe('contexts-in-tables and irtes-in-tables', () => {
  it('another table in the context entry', async () => {
    const { tables, ...report } = await strictWith(doctoredDump('vtd-strict', 0x87a0001n, 0x87a1001n))
    expect(verdictOf({ ...report, tables }, 'contexts-in-tables'))
      .toMatchObject({ verdict: 'false', lines: [54027 - skipped] })
    expect(tables!.contexts.differences).toEqual([
      { line: 54027 - skipped, what: 'context entry of 00:02.0', log: 'P=1 SSPTPTR=0x87a0 AW=1 DID=4',
        dump: 'P=1 SSPTPTR=0x87a1 AW=1 DID=4' }])
  })
  it('another vector in the interrupt entry', async () => {
    const { tables, ...report } = await strictWith(doctoredDump('vtd-strict', 0x1000023000dn, 0x1000024000dn))
    expect(verdictOf({ ...report, tables }, 'irtes-in-tables').verdict).toBe('false')
    expect(tables!.irtes.differences)
      .toMatchObject([{ what: 'interrupt entry 3', log: expect.stringContaining(' V=0x23 '),
        dump: expect.stringContaining(' V=0x24 ') }])
  })
  it('an entry that passes through', async () => {
    const { tables, ...report } = await validated({ log: logOf('vtd-pt'), tables: doctoredDump('vtd-pt', 0x9n, 0x8n) })
    expect(verdictOf({ ...report, tables }, 'translations-in-tables').verdict).toBe('false')
    expect(tables!.translations.differences)
      .toMatchObject([{ log: 'passes through: 0x62ec000 -> 0x62ec000', dump: expect.stringMatching(/^fault 2h/) }])
    expect(tables!.contexts.differing.count).toBe(1)
  })
})

describe('what cannot be compared', () => {
  const cut = 63_483 - 1 - skipped
  it('a page table that is not in the dump', async () => {
    const bytes = gunzipSync(readFileSync(dumpFile('vtd-strict')))
    const end = bytes.indexOf(10)
    const head = JSON.parse(bytes.toString('latin1', 0, end)) as { pages: string[] }
    const gone = head.pages.indexOf('0x87a0000')
    const body = bytes.subarray(end + 1)
    const left = Buffer.concat([body.subarray(0, gone * 4096), body.subarray((gone + 1) * 4096)])
    const first = JSON.stringify({ ...head, pages: head.pages.toSpliced(gone, 1) })
    const tables = fileOf(Buffer.concat([Buffer.from(`${first}\n`), left]))
    const report = await strictWith(tables)
    expect(opened(report.tables!.translations)).toMatchObject({ missing: expect.any(Number) })
    expect(report.tables!.translations.differing.count).toBe(0)
  })

  it('not in the dump, and invalidated after it', async () => {
    const after = ['vtd_inv_qi_head read head 104',
      'vtd_inv_desc invalidate desc type iotlb high 0xffffd000 low 0x400f2',
      'vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x4 addr 0xffffd000 mask 0x0']
    const { tables } = await strictWith(doctoredDump('vtd-strict', leaf, 0n), late.toSpliced(cut + 3, 0, ...after))
    expect([counts(tables!), opened(tables!.translations)])
      .toEqual([[6, 0, 1, 0, 4, 0], expect.objectContaining({ pending: 1 })])
  })

  it('not in the dump, and the log ends before it could have been invalidated', async () => {
    const { tables } = await strictWith(doctoredDump('vtd-strict', leaf, 0n), late.slice(0, cut))
    expect([counts(tables!).slice(0, 2), opened(tables!.translations)])
      .toEqual([[6, 0], expect.objectContaining({ ending: 1 })])
  })

  it('not in the dump, and first fetched about when it was made', async () => {
    const fill = 'vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0x12345000 slpte 0x87a5003 domain 0x4'
    const { tables } = await strictWith(dumpFile('vtd-strict'), late.toSpliced(cut - 3, 0, fill))
    expect(opened(tables!.translations)).toMatchObject({ later: 1 })
  })
})

describe('dumps that do not fit', () => {
  const refused = async (tables: string, lines = late): Promise<string | null> => {
    const report = await strictWith(tables, lines)
    expect(['translations', 'contexts', 'irtes'].map(part => verdictOf(report, `${part}-in-tables`).verdict))
      .toEqual(['not-shown', 'not-shown', 'not-shown'])
    expect(renderValidation(report, theme(false, 100))).toContain('Tables not compared: ')
    return report.tables!.refused
  }
  it('of another boot',
    async () => {
      expect(await refused(dumpFile('vtd-lazy')))
        .toMatch(/^at no line was the invalidation queue as it is in the dump: it is of another boot/)
    })
  it('its capabilities then condemn no entry', async () => {
    const { lines } = changed(strict.slice(0, 7_000), /(page_update .* slpte 0x[0-9a-f]+)003/, '$1803')
    const report = await strictWith(dumpFile('vtd-lazy'), lines)
    expect(verdictOf(report, 'entries-well-formed'))
      .toMatchObject({ verdict: 'not-shown', because: expect.stringContaining('a dump that does not fit') })
  })
  it('made after the log ends',
    async () => { expect(await refused(dumpFile('vtd-strict'), late.slice(0, 7_000))).toMatch(/^at no line/) })
  it('with another root table', async () => {
    expect(await refused(doctoredDump('vtd-strict', leaf, leaf, { RTADDR: '0x57b4000' }), strict))
      .toBe('the root table is at 0x57ac000 in the log (line 816) and at 0x57b4000 in the dump')
  })
  it.each([
    ['missing', () => '/nowhere/at/all.gz', 'E-DUMP-MISSING'],
    ['cut off', () => fileOf(readFileSync(dumpFile('vtd-strict')).subarray(0, 3000)), 'E-DUMP-TRUNCATED'],
    ['a whole image of memory', () => fileOf(new Uint8Array(8192)), 'E-DUMP-JSON'],
    ['without registers', () => fileOf('{"pages":[]}\n'), 'E-DUMP-REGISTER'],
    ['a log', () => logOf('vtd-strict'), 'E-DUMP-JSON'],
  ])('%s: one line', async (_, file, code) => {
    const error: unknown = await strictWith(file()).then(() => null, (cause: unknown) => cause)
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).code).toBe(code)
    expect((error as UserError).next).not.toMatch(/--(?:cap|format)/)
  })
})
