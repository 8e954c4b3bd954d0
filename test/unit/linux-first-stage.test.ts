/** Linux 6.12 with first-stage tables under QEMU 10: PASID-based invalidations act on the caches, and the kernel's own
 *  descriptors join the two logs. Faults put into the boot are found. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderValidation } from '../../src/logs/render/index.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import {
  boot, dumpFile, fileOf, forgetFiles, ftraceOf, linesOf, logOf, queueEntries, unsent, validated, validateLines,
  verdictOf, verdictsOf, withoutEntries,
} from './linux-support.ts'
import { theme } from '../../src/text/theme.ts'

afterAll(forgetFiles)

const end = boot('vtd-first-stage-end.trace-tail.log.gz')
let lines: string[], whole: ValidationReport
beforeAll(async () => {
  lines = linesOf(end)
  whole = await validated({ log: end, tables: dumpFile('vtd-first-stage-end') })
})
const bare = (line: string): string => line.slice(line.indexOf(':') + 1)
const stampOf = (line: string): string => line.slice(0, line.indexOf(':') + 1)
const verdict = async (doctored: readonly string[], claim: string) =>
  verdictOf(await validateLines(doctored), claim)

describe('a boot with first-stage tables', () => {
  it('comes out right, and both logs join descriptor by descriptor', async () => {
    const report = await validated({ log: logOf('vtd-first-stage'), ftrace: ftraceOf('vtd-first-stage') })
    expect(verdictsOf(report)).toMatchObject({
      'hits-explained': 'true', 'leaf-changes-invalidated': 'true', 'context-changes-invalidated': 'true',
      'irte-changes-invalidated': 'true', 'tail-in-ring': 'true', 'no-unremapped-interrupt': 'true',
      'entries-well-formed': 'true', 'unmaps-answered-one-by-one': 'false', 'unmaps-all-answered': 'true',
      'no-hit-after-unmap': 'true', 'maps-invalidated-before-use': 'not-shown',
    })
    expect([report.lacks, report.iotlb.removed.pasid, report.unread.total, report.kernel!.unread.total])
      .toEqual([null, 92, 0, 0])
    const { joined, clock, rows } = report.kernel!.pairing
    expect(joined).toBe(linesOf(ftraceOf('vtd-first-stage')).filter(line => line.includes(' qi_submit: ')).length)
    expect(clock!.error_us).toBeLessThan(60)
    expect(rows.every(({ answer }) => answer === 'pasid')).toBe(true)
  })

  it('its end begins late, and agrees with the dump: the mode is told by the descriptors', async () => {
    expect(verdictsOf(whole)).toMatchObject({
      'hits-explained': 'true', 'translations-in-tables': 'true', 'contexts-in-tables': 'true',
      'irtes-in-tables': 'true', 'entries-well-formed': 'true',
    })
    expect(whole.tables!.translations.agreeing).toBe(8)
    expect(whole.iotlb.removed.page).toBe(152)
    const alone = await validated({ log: end })
    expect(alone.registers.mode).toBe('scalable')
    expect(verdictOf(alone, 'leaf-changes-invalidated').verdict).toBe('true')
    expect(alone.entries.rows.map(({ structure }) => structure)).toContain('first-stage leaf 4K')
  })
})

describe('faults put into it are found', () => {
  /** A hit, the fill before it, and the flush of its PASID after it. */
  function used(): { hit: number; fill: number; flush: number } {
    const flush = lines.findIndex((line, i) => i > 2700 && line.includes('p-iotlb high 0x0 low 0x40026'))
    const hit = lines.findLastIndex((line, i) => i < flush && / page hit sid 0x10 .* domain 0x4$/.test(line))
    const [, page] = /iova (0x[0-9a-f]+)[0-9a-f]{3} slpte/.exec(lines[hit]!)!
    const fill = lines.findLastIndex((line, i) =>
      i < hit && line.includes(` page update sid 0x10 iova ${page}`) && line.endsWith(' domain 0x4'))
    expect([flush > hit, hit > fill, fill > 0]).toEqual([true, true, true])
    return { hit, fill, flush }
  }

  it('a missing fill', async () => {
    const { hit, fill } = used()
    const found = await verdict(lines.toSpliced(fill, 1), 'hits-explained')
    expect(found.verdict).toBe('false')
    expect(found.lines).toContain(hit)
  })
  it('a stale hit after a flush of its PASID', async () => {
    const { hit, flush } = used()
    const stale = stampOf(lines[flush]!) + bare(lines[hit]!)
    const after = lines.findIndex((line, i) => i > flush && line.includes('vtd_inv_desc_wait_sw')) + 1
    expect(await verdict(lines.toSpliced(after, 0, stale), 'hits-explained'))
      .toMatchObject({ verdict: 'false', lines: [after + 1], because: '1 hit of nothing, 0 hits of other content' })
    expect(await verdict(lines.toSpliced(flush, 0, stale), 'hits-explained')).toMatchObject({ verdict: 'true' })
  })
  it('flushes that the driver left out; where the log lost them nothing is certain', async () => {
    const flushes = queueEntries(lines).filter(({ text }) => text.includes('type p-iotlb'))
    expect(await verdict(unsent(lines, flushes), 'leaf-changes-invalidated')).toMatchObject({ verdict: 'false' })
    const lost = await validateLines(withoutEntries(lines, flushes))
    expect(verdictOf(lost, 'leaf-changes-invalidated').verdict).toBe('not-shown')
    expect(lost.lacks).toMatch(/gaps in the queue/)
    expect(lost.verdicts.filter(({ verdict: said }) => said === 'true')).toEqual([])
  })
  it('a leaf with a bit that first stage has to leave 0', async () => {
    const of = async (slpte: string) => verdictOf(await validateLines([
      'vtd_reg_dmar_root addr 0x1000 scalable 1', 'vtd_dmar_enable enable 1',
      `vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0x40000000 slpte ${slpte} domain 0x4`,
      'vtd_dmar_translate dev 00:02.00 iova 0x40000000 -> gpa 0x200000 mask 0x1fffff']), 'entries-well-formed')
    expect(await of('0x2000e7')).toMatchObject({ verdict: 'true' })
    expect(await of('0x2020e7')).toMatchObject({ verdict: 'false', lines: [3],
      because: '1 of 1; first: first-stage leaf 2M, !reserved13=1' })
  })
  it('a PASID entry of another domain, without an invalidation of it', async () => {
    const { fill } = used()
    const other = lines.with(fill, lines[fill]!.replace('domain 0x4', 'domain 0x9'))
    expect(await verdict(other, 'context-changes-invalidated')).toMatchObject({ verdict: 'false',
      because: expect.stringContaining('of another domain without invalidation of the PASID entry') })
  })
})

