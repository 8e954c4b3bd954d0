/** The recorded boots with an AMD unit, with exact counts (checked by hand with `zgrep -c EVENT`), and a doctored copy
 *  for each claim: a verdict that nothing turns false would say nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderValidation } from '../../src/logs/render/index.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import { validateLog } from '../../src/logs/validate.ts'
import { expectationsOf } from '../../src/logs/verdicts/expected.ts'
import { theme } from '../../src/text/theme.ts'
import { foreignIn } from './amdvi-audit-support.ts'
import {
  boot, fileOf, forgetFiles, ftraceOf, linesOf, logOf, validated, validateLines, verdictOf, verdictsOf,
} from './linux-support.ts'

afterAll(forgetFiles)

const tables = boot('amd-q10.tables.json-pages.gz')
/** `start`: the first lines of a boot. `end`: its last, with the dump. */
let strict: string[], start: string[], end: string[], kernel: string[]
let whole: ValidationReport, first: ValidationReport, last: ValidationReport
beforeAll(async () => {
  strict = linesOf(logOf('amd-strict'))
  start = linesOf(logOf('amd-q10-start'))
  end = linesOf(logOf('amd-q10-end'))
  // The kernel's events up to the last line of that trace.
  kernel = linesOf(ftraceOf('amd-q10')).filter(line => Number(/ (\d+\.\d+): /.exec(line)?.[1] ?? 0) < 19)
  whole = await validated({ log: logOf('amd-strict') })
  first = await validateLines(start, kernel)
  last = await validated({ log: logOf('amd-q10-end'), tables })
})
const verdict = async (lines: readonly string[], claim: string) => verdictOf(await validateLines(lines), claim)
/** Another command in its place, which removes nothing: as if the driver had not sent it. */
const unsent = (lines: readonly string[], what: RegExp, from = 0): string[] => lines.map((line, i) =>
  i >= from && what.test(line) ? line.replace(/amdvi_.*/, 'amdvi_iotlb_inval IOTLB pages invalidated') : line)
const findLast = (lines: readonly string[], pattern: RegExp, before = Infinity): number =>
  lines.findLastIndex((line, i) => i < before && pattern.test(line))

describe('what each boot holds', () => {
  it('is told in the words of AMD-Vi', () => {
    for (const report of [whole, first, last])
      expect(foreignIn(renderValidation(report, theme(false)) + report.verdicts.map(({ says }) => says).join(' ')))
        .toEqual([])
    expect(verdictOf(whole, 'log-complete').because).toBe('6,924 commands, each in both logs, and the same in both')
  })
  it('amd-strict: 2,833 fills and 2,068 hits, all explained', () => {
    const { iotlb, queue, irtes, log, unread } = whole
    expect([log.lines, log.known, unread.total, iotlb.fills, iotlb.hits, iotlb.explained, iotlb.translated])
      .toEqual([91298, 91298, 0, 2833, 2068, 2068, 4901])
    expect(queue.byKind).toEqual([{ kind: 'all', count: 1 }, { kind: 'devtab', count: 274 },
      { kind: 'interrupts', count: 411 }, { kind: 'pages', count: 3165 }, { kind: 'wait', count: 3073 }])
    expect([irtes.reads, irtes.remapped, irtes.remapDiffers.count, irtes.changes]).toEqual([6725, 6725, 0, 3])
    expect(whole.registers.commands.flatMap(({ commands }) => commands)).toContain('IommuEn=1')
    expect(verdictsOf(whole)).toEqual({
      'log-complete': 'true', 'hits-explained': 'true', 'leaf-changes-invalidated': 'true',
      'device-changes-invalidated': 'true', 'irte-changes-invalidated': 'true', 'submissions-waited-for': 'true',
      'no-unremapped-interrupt': 'true', 'no-faults': 'true', 'entries-well-formed': 'true', 'entries-obeyed': 'true',
    })
  })

  it('amd-q10: unmaps are answered by flushes of their domain; QEMU prints no range', () => {
    const { pairing } = first.kernel!
    expect([first.iotlb.fills, first.iotlb.explained, pairing.by, pairing.unanswered.count])
      .toEqual([697, first.iotlb.hits, 'clock', 0])
    expect(pairing.pairs).toEqual({ fetched: 112, mapped: 68 })
    expect(verdictsOf(first)).toMatchObject({ 'hits-explained': 'true', 'unmaps-answered-one-by-one': 'not-shown',
      'unmaps-all-answered': 'true' })
  })

  it('amd-q10, begun late: what happened before is not shown', async () => {
    const report = await validateLines(start.slice(6000), kernel)
    const said = '66 of 75 unmaps lie before the log begins or after it ends'
    expect(verdictOf(report, 'unmaps-all-answered')).toMatchObject({ verdict: 'not-shown', because: said })
    expect(report.lacks).toContain(said)
  })

  it('amd-q10, its end: what was cached stands in the dumped tables, pages of 8 KiB among it', () => {
    expect([last.tables!.between, last.tables!.translations.agreeing, last.tables!.irtes.agreeing])
      .toEqual([{ after: 7774, before: 8111 }, 8, 3])
    expect(verdictsOf(last)).toMatchObject({
      'hits-explained': 'not-shown', 'device-changes-invalidated': 'true', 'translations-in-tables': 'true',
      'irtes-in-tables': 'true', 'entries-well-formed': 'true',
    })
    expect(verdictOf(last, 'hits-explained').because).toBe('30 of 655 hits may be of entries older than the log')
  })
})

