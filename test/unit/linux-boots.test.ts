/** The recorded boots, with exact counts. Checked by hand with `zgrep -c EVENT` and, for the pairing, by a script of
 *  other making. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pairingLines } from '../../src/logs/render/pairing.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import { expectationsOf } from '../../src/logs/verdicts/expected.ts'
import { theme } from '../../src/text/theme.ts'
import {
  boot, fileOf, forgetFiles, ftraceOf, linesOf, logOf, validated, verdictOf, verdictsOf,
} from './linux-support.ts'

afterAll(forgetFiles)

const names = ['vtd-strict', 'vtd-lazy', 'vtd-strict-timed', 'vtd-lazy-timed', 'vtd-pt', 'vtd-sm'] as const
const reports = new Map<string, ValidationReport>()
const of = (name: string): ValidationReport => reports.get(name)!
beforeAll(async () => {
  for (const name of names) reports.set(name, await validated({ log: logOf(name), ftrace: ftraceOf(name) }))
})

describe('what each boot holds', () => {
  it.each([
    ['vtd-strict', [63553, 1951, 4469, 1755, 7, 210, 1979, 12, 2275, 1623]],
    ['vtd-lazy', [49018, 2284, 4156, 31, 115, 210, 363, 11, 2385, 1625]],
    ['vtd-strict-timed', [58321, 1744, 3608, 1546, 7, 210, 1770, 11, 2146, 1431]],
    ['vtd-lazy-timed', [50800, 2386, 5089, 31, 69, 210, 317, 11, 2603, 1809]],
    ['vtd-pt', [33906, 306, 418, 31, 5, 210, 252, 11, 310, 62]],
    ['vtd-sm', [53845, 1244, 2299, 1259, 6, 180, 1456, 11, 1615, 1121]],
  ])('%s: lines, fills, hits; page, domain, IEC; waits, IRTE changes; maps, unmaps', (name, expected) => {
    const { log, iotlb, queue, irtes, kernel, unread } = of(name)
    const kind = (wanted: string): number => queue.byKind.find(row => row.kind === wanted)?.count ?? 0
    expect([
      log.lines, iotlb.fills, iotlb.hits, kind('iotlb page'), kind('iotlb domain'), kind('iec index'),
      queue.waits, irtes.changes, kernel!.pairing.maps, kernel!.pairing.unmaps,
    ]).toEqual(expected)
    expect([kind('iotlb global'), kind('iec global'), kind('context-cache global'), queue.submissions - queue.waits])
      .toEqual([1, 1, 1, 0])
    expect([unread.total, kernel!.unread.total, log.known]).toEqual([0, 0, log.lines])
  })

  it.each(names)('%s: the caches of the model explain every hit, and the rules hold', name => {
    const { iotlb, contexts, irtes, ...report } = of(name)
    expect([iotlb.explained, iotlb.unexplained.count, iotlb.otherContent.count, iotlb.beforeStart.count])
      .toEqual([iotlb.hits, 0, 0, 0])
    expect([contexts.explained, irtes.invalidated]).toEqual([contexts.hits, irtes.changes])
    expect([irtes.remapDiffers.count, irtes.halvesDisputed]).toEqual([0, 0])
    expect(irtes.halves).toBe('swapped')
    expect(verdictsOf({ ...report, iotlb, contexts, irtes })).toMatchObject({
      'log-complete': name === 'vtd-sm' ? 'not-shown' : 'true',
      'hits-explained': name === 'vtd-sm' ? 'not-shown' : 'true',
      'leaf-changes-invalidated': 'true',
      'context-changes-invalidated': 'true', 'irte-changes-invalidated': 'true', 'submissions-waited-for': 'true',
      'one-command-at-a-time': 'true', 'tables-flushed-before-use': 'true', 'no-faults': 'true',
    })
  })

  it('strict: one entry was fetched again unchanged, and 1,979 waits had one descriptor each', () => {
    const { iotlb, queue, registers } = of('vtd-strict')
    expect(iotlb.misses).toBe(1944 + 8)
    expect(iotlb.refilledSame).toEqual({ count: 1, lines: [29441] })
    expect(queue.perWait).toEqual([{ descriptors: 1, waits: 1979 }])
    expect(registers.commands.flatMap(({ commands }) => commands))
      .toEqual(['QIE=1', 'SIRTP', 'IRE=1', 'SRTP', 'TE=1', 'TE=0'])
    expect(iotlb.byDomain.map(({ did, hits }) => [did, hits])).toEqual([[4, 2376], [5, 1805], [6, 29], [7, 259]])
    expect(iotlb.emptied.at(-1)).toEqual({ conduct: 'TE', line: 63551, entries: 11 })
  })

  it('scalable mode: seven descriptors that QEMU does not print are missed, not passed over', () => {
    expect(of('vtd-sm').queue.unseen.count).toBe(7)
    expect(verdictOf(of('vtd-sm'), 'hits-explained').because)
      .toBe('46 hits of entries that a descriptor which QEMU does not print may have removed')
    expect(of('vtd-sm').registers.mode).toBe('scalable')
  })
})

describe('windows', () => {
  const rows = (name: string): string[] =>
    of(name).kernel!.pairing.rows.map(({ answer, basis, unmaps, held, laterUnmaps: { least, most } }) =>
      `${answer} ${basis} ${unmaps}: median ${least.median}..${most.median} max ${least.max}..${most.max}, `
        + `${held} held`)

  it('by clock: strict unmaps are flushed one by one, deferred ones tens of unmaps later', () => {
    expect(rows('vtd-strict-timed')).toEqual([
      'page named 1400: median 0..3 max 4..8, 891 held', 'domain inferred 31: median 5..5 max 13..13, 26 held'])
    expect(rows('vtd-lazy-timed')).toEqual([
      'page named 31: median 0..0 max 0..2, 31 held', 'domain only 402: median 7..7 max 121..121, 387 held',
      'domain inferred 851: median 44..44 max 511..511, 828 held'])
  })

  it('in time: under 0.1 ms, and 11 ms', () => {
    const wait = (name: string, basis: string) =>
      of(name).kernel!.pairing.rows.find(row => row.basis === basis)!.wait_us!
    expect(wait('vtd-strict-timed', 'named')).toMatchObject({ least: { median: 0 }, most: { median: 80 } })
    expect(wait('vtd-lazy-timed', 'only')).toMatchObject({ least: { median: 11084 }, most: { median: 11199 } })
  })

  it('the clocks are aligned to within 60 µs, and the offset is the one that pairs give', () => {
    const { clock } = of('vtd-strict-timed').kernel!.pairing
    expect(clock!.error_us).toBeLessThan(60)
    // by script: least difference of an unmap and the next invalidation of its block 1795371398.030926 s, first stamp
    // 1795371394.828476
    expect(Math.abs(clock!.offset_us - 3_202_450)).toBeLessThan(clock!.error_us)
    expect(of('vtd-lazy-timed').kernel!.pairing.clock!.error_us).toBeLessThan(60)
  })

  it('by order alone: a deferred window is certain, a strict one is not excluded', () => {
    const least = (name: string, answer: string): number[] =>
      of(name).kernel!.pairing.rows.filter(row => row.answer === answer).map(row => row.laterUnmaps.least.max)
    expect(of('vtd-strict').kernel!.pairing.by).toBe('order')
    expect(least('vtd-strict', 'page')).toEqual([0])
    expect(least('vtd-lazy', 'domain')).toEqual([157, 246])
    expect(of('vtd-strict').kernel!.pairing.rows[0])
      .toMatchObject({ unmaps: 1592, laterUnmaps: { most: { median: 3 } } })
  })

  it('in a table that is as wide as there is room', () => {
    const { kernel } = of('vtd-lazy-timed'), plain = theme(false)
    const [, ...wide] = pairingLines(kernel!.pairing, true, plain), rows = wide.slice(0, 5)
    const widest = Math.max(...rows.map(({ length }) => length))
    const narrow = pairingLines(kernel!.pairing, true, { ...plain, width: widest - 1 }).slice(1, 6)
    expect(Math.max(...narrow.map(({ length }) => length))).toBe(widest - 9)
    expect(narrow.map(text => text.split(/ +/))).toEqual(rows.map(text => text.split(/ +/)))
  })

  it.each(names)('%s: what is inferred is right nine times of ten at least where it can be checked', name => {
    const { checked, right } = of(name).kernel!.pairing.guesses
    expect(right).toBeGreaterThanOrEqual(checked * 0.9)
  })
})

describe('other logs', () => {
  it('the end of a boot with faults: they are named, and what is older than the log is left open', async () => {
    const report = await validated({ log: boot('vtd-firmware-dma-fault.trace-tail.log.gz') })
    expect(report.faults).toMatchObject({ total: 10, recorded: { count: 1, lines: [210] }, groups: [
      { condition: 'LGN.2', sid: 0x18, write: true, places: { lines: [215, 231] } },
      { condition: 'LGN.3', sid: 0x18, write: false, places: { count: 8 } }] })
    expect(verdictOf(report, 'no-faults'))
      .toMatchObject({ verdict: 'false', lines: [209, 215, 217, 219, 221, 223, 225, 227, 229, 231] })
    expect(verdictOf(report, 'hits-explained')).toMatchObject(
      { verdict: 'not-shown', because: '34 of 34 hits may be of entries older than the log' })
    expect(report.kernel).toBeNull()
  })

  it('a log that ends before the events of the kernel do, or begins after them, accuses nobody', async () => {
    const whole = linesOf(logOf('vtd-strict-timed')), ftrace = ftraceOf('vtd-strict-timed')
    for (const [lines, outside, strict] of [[whole.slice(0, 12_000), 1364, 'not-shown'],
      [whole.slice(-12_000), 833, 'false']] as const) {
      const report = await validated({ log: fileOf(lines), ftrace, expect: expectationsOf('strict,lazy') })
      const said = `${outside.toLocaleString('en-US')} of 1,431 unmaps lie before the log begins or after it ends`
      expect(report.lacks).toContain(said)
      expect(verdictOf(report, 'unmaps-all-answered')).toMatchObject({ verdict: 'not-shown', because: said })
      expect(report.verdicts.filter(({ kind, verdict }) => kind === 'rule' && verdict === 'false')).toEqual([])
      expect([verdictOf(report, 'expect strict').verdict, verdictOf(report, 'expect lazy').verdict])
        .toEqual([strict, 'not-shown'])
    }
  })
  it('a kernel log of another boot is refused', async () => {
    const { kernel } = await validated({ log: logOf('vtd-strict'), ftrace: ftraceOf('vtd-lazy') })
    expect(kernel!.pairing.refused)
      .toBe('the kernel log mapped only 19 of 579 pages that devices fetched: it is of another boot')
  })
  it('a kernel log that was cut off, or begun late, is told from one of another boot', async () => {
    const whole = linesOf(ftraceOf('vtd-strict'))
    const refusedOf = async (lines: readonly string[]): Promise<string | null> =>
      (await validated({ log: logOf('vtd-strict'), ftrace: fileOf(lines) })).kernel!.pairing.refused
    const part = new RegExp('^the kernel log mapped only \\d+ of 579 pages that devices fetched, '
      + 'yet they fetched \\d+ of its \\d+ maps: it is a part of this boot, cut off or begun late$')
    expect(await refusedOf(whole.slice(0, whole.length * 0.2))).toMatch(part)
    expect(await refusedOf(whole.slice(whole.length * 0.85))).toMatch(part)
    const unmap = whole.findIndex(line => line.includes(': unmap: '))
    expect(await refusedOf(whole.slice(unmap, unmap + 1))).toMatch(/: it is cut off, or of another boot$/)
    expect(await refusedOf(whole.slice(0, whole.length * 0.9))).toBeNull()
  })
})
