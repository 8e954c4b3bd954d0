/** Each verdict can be false: a doctored boot for every claim. A verdict that nothing turns false would say nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ValidationReport } from '../../src/logs/report.ts'
import {
  boot, fileOf, forgetFiles, ftraceOf, linesOf, logOf, queueEntries, validated, validateLines, verdictOf,
  unsent, withoutEntries,
} from './linux-support.ts'

afterAll(forgetFiles)

/** `strict`: as much of the boot as most claims need. */
let strict: string[], wholeStrict: string[], lazy: string[], lazyKernel: string[]
beforeAll(() => {
  wholeStrict = linesOf(logOf('vtd-strict'))
  strict = wholeStrict.slice(0, 24_000)
  lazy = linesOf(logOf('vtd-lazy-timed'))
  lazyKernel = linesOf(ftraceOf('vtd-lazy-timed'))
})
const verdict = async (report: Promise<ValidationReport>, claim: string) => verdictOf(await report, claim)
const findLast = (lines: readonly string[], pattern: RegExp, before: number): number =>
  lines.findLastIndex((line, i) => i < before && pattern.test(line))

describe('log-complete', () => {
  it.each([/vtd_inv_desc_iotlb_pages/, /vtd_inv_desc invalidate desc type iotlb/, /vtd_inv_qi_head/,
    /vtd_inv_desc_iec/])(
    'one line less (%s)', async pattern => {
      const gone = strict.findIndex((line, i) => i > 5_000 && pattern.test(line))
      expect(gone).toBeGreaterThan(0)
      expect(await verdict(validateLines(strict.toSpliced(gone, 1)), 'log-complete'))
        .toMatchObject({ verdict: 'false' })
    })

  it('a whole descriptor less', async () => {
    const entry = queueEntries(strict).find(({ from, text }) => from > 10_000 && text.includes('type iotlb'))!
    const { verdict: said, because, lines } = await verdict(validateLines(withoutEntries(strict, [entry])),
      'log-complete')
    expect([said, because]).toEqual(['false', '1 gap in the queue'])
    expect(lines).toEqual([entry.from + 1])
  })

  it('QEMU says it did another thing than the descriptor asks', async () => {
    const at = strict.findIndex(line => /vtd_inv_desc_iotlb_pages/.test(line))
    const other = strict.with(at, strict[at]!.replace(/mask 0x\d+/, 'mask 0x9'))
    expect(await verdict(validateLines(other), 'log-complete')).toMatchObject({ verdict: 'false', lines: [at + 1] })
  })

  it('a damaged line', async () => {
    const other = strict.with(1000, 'vtd_ir_remap index what')
    expect(await verdict(validateLines(other), 'log-complete')).toMatchObject({ verdict: 'false', lines: [1001] })
  })
})