describe('each claim fails once', () => {
  it.each([/amdvi_command_exec/, /amdvi_completion_wait/, /amdvi_pages_inval/])(
    'log-complete: one line less (%s)', async pattern => {
      const gone = findLast(start, pattern, 6000)
      expect(await verdict(start.toSpliced(gone, 1), 'log-complete')).toMatchObject({ verdict: 'false' })
    })
  it('log-complete: a whole command less is a gap', async () => {
    const at = findLast(start, /amdvi_command_exec/, 6000)
    const report = await validateLines(start.toSpliced(at, 2))
    expect(verdictOf(report, 'log-complete').because).toBe('1 gap in the command buffer')
    expect(verdictOf(report, 'no-faults')).toMatchObject(
      { verdict: 'not-shown', because: 'no fault, but 1 gap in the command buffer' })
  })
  it('log-complete: a command that the unit does not know', async () => {
    const at = findLast(start, /amdvi_pages_inval/, 6000)
    const other = start.with(at,
      start[at]!.replace(/amdvi_pages_inval.*/, 'amdvi_unhandled_command unhandled command 0xb'))
    expect((await verdict(other, 'log-complete')).because).toContain('no command has the code 11')
  })
  it('hits-explained: a fill less, and a hit with another frame', async () => {
    const hit = findLast(start, /amdvi_iotlb_hit/, 9000)
    const [, device, page] = /devid (\S+) gpa (\S+)... hpa/.exec(start[hit]!)!
    const fill = findLast(start, new RegExp(`amdvi_cache_update .*devid: ${device} gpa ${page}... `), hit)
    expect(await verdict(start.toSpliced(fill, 1), 'hits-explained')).toMatchObject({ verdict: 'false' })
    const torn = start.with(fill, start[fill]!.slice(0, -9))
    expect((await verdict(torn, 'hits-explained')).because).toContain('where the log lacks lines')
    const other = start.with(hit, start[hit]!.replace('hpa 0x', 'hpa 0x7'))
    expect(await verdict(other, 'hits-explained')).toMatchObject({ verdict: 'false', lines: [hit + 1] })
  })
  it('leaf-changes-invalidated: a driver that leaves out its invalidations', async () => {
    const other = unsent(start, /amdvi_pages_inval/)
    expect(await verdict(other, 'leaf-changes-invalidated')).toMatchObject({ verdict: 'false' })
  })
  it('device-changes-invalidated: no DEVTAB for the device that moves, or pages of its old domain left', async () => {
    const devtab = unsent(end, /amdvi_devtab_inval .*00:03\.0/)
    expect(await verdict(devtab, 'device-changes-invalidated')).toMatchObject({ verdict: 'false' })
    const back = findLast(end, /cache_update .*domid 0xb /)
    const pages = unsent(end, /pages_inval .*domain 0xb /, back - 500)
    expect(await verdict(pages, 'device-changes-invalidated')).toMatchObject({ verdict: 'false' })
  })
  it('irte-changes-invalidated: no INVALIDATE_INTERRUPT_TABLE, or none that is waited for', async () => {
    const other = unsent(strict.slice(0, 40_000), /^amdvi_(?:intr|all)_inval/)
    const { verdict: said, because } = await verdict(other, 'irte-changes-invalidated')
    expect([said, because])
      .toEqual(['false', expect.stringMatching(/^1 of 1 change without; first: index 0, vector 36/)])
  })
  it('submissions-waited-for: the log ends before the wait', async () => {
    const at = findLast(start, /amdvi_pages_inval/)
    expect(await verdict(start.slice(0, at + 1), 'submissions-waited-for')).toMatchObject({ verdict: 'false' })
  })
  it('submissions-waited-for: pages are mapped anew before any wait has ended', async () => {
    const at = findLast(start, /amdvi_completion_wait/)
    const other = unsent(start.slice(0, at), /amdvi_completion_wait/)
    const { queue, verdicts } = await validateLines([...other, start[at]!])
    expect([queue.waits, queue.withoutWait.count]).toEqual([1, 20])
    expect(verdicts.find(({ claim }) => claim === 'submissions-waited-for')).toMatchObject({ verdict: 'false' })
  })
  it('no-faults: a page fault, whose device the next line names if of its page; an aborted interrupt', async () => {
    const at = findLast(start, /amdvi_cache_update/, 9000)
    const [, page] = /gpa (0x[0-9a-f]+)/.exec(start[at + 1]!)!
    const faultAt = (address: string): string =>
      `amdvi_page_fault error: page fault accessing guest physical address ${address}`
    const named = await validateLines(start.with(at, faultAt(page!)), undefined, 'no-faults,fault:00:04.0:' + page)
    expect(named.faults.groups).toMatchObject([{ reason: 2, condition: 'IO_PAGE_FAULT', sid: 0x20, write: null }])
    expect(verdictsOf(named)).toMatchObject({ 'no-faults': 'false', 'expect no-faults': 'true' })
    const other = await validateLines(start.with(at, faultAt('0x1000')), undefined, 'no-faults,fault:00:04.0:0x1000')
    expect(other.faults).toMatchObject({ groups: [{ sid: null }], refused: [], unplaced: 1 })
    expect(verdictsOf(other))
      .toMatchObject({ 'expect no-faults': 'false', 'expect fault:00:04.0:0x1000': 'not-shown' })
    expect(renderValidation(other, theme(false))).toContain(
      '    2h IO_PAGE_FAULT 1 request of no device that the log names: An entry of the')
    // A DMA is none of the device whose interrupt is under way; a message that the entry of its device refuses is.
    const message = findLast(start, /amdvi_ir_remap_msi_req/, 9000)
    const dte = 'amdvi_invalid_dte PTE entry at 0x20 is invalid'
    const [device] = /[0-9a-f]+$/.exec(start[message]!)!
    const amid = await validateLines(start.toSpliced(message + 1, 0, dte, faultAt('0x1000'), dte))
    expect(amid.faults.groups.map(({ reason, sid }) => [reason, sid]))
      .toEqual([[1, null], [1, Number.parseInt(device!, 16)], [2, null]])
    expect((await validateLines([...start.slice(0, at), faultAt('0x1000')])).faults).toMatchObject({ unplaced: 1 })
    const irte = findLast(start, /amdvi_ir_irte_ga_val/)
    const aborted = await validateLines(start.toSpliced(irte, 1, 'amdvi_ir_target_abort RemapEn is disabled'))
    expect(aborted.faults.groups).toMatchObject([{ reason: 2, condition: 'IO_PAGE_FAULT',
      says: 'The entry has RemapEn=0.' }])
  })
  it('an interrupt is refused for what QEMU says of it; where the manual has no event, by the cause', async () => {
    const lines = ['amdvi_ir_target_abort int_ctl abort', 'amdvi_ir_err int_ctl reserved',
      'amdvi_ir_err failed to get irte_ga', 'amdvi_ir_err passthrough is not enabled',
      'amdvi_err MSI is not from IOAPIC.', 'amdvi_ir_err something new',
      'qemu-system-x86_64: guest mode is not zero', 'qemu-system-x86_64: SMI is not supported!']
    const { faults } = await validateLines([...strict.slice(0, 100), ...lines])
    expect([faults.total, faults.groups.map(({ reason, condition }) => [reason, condition])]).toEqual([8, [
      [0, null], [0, null], [0, null], [1, 'ILLEGAL_DEV_TABLE_ENTRY'], [2, 'IO_PAGE_FAULT'],
      [3, 'DEV_TAB_HARDWARE_ERROR'], [0x1001, 'intctl-abort'],
      [0x1002, 'delivery-mode']]])
    expect(faults.groups.map(({ says }) => says)).toContain('An interrupt was refused: something new.')
  })
  it('entries-well-formed: a reserved bit of an interrupt entry, and of control', async () => {
    const irte = findLast(start, /amdvi_ir_irte_ga_val/)
    const other = start.with(irte, start[irte]!.replace(/hi 0x/, 'hi 0x1000'))
    expect(await verdict(other, 'entries-well-formed')).toMatchObject({ verdict: 'false', lines: [irte + 1] })
    const control = findLast(start, /amdvi_control_status/)
    const odd = start.with(control, start[control]!.replace(/state 0x.*/, 'state 0x2000000030483'))
    expect((await verdict(odd, 'entries-well-formed')).because).toContain('IommuControl')
  })
  it('entries-obeyed: an interrupt with another vector; a translation to another page', async () => {
    const at = findLast(start, /amdvi_ir_remap_msi .*-> /)
    const other = start.with(at, start[at]!.replace(/data 0x40..\)$/, 'data 0x4099)'))
    expect(await verdict(other, 'entries-obeyed')).toMatchObject({ verdict: 'false', lines: [at + 1] })
    const result = findLast(start, /amdvi_translation_result/)
    const elsewhere = start.with(result, start[result]!.replace('hpa 0x', 'hpa 0x1'))
    expect(await verdict(elsewhere, 'entries-obeyed')).toMatchObject({ verdict: 'false', lines: [result + 1] })
  })
  it('in tables: a translation and an interrupt entry that the dump does not have', async () => {
    const fill = findLast(end, /amdvi_cache_update .*00:04\.0/)
    const other = end.with(fill, end[fill]!.replace('hpa 0x', 'hpa 0x1'))
      .map(line => /amdvi_ir_irte_ga_val/.test(line) ? line.replace('lo 0x', 'lo 0x4000') : line)
    // What is invalidated later may differ until then.
    const report = await validated({ log: fileOf(unsent(other, /amdvi_intr_inval/, 8111)), tables })
    expect(verdictsOf(report)).toMatchObject({ 'translations-in-tables': 'false', 'irtes-in-tables': 'false' })
  })
  it('unmaps-all-answered: a log without invalidations after an unmap', async () => {
    const at = start.findIndex(line => /amdvi_pages_inval/.test(line))
    const other = unsent(start, /amdvi_(?:pages|all)_inval/, at + 1)
    const report = await validateLines(other, kernel)
    expect(verdictOf(report, 'unmaps-all-answered').verdict).toBe('false')
  })
})

