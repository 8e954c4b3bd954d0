/** A unit that begins anew within a log (suspend, a warm reboot, the next kernel), and stages of tables: nothing of a
 *  correct kernel is a breach. The lines are those of recorded boots of Linux 6.1. */
import { describe, expect, it } from 'vitest'
import { qemuVtd } from '../../src/logs/vtd/format.ts'
import { Replay } from '../../src/logs/vtd/replay.ts'
import { checkMaps } from '../../src/logs/pairing/maps.ts'
import { Commands } from '../../src/logs/pairing/commands.ts'
import { newTrail } from '../../src/logs/replay/trail.ts'
import type { KernelEvent } from '../../src/logs/event.ts'

function replayed(lines: readonly string[], trail = newTrail()): Replay {
  const replay = new Replay(1024, { trail }), reader = qemuVtd.open('log')
  lines.forEach((text, i) => {
    const reading = reader.read(text, i + 1)
    expect(reading.is).toBe('event')
    if (reading.is === 'event') for (const event of reading.events) replay.take(event)
  })
  return replay
}
const enabling = ['vtd_inv_qi_tail write tail 0', 'vtd_reg_write_gcmd status 0x0 value 0x4000000',
  'vtd_inv_qi_enable enabled 1', 'vtd_inv_qi_setup addr 0x49c2000 size 256']
const flush = (at: number): string[] => [`vtd_inv_qi_tail write tail ${at + 2}`, `vtd_inv_qi_head read head ${at}`,
  'vtd_inv_desc invalidate desc type iec high 0x0 low 0x4', 'vtd_inv_desc_iec granularity 0x0 index 0x0 mask 0x0',
  `vtd_inv_qi_head read head ${at + 1}`, 'vtd_inv_desc invalidate desc type wait high 0x4852004 low 0x200000025',
  'vtd_inv_desc_wait_sw wait invalidate status write addr 0x4852004 data 0x2']

describe('a queue that is switched on again', () => {
  it('begins at entry 0, and the tail that was set before submits nothing', () => {
    const { queue } = replayed([...enabling, ...flush(0), ...flush(2), ...enabling, ...flush(0)])
    expect(queue.report(100)).toMatchObject({ submissions: 3, waits: 3, completed: 3,
      gaps: { count: 0 }, withoutWait: { count: 0 } })
  })
  it('has a gap all the same where a line is lost after it', () => {
    const lines = [...enabling, ...flush(0), ...enabling, ...flush(0), ...flush(2)]
    const { queue } = replayed(lines.toSpliced(-6, 3))
    expect(queue.report(100).gaps.count).toBeGreaterThan(0)
  })
})

describe('a message in compatibility format', () => {
  const on = 'vtd_ir_enable enable 1', message = 'vtd_ir_remap_msi (addr 0xfee00004, data 0x0) -> (addr 0xfee00004, '
    + 'data 0x0)'
  const passedOf = (...lines: string[]): number => replayed(lines).unremapped.report().passed.count
  it('is no breach where the status shows that a reset had switched remapping off', () => {
    expect(passedOf(on, message, 'vtd_reg_write_gcmd status 0x0 value 0x4000000', message, on)).toBe(0)
    expect(passedOf(on, message, on)).toBe(0)
  })
  it('is one where remapping is on before and after it, or nothing says otherwise', () => {
    expect(passedOf(on, message, 'vtd_reg_write_gcmd status 0x7000000 value 0x87000000')).toBe(1)
    expect(passedOf(on, message, 'vtd_ir_enable enable 0', message)).toBe(1)
    expect(passedOf(on, message, 'vtd_ir_irte_get index 1 low 0x10 high 0x100000000300000d')).toBe(1)
    expect(passedOf(on, message)).toBe(1)
  })
})