describe('caches', () => {
  it('hits-explained: a fill less', async () => {
    const hit = strict.findIndex((line, i) => i > 10_000 && line.startsWith('vtd_iotlb_page_hit'))
    const [, sid, page] = /sid (\S+) iova (\S+)... slpte/.exec(strict[hit]!)!
    const fill = findLast(strict, new RegExp(`page_update .*sid ${sid} iova ${page}... `), hit)
    const { verdict: said, lines } = await verdict(validateLines(strict.toSpliced(fill, 1)), 'hits-explained')
    expect(said).toBe('false')
    // one line less stands before them
    for (const line of lines) expect(strict[line]).toContain(`page hit sid ${sid} iova ${page}`)
  })

  it('hits-explained: a hit with another frame', async () => {
    const hit = strict.findIndex((line, i) => i > 10_000 && line.startsWith('vtd_iotlb_page_hit'))
    const other = strict.with(hit, strict[hit]!.replace(/slpte 0x/, 'slpte 0x7'))
    expect(await verdict(validateLines(other), 'hits-explained')).toMatchObject({ verdict: 'false', lines: [hit + 1] })
  })

  it('leaf-changes-invalidated: a driver that left out one invalidation', async () => {
    // a page that was filled, invalidated by one descriptor, and filled again with another frame
    const fills = new Map<string, { at: number; slpte: string }>()
    const entries = queueEntries(strict).filter(({ text }) => text.includes('type iotlb'))
    const found = strict.flatMap((line, at) => {
      const fill = /page_update .*sid (\S+) iova (\S+)... slpte (\S+) domain (\S+)/.exec(line)
      if (fill === null) return []
      const key = `${fill[1]} ${fill[2]}`, last = fills.get(key)
      fills.set(key, { at, slpte: fill[3]! })
      const command = `domain ${fill[4]} addr ${fill[2]}000 mask 0x0`
      const between = entries.filter(({ from, text }) =>
        last !== undefined && from > last.at && from < at && text.includes(command))
      return last !== undefined && last.slpte !== fill[3] && between.length === 1 ? [{ at, entry: between[0]! }] : []
    })
    expect(found.length).toBeGreaterThan(40)
    for (const { at, entry } of [found[0]!, found[30]!]) {
      const { verdict: said, lines } = await verdict(validateLines(unsent(strict, [entry])),
        'leaf-changes-invalidated')
      expect(said).toBe('false')
      expect(lines).toContain(at + 1 - (entry.to - entry.from))
    }
  })

  it('context-changes-invalidated: without context-cache invalidations', async () => {
    const gone = queueEntries(wholeStrict)
      .filter(({ text }) => text.includes('type context-cache') || text.includes('type cc'))
    expect(gone).toHaveLength(5)
    const report = validateLines(unsent(wholeStrict, gone))
    expect(await verdict(report, 'context-changes-invalidated')).toMatchObject({ verdict: 'false' })
  })

  it('irte-changes-invalidated: the invalidations of one index less, and a change of an entry that got none',
    async () => {
      const { irtes: { sample: [change] } } = await validateLines(strict)
      const { index, oldLine, newLine } = change!
      const command = `index 0x${index.toString(16)} `
      const gone = queueEntries(strict)
        .filter(({ from, to, text }) => from >= oldLine && to < newLine && text.includes(command))
      expect(gone.length).toBeGreaterThan(0)
      const without = await validateLines(unsent(strict, gone))
      const dropped = gone.reduce((sum, { from, to }) => sum + to - from, 0)
      expect(verdictOf(without, 'irte-changes-invalidated'))
        .toMatchObject({ verdict: 'false', lines: [newLine - dropped] })
      expect(without.irtes.missed)
        .toMatchObject([{ index, from: 'vector 36 dst 0x200', to: 'vector 37 dst 0x200', waitLine: null }])

      const last = strict.findLastIndex(line => /vtd_ir_irte_get index 3 /.test(line))
      const changed = strict.with(last, strict[last]!.replace(/high 0x1000023/, 'high 0x1000024'))
      const obeyed = changed.with(last + 1, strict[last + 1]!.replace('vector 35', 'vector 36'))
      expect(verdictOf(await validateLines(obeyed), 'irte-changes-invalidated'))
        .toMatchObject({ verdict: 'false', lines: [last + 1] })
      // An entry that made another interrupt than its line says may be a damaged line.
      const report = await validateLines(changed)
      expect(verdictOf(report, 'irte-changes-invalidated').verdict).toBe('not-shown')
      expect(report.irtes.remapDiffers.count).toBe(1)
    })

  it('irte-changes-invalidated: a wait that comes after the next use is early enough, and the report says how late',
    async () => {
      const { irtes: { sample: [change] } } = await validateLines(strict)
      const { oldLine, newLine } = change!
      const gone = queueEntries(strict)
        .filter(({ from, text }) => from >= oldLine && from < newLine && text.includes('type wait'))
      const late = await validateLines(unsent(strict, gone))
      expect(verdictOf(late, 'irte-changes-invalidated')).toMatchObject({ verdict: 'true',
        because: expect
          .stringMatching(/; 1 change was used before its invalidation, at most \d+ lines \(line \d+\)$/) })
      expect(late.irtes.early.count).toBe(1)
      const { newLine: read, waitLine } = late.irtes.longest!
      const lines = unsent(strict, gone)
      const ended = await validateLines(lines.slice(0, findLast(lines, /vtd_inv_qi_tail /, waitLine - 1)))
      expect(ended.irtes.ending).toEqual({ count: 1, lines: [read] })
      expect(verdictOf(ended, 'irte-changes-invalidated').verdict).toBe('not-shown')
    })
})

describe('registers, waits, faults', () => {
  it('submissions-waited-for: a wait less', async () => {
    const entry = queueEntries(strict).find(({ from, text }) => from > 10_000 && text.includes('type wait'))!
    const report = validateLines(unsent(strict, [entry]))
    const rung = findLast(strict, /qi_tail/, entry.from) + 1
    expect(await verdict(report, 'submissions-waited-for')).toMatchObject({ verdict: 'false', lines: [rung] })
  })

  it('one-command-at-a-time: SRTP and TE in one write', async () => {
    const at = strict.findIndex(line => line.startsWith('vtd_reg_write_gcmd status 0x7000000'))
    const other = strict.with(at, 'vtd_reg_write_gcmd status 0x7000000 value 0xc6000000')
    expect(await verdict(validateLines(other), 'one-command-at-a-time'))
      .toMatchObject({ verdict: 'false', lines: [at + 1] })
  })

  it.each([['type iotlb high 0x0 low 0xd2', 'IOTLB, global'],
    ['type iec high 0x0 low 0x4\n', 'interrupt entry cache, global']])(
    'tables-flushed-before-use: without %s', async (text, missing) => {
      const entry = queueEntries(strict).find(found => `${found.text}\n`.includes(text))!
      const { verdict: said, because } = await verdict(validateLines(unsent(strict, [entry])),
        'tables-flushed-before-use')
      expect(said).toBe('false')
      expect(because).toContain(missing)
    })

  it('no-faults: the boot in which a device faulted', async () => {
    const report = validated({ log: boot('vtd-firmware-dma-fault.trace-tail.log.gz') })
    expect(await verdict(report, 'no-faults')).toMatchObject({ verdict: 'false' })
  })
})