describe('a kernel log beside it', () => {
  const within = (lines: readonly string[], from: number, to: number): string[] =>
    [...lines.slice(0, from), ...unsent(lines.slice(from, to), /amdvi_(?:pages|all)_inval/), ...lines.slice(to)]
  it('unmaps-all-answered: a flush after the page was mapped again is no answer', async () => {
    const report = await validateLines(within(start, 1480, 2000), kernel)
    expect(verdictOf(report, 'unmaps-all-answered')).toMatchObject({ verdict: 'false' })
  })
  it('maps-invalidated-before-use: each third command names another domain', async () => {
    expect(verdictOf(first, 'maps-invalidated-before-use')).toMatchObject({ verdict: 'true', because: '38 pages' })
    let seen = 0
    const other = start.map(line => /amdvi_pages_inval/.test(line) && seen++ % 3 === 1
      ? line.replace(/domain 0x\w+/, 'domain 0x77') : line)
    expect(verdictOf(await validateLines(other, kernel), 'maps-invalidated-before-use').verdict).not.toBe('true')
    const none = await validateLines(unsent(start, /amdvi_pages_inval/), kernel)
    expect(verdictOf(none, 'maps-invalidated-before-use').verdict).toBe('false')
  })
  it('neither strict nor lazy is shown: no command has a range', async () => {
    const asked = expectationsOf('strict,lazy')
    const reports = [await validateLog({ log: fileOf(start), ftrace: fileOf(kernel), expect: asked }),
      await validateLog({ log: fileOf(start.slice(0, 6000)), expect: asked })]
    for (const { verdicts } of reports)
      expect(verdicts.filter(({ kind }) => kind === 'expectation').map(one => [one.claim, one.verdict, one.because]))
        .toEqual(['strict', 'lazy'].map(what =>
          [`expect ${what}`, 'not-shown', expect.stringMatching(/^QEMU does not print the range/)]))
  })
})