it('a descriptor of type 6 does not make tables first stage: with caching mode Linux sends it for each', () => {
  const translated = 'vtd_dmar_translate dev 00:1f.02 iova 0xfff60000 -> gpa 0x883f000 mask 0xfff'
  const { iotlb } = replayed(['vtd_reg_dmar_root addr 0x1000 scalable 1',
    'vtd_inv_qi_setup addr 0x49c2000 size 256', 'vtd_inv_qi_tail write tail 1', 'vtd_inv_qi_head read head 0',
    'vtd_inv_desc invalidate desc type pasid-iotlb high 0x0 low 0x70026',
    'vtd_iotlb_page_update IOTLB page update sid 0xfa iova 0xfff60400 slpte 0x883f003 domain 0x7', translated,
    'vtd_inv_qi_tail write tail 2', 'vtd_inv_qi_head read head 1',
    'vtd_inv_desc invalidate desc type iotlb high 0xfff40005 low 0x700f2',
    'vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x7 addr 0xfff40000 mask 0x5',
    'vtd_iotlb_page_hit IOTLB page hit sid 0xfa iova 0xfff60000 slpte 0x883f003 domain 0x7', translated])
  expect(iotlb.report()).toMatchObject({ explained: 1, unexplained: { count: 0 } })
})

describe('with caching mode, an invalidation before the record of its map', () => {
  const at = { cpu: 0, time_us: 0 }
  const map = (line: number): KernelEvent => ({ kind: 'map', ...at, line, page: 5, end: 6, frame: 9 })
  const unmap = (line: number): KernelEvent => ({ kind: 'unmap', ...at, line, page: 5, end: 6 })
  const fill = 'vtd_iotlb_page_update IOTLB page update sid 0xfa iova 0x5000 slpte 0x9003 domain 0x4'
  const page = (index: number): string[] => [`vtd_inv_qi_head read head ${index}`,
    'vtd_inv_desc invalidate desc type iotlb high 0x5000 low 0x400f2',
    'vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x4 addr 0x5000 mask 0x0']
  /** `after`: of each event, the last line that is surely before it. */
  function checked(lines: readonly string[], events: readonly KernelEvent[], after: readonly number[]) {
    const trail = newTrail()
    replayed(lines, trail)
    const { missed, early } = checkMaps(events, trail.stays, after.map(line => ({ after: line, before: Infinity })),
      new Commands(trail.commands), true)
    return [missed.count, early.count]
  }
  it('may be that of the map; the answer to the unmap before is not', () => {
    expect(checked([...page(0), fill], [map(1)], [0])).toEqual([0, 0])
    expect(checked([...page(0), fill], [map(1)], [3])).toEqual([1, 1])
    expect(checked(['vtd_inv_qi_setup addr 0x2000 size 256', fill], [map(1)], [1])).toEqual([1, 0])
    // Both may be older than the log.
    expect(checked([fill], [map(1)], [0])).toEqual([0, 0])
    expect(checked([...page(0), fill], [unmap(1), map(2)], [0, 3])).toEqual([1, 0])
    expect(checked([...page(0), ...page(1), fill], [unmap(1), map(2)], [0, 6])).toEqual([1, 1])
  })
})

it('names interrupt entries that admit any source, once a content', () => {
  // The halves as their names say, which the first entry tells: high has SID, SQ and SVT.
  const read = (index: number, high: string): string =>
    `vtd_ir_irte_get index ${index} low 0x220000100000000d high ${high}`
  const { irtes } = replayed([read(3, '0x40010'), read(4, '0x0'), read(4, '0x0'), read(5, '0x0')])
  expect(irtes.report().anySource).toEqual({ count: 2, lines: [2, 4], indices: [4, 5] })
})

it('a hit without its fill, before a queue entry is lacking, may have it among the lines that are lost', () => {
  const hit = 'vtd_iotlb_page_hit IOTLB page hit sid 0xfa iova 0x5000 slpte 0x9003 domain 0x4'
  const head = ['vtd_reg_dmar_root addr 0x1000 scalable 0', ...enabling, ...flush(0)]
  const reportOf = (...more: string[]) => {
    const replay = replayed([...head, ...more])
    replay.doubts.settle()
    return replay.iotlb.report()
  }
  expect(reportOf(hit, ...flush(2))).toMatchObject({ unexplained: { count: 1 }, doubtful: { count: 0 } })
  expect(reportOf(hit)).toMatchObject({ unexplained: { count: 1 }, doubtful: { count: 0 } })
  expect(reportOf(hit, ...flush(6))).toMatchObject({ unexplained: { count: 0 }, doubtful: { count: 1 } })
})