describe('unmaps', () => {
  const whole = (name: string) => validated({ log: logOf(name), ftrace: ftraceOf(name) })

  it('unmaps-answered-one-by-one, unmaps-all-answered: true of a strict boot without deferred domains', async () => {
    const report = await whole('vtd-sm')
    expect(verdictOf(report, 'unmaps-answered-one-by-one')).toMatchObject({ verdict: 'true', because: '1,118 unmaps' })
    expect(verdictOf(report, 'unmaps-all-answered')).toMatchObject({ verdict: 'true', because: '1,118 unmaps' })
  })

  it('unmaps-answered-one-by-one: false where a domain is flushed', async () => {
    expect(verdictOf(await whole('vtd-strict-timed'), 'unmaps-answered-one-by-one')).toMatchObject(
      { verdict: 'false', because: '1,400 one by one, 31 by flushes of domain 4' })
    expect(verdictOf(await whole('vtd-lazy-timed'), 'unmaps-answered-one-by-one')).toMatchObject(
      { verdict: 'false', because: '31 one by one, 1,253 by flushes of domains 4, 5, 6, 7' })
  })

  it('unmaps-all-answered: false where the flushes end halfway', async () => {
    const gone = queueEntries(lazy).filter(({ from, text }) => from > lazy.length / 2 && text.includes('type iotlb'))
    const report = await validateLines(unsent(lazy, gone), lazyKernel)
    expect(verdictOf(report, 'unmaps-all-answered')).toMatchObject({ verdict: 'false', of: 'kernel' })
    expect(report.kernel!.pairing.unansweredSure.count).toBeGreaterThan(100)
  })

  it('no-hit-after-unmap: hits of all that a flush takes out, just before it', async () => {
    const flushes = queueEntries(lazy).filter(({ text }) => text.includes('whole domain 0x4'))
    const flush = flushes.find(({ from }, i) => i > 0 && from > lazy.length / 4 && from - flushes[i - 1]!.from > 200)!
    const before = flushes[flushes.indexOf(flush) - 1]!
    const stamp = /^\d+@\d+\.\d+:/.exec(lazy[flush.from]!)![0]
    const hits = lazy.slice(before.to, flush.from).flatMap(line => {
      const fill = /page_update IOTLB page update (.* domain 0x4)$/.exec(line)
      return fill === null ? [] : [`${stamp}vtd_iotlb_page_hit IOTLB page hit ${fill[1]}`]
    })
    expect(hits.length).toBeGreaterThan(5)
    const report = await validateLines(lazy.toSpliced(flush.from, 0, ...hits), lazyKernel)
    expect(verdictOf(report, 'hits-explained').verdict).toBe('true')
    const { verdict: said, because, lines } = verdictOf(report, 'no-hit-after-unmap')
    expect([said, because]).toEqual(['false', expect.stringMatching(/^\d+ pages? hit after its unmap$/)])
    expect(lines.every(line => / unmap: /.test(lazyKernel[line - 1]!))).toBe(true)
    expect(report.kernel!.pairing.hitAfterUnmap.length).toBeGreaterThan(0)
  })

  it('a kernel log with a damaged line, or that lost events, carries no true verdict', async () => {
    const kernel = linesOf(ftraceOf('vtd-sm'))
    const damaged = kernel.with(40, kernel[40]!.slice(0, 60))
    const log = fileOf(linesOf(logOf('vtd-sm')))
    const first = await validated({ log, ftrace: fileOf(damaged) })
    expect(first.kernel!.unread).toMatchObject({ total: 1, first: [{ line: 41, kind: 'no event' }] })
    expect(verdictOf(first, 'unmaps-answered-one-by-one').verdict).toBe('not-shown')
    const lost = await validated({ log, ftrace: fileOf(kernel.toSpliced(40, 0, 'CPU:1 [LOST 17 EVENTS]')) })
    expect(verdictOf(lost, 'unmaps-all-answered')).toMatchObject(
      { verdict: 'not-shown', because: expect.stringContaining('lost 17 events') })
  })
})