describe('what a driver can cause, and what is left', () => {
  it('a tail behind the ring is a breach, and what the unit says of it is known', async () => {
    const log = linesOf(logOf('vtd-first-stage')).slice(0, 200)
    const stamp = stampOf(log.at(-1)!)
    const bad = [...log, `${stamp}vtd_inv_qi_tail write tail 256`, `${stamp}vtd_inv_qi_fetch `,
      `${stamp}vtd_warn_invalid_qi_tail tail 0x100`, `${stamp}vtd_reg_write_iectl value 0x0`,
      `${stamp}vtd_fsts_clear_ip `, `${stamp}vtd_reg_ics_clear_ip `,
      `${stamp}vtd_re_not_present Root entry bus 3 not present`]
    const report = await validateLines(bad)
    expect(verdictOf(report, 'tail-in-ring')).toMatchObject({ verdict: 'false', lines: [201] })
    expect([report.unread.total, report.lacks]).toEqual([0, null])
  })
  it('waits by interrupt, domain-selective flushes of contexts, and statuses that cannot be written', async () => {
    const report = await validateLines(['vtd_inv_qi_setup addr 0x1000 size 256', 'vtd_inv_qi_tail write tail 0',
      'vtd_inv_qi_tail write tail 2', 'vtd_inv_qi_head read head 0',
      'vtd_inv_desc invalidate desc type context-cache high 0x0 low 0x40021',
      'vtd_inv_desc_cc_domain context invalidate domain 0x4', 'vtd_inv_qi_head read head 1',
      'vtd_inv_desc invalidate desc type wait high 0x0 low 0x15', 'vtd_inv_desc_wait_irq Generating complete event',
      'vtd_inv_qi_tail write tail 3', 'vtd_inv_qi_head read head 2',
      'vtd_inv_desc invalidate desc type wait high 0x1000 low 0x25',
      'vtd_inv_desc_wait_sw wait invalidate status write addr 0x1000 data 0x0',
      'vtd_inv_desc_wait_write_fail write fail for wait desc hi 0x1000 lo 0x25'])
    expect(verdictsOf(report)).toMatchObject({ 'log-complete': 'true', 'submissions-waited-for': 'false' })
    expect(report.queue).toMatchObject({ waits: 2, completed: 1 })
  })
  it('events of other parts of QEMU and of the kernel are counted and left; a torn line is none', async () => {
    const log = linesOf(logOf('vtd-pt')).slice(0, 900)
    const other = ['kvm_irqchip_commit_routes ', 'virtio_notify vdev 0x1 vq 0x2',
      'qemu-system-x86_64: warning: something else']
    const report = await validateLines(log.toSpliced(100, 0, ...other))
    expect([report.unread.total, report.log.messages]).toEqual([0, 1])
    expect(report.events).toContainEqual({ name: 'virtio_notify', use: 'ignored', count: 1 })
    const torn = await validateLines(log.toSpliced(100, 0, 'td_inv_qi_tail write tail 2'))
    expect(torn.unread.unknownEvents.map(({ name }) => name)).toEqual(['td_inv_qi_tail'])
    expect(torn.verdicts.filter(({ verdict: said }) => said === 'true')).toEqual([])
    await expect(validateLines(log.toSpliced(100, 0, 'amdvi_page_fault 1')))
      .rejects.toThrow(/has the event amdvi_page_fault of another vendor's/)
  })
  it("QEMU's own words are a fault, and a message that passes unremapped is a breach", async () => {
    const qemu = 'qemu-system-x86_64'
    const report = await validateLines(['vtd_ir_enable enable 1',
      'vtd_ir_remap_msi (addr 0xfee00004, data 0x0) -> (addr 0xfee00004, data 0x0)',
      `${qemu}: vtd_iova_to_slpte: detected splte reserve non-zero iova=0xfffff002, level=0x1slpte=0x102681803)`,
      `2026-01-01T00:00:00.000001Z ${qemu}: vtd_iommu_translate: detected translation failure (dev=01:00:00, `
        + 'iova=0xfffff002)',
      'qemu-system-x86_64: New fault is not recorded due to compression of faults'])
    expect(verdictOf(report, 'no-faults')).toMatchObject({ verdict: 'false', lines: [3, 4] })
    expect(verdictOf(report, 'no-unremapped-interrupt')).toMatchObject({ verdict: 'false', lines: [2],
      because: expect.stringContaining('first: address 0xfee00004, data 0x0') })
    expect(report.faults.complaints).toHaveLength(3)
    expect(renderValidation(report, theme(false, 200))).toContain('QEMU says    vtd_iova_to_slpte: detected splte')
  })
  it('what a line that the log lacks may explain is no breach: remapping off, a larger ring, a fill', async () => {
    const lines = ['vtd_ir_enable enable 1', 'vtd_inv_qi_setup addr 0x2000 size 256', 'vtd_inv_qi_tail write tail 300',
      'vtd_ir_remap_msi (addr 0xfee00004, data 0x0) -> (addr 0xfee00004, data 0x0)',
      'vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0xffffe000 slpte 0x645d003 domain 0x4',
      'vtd_dmar_translate dev 00:02.00 iova 0xffffe000 -> gpa 0x1000 mask 0xfff']
    const claims = ['no-unremapped-interrupt', 'tail-in-ring', 'entries-obeyed']
    const whole = await validateLines(lines), damaged = await validateLines([...lines, 'vtd_inv_qi_'])
    for (const claim of claims)
      expect([verdictOf(whole, claim).verdict, verdictOf(damaged, claim).verdict]).toEqual(['false', 'not-shown'])
  })
  it('logs of two machines that were mixed bear nothing out', async () => {
    const a = linesOf(logOf('vtd-pt')).slice(800, 3000), b = linesOf(logOf('vtd-strict')).slice(800, 3000)
    const mixed = a.flatMap((line, i) => i % 40 < 20 ? [line] : [line, b[i]!])
    const report = await validated({ log: fileOf(mixed) })
    expect(report.verdicts.filter(({ kind, verdict: said }) => kind === 'rule' && said === 'true')).toEqual([])
    expect(report.lacks).not.toBeNull()
  })
})

describe('caching mode', () => {
  const setUp = ['vtd_reg_dmar_root addr 0x1000 scalable 0', 'vtd_inv_qi_setup addr 0x2000 size 256',
    'vtd_dmar_enable enable 1', 'vtd_inv_qi_tail write tail 0']
  const fillOf = (page: string): string =>
    `vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0x${page}000 slpte 0x645d003 domain 0x4`
  const flushOf = (page: string, at: number): string[] => [`vtd_inv_qi_tail write tail ${at + 2}`,
    `vtd_inv_qi_head read head ${at}`, `vtd_inv_desc invalidate desc type iotlb high 0x${page}000 low 0x400f2`,
    `vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x4 addr 0x${page}000 mask 0x0`,
    `vtd_inv_qi_head read head ${at + 1}`, 'vtd_inv_desc invalidate desc type wait high 0x3000 low 0x200000025',
    'vtd_inv_desc_wait_sw wait invalidate status write addr 0x3000 data 0x2']
  const event = (at: number, name: string, rest: string): string =>
    `  init-1  [000] d..1.  1.00000${at}: ${name}: ${rest}`
  const rangeOf = (page: string): string => `iova=0x${page}000 - 0x${(Number.parseInt(page, 16) + 1).toString(16)}000`
  const mapOf = (at: number, page: string): string => event(at, 'map',
    `IOMMU: ${rangeOf(page)} paddr=0x000000000645d000 size=4096`)
  const unmapOf = (at: number, page: string): string => event(at, 'unmap',
    `IOMMU: ${rangeOf(page)} size=4096 unmapped_size=4096`)
  /** A page before: what happens to the other lies within the log. */
  const head = [...setUp, fillOf('ffffc'), ...flushOf('ffffc', 0)]
  const fill = fillOf('ffffe'), flush = flushOf('ffffe', 2)
  const own = [mapOf(3, 'ffffe'),
    event(4, 'cache_tag_flush_range_np', 'dmar0 0000:00:02.0[0] type iotlb did 4 [0xffffe000-0xffffefff] '
      + 'addr 0xffffe000 pages 0x1 mask 0x0'), unmapOf(5, 'ffffe')]
  const kernel = [mapOf(1, 'ffffc'), unmapOf(2, 'ffffc'), ...own]
  const said = async (log: readonly string[], ftrace: readonly string[]) =>
    verdictOf(await validateLines(log, ftrace), 'maps-invalidated-before-use')

  it('a map is invalidated before its first use, or the claim is false; without the mode it needs none', async () => {
    expect(await said([...head, ...flush, fill], kernel)).toMatchObject({ verdict: 'true', because: '1 page' })
    expect(await said([...head, fill, ...flush], kernel)).toMatchObject({ verdict: 'false', lines: [3] })
    expect(await said([...head, fill, ...flush], kernel.toSpliced(3, 1))).toMatchObject({ verdict: 'not-shown' })
    // The log may begin after the map and its invalidation.
    expect(await said([...setUp, fill, ...flushOf('ffffe', 0)], own)).toMatchObject({ verdict: 'not-shown' })
    // A clock too coarse to tell the order of two CPUs cannot blame one.
    const beside = event(1, 'map', 'IOMMU: iova=0x7000 - 0x8000 paddr=0x9000 size=4096').replace('[000]', '[001]')
    expect(await said([...head, fill, ...flush], [beside, ...kernel])).toMatchObject({ verdict: 'not-shown',
      because: expect.stringContaining('which came first is not known') })
    const later = event(9, 'unmap', 'IOMMU: iova=0x7000 - 0x8000 size=4096 unmapped_size=4096')
    expect(await said([...head, fill, ...flush], [later, ...kernel])).toMatchObject({ verdict: 'not-shown',
      because: expect.stringContaining('1 event stands behind one of a later time') })
  })
})