describe('interrupts', () => {
  it('that pass unmapped while the unit is on are told', async () => {
    const at = findLast(start, /amdvi_ir_irte addr/)
    const other = start.toSpliced(at, 2)
    expect(await verdict(other, 'no-unremapped-interrupt')).toMatchObject({ verdict: 'false', kind: 'observation' })
  })
  it('whose line lacks that says which entry was read change no entry', async () => {
    const named = start.flatMap((line, i) => /amdvi_ir_irte addr/.test(line) ? [i] : [])
    const addressOf = (at: number): string => /addr \S+/.exec(start[at]!)![0] + /offset \S+/.exec(start[at]!)![0]
    const at = named.find((here, i) => i > 0 && addressOf(here) !== addressOf(named[i - 1]!))!
    const [whole, lacking] = [await validateLines(start), await validateLines(start.toSpliced(at, 1))]
    expect(lacking.irtes).toMatchObject({ reads: whole.irtes.reads, changes: whole.irtes.changes, missed: [] })
  })
})

describe('what does not fit together is refused', () => {
  it('a log with events of two vendors, either way', async () => {
    const vtd = 'vtd_inv_desc_iec granularity 0x0 index 0x0 mask 0x0'
    await expect(validateLines([...strict.slice(0, 3000), vtd])).rejects.toMatchObject({ code: 'E-LOG-MIXED' })
    await expect(validateLines([vtd, ...strict.slice(0, 5)])).rejects.toMatchObject({ code: 'E-LOG-MIXED' })
  })
  it('a dump of the other vendor', async () => {
    await expect(validated({ log: logOf('vtd-pt'), tables })).rejects.toMatchObject({ code: 'E-LOG-MIXED' })
    await expect(validated({ log: logOf('amd-strict'), tables: boot('vtd-pt.tables.json-pages.gz') }))
      .rejects.toMatchObject({ code: 'E-LOG-MIXED' })
  })
  it('a dump of another boot: nothing is compared', async () => {
    const report = await validated({ log: logOf('amd-strict'), tables })
    expect(verdictsOf(report)).toMatchObject({ 'translations-in-tables': 'not-shown', 'irtes-in-tables': 'not-shown' })
  })
})
