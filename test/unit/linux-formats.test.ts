/** A second format, made up here, that tells the same steps as QEMU's trace: nothing behind the formats can tell which
 *  log it was. */
import { afterAll, describe, expect, it } from 'vitest'
import type { At, UnitEvent } from '../../src/logs/event.ts'
import { Clock } from '../../src/logs/formats/clock.ts'
import type { Format, LogReader, Reading } from '../../src/logs/formats/format.ts'
import { qemuVtd } from '../../src/logs/vtd/format.ts'
import { logError } from '../../src/logs/lines.ts'
import type { ValidationReport } from '../../src/logs/report.ts'
import { boot, fileOf, forgetFiles, ftraceOf, linesOf, logOf, validated, verdictOf } from './linux-support.ts'

afterAll(forgetFiles)

/** A line is `kind field=value …` for each event, with `;` between two: words as `low,high` in hexadecimal, lists in
 *  brackets, everything else decimal or a name. `-` is a line that tells of nothing, `?` one that is not understood. */
function valueOf(text: string): unknown {
  if (text.startsWith('[')) return text === '[]' ? [] : text.slice(1, -1).split(',').map(Number)
  if (text.includes(',')) return Uint32Array.from(text.split(',').map(dword => Number.parseInt(dword, 16)))
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d/.test(text) ? Number(text) : text.replace('_', ' ')
}
function eventOf(text: string, at: At): UnitEvent {
  const [kind, ...fields] = text.split(' ')
  const values = fields.map(field => field.split('=')).map(([name, value]) => [name, valueOf(value!)])
  return { kind, at, ...Object.fromEntries(values) as object } as UnitEvent
}
function textOf(value: unknown): string {
  if (value instanceof Uint32Array) return [...value].map(dword => dword.toString(16)).join()
  return Array.isArray(value) ? `[${value.join()}]` : String(value).replace(' ', '_')
}
function lineOf(events: readonly UnitEvent[]): string {
  if (events.length === 0) return '-'
  const fieldsOf = (event: UnitEvent): string[] => Object.entries(event)
    .filter(([name]) => name !== 'kind' && name !== 'at').map(([name, value]) => `${name}=${textOf(value)}`)
  return events.map(event => [event.kind, ...fieldsOf(event)].join(' ')).join(';')
}

class TinyReader implements LogReader {
  isSure = false
  readonly stamps = new Clock().report()

  read(text: string, line: number): Reading {
    if (text.startsWith('?')) return { is: 'no event' }
    this.isSure = true
    const events = text === '-' ? [] : text.split(';').map(event => eventOf(event, { line, time_us: 0 }))
    return { is: 'event', name: 'tiny', use: 'replayed', events }
  }

  foreign() { return logError('FOREIGN', 'tiny', 'is none', 'write one') }
}
const tiny: Format = { again: 'write one', iotlbEntries: 1024, open: () => new TinyReader() }

/** What QEMU prints, and the same in the other format. */
const steps: readonly (readonly [qemu: string, tiny: string])[] = [
  ['vtd_context_cache_reset ', 'contextsReset'],
  ['vtd_reg_read addr 0x8 size 0x8', 'registerRead offset=8'],
  ['vtd_reg_write addr 0x90 size 0x8 value 0x49c2000', 'registerWrite offset=144 bytes=8 value=49c2000,0'],
  ['vtd_reg_write_gcmd status 0x0 value 0x4000000', 'command status=0 value=67108864'],
  ['vtd_inv_qi_enable enabled 1', '-'],
  ['vtd_inv_qi_setup addr 0x49c2000 size 256', 'queueSetup entries=256'],
  ['vtd_reg_ir_root addr 0x4a00000 size 0x10000', 'interruptTable address=77594624'],
  ['vtd_inv_qi_tail write tail 2', 'tail index=2'],
  ['vtd_inv_qi_head read head 0', 'fetch index=0'],
  ['vtd_inv_desc invalidate desc type iec high 0x0 low 0x4', 'descriptor words=4,0,0,0'],
  ['vtd_inv_desc_iec granularity 0x0 index 0x0 mask 0x0', 'carriedOut what=iec_global numbers=[]'],
  ['vtd_inv_qi_head read head 1', 'fetch index=1'],
  ['vtd_inv_desc invalidate desc type wait high 0x4852004 low 0x200000025', 'descriptor words=25,2,4852004,0'],
  ['vtd_inv_desc_wait_sw wait invalidate status write addr 0x4852004 data 0x2', 'waited status=75833348'],
  ['vtd_ir_enable enable 1', 'remapping what=interrupt on=true'],
  ['vtd_ir_irte_get index 1 low 0x4ff00 high 0x1000030000d', 'entryRead index=1 words=4ff00,0,30000d,100'],
  ['vtd_ir_remap index 1 trigger 0 vector 48 deliver 0 dest 0x1 mode 1',
    'remapped index=1 trigger=0 vector=48 delivery=0 destination=1 mode=1'],
  ['vtd_reg_dmar_root addr 0x57ac000 scalable 0', 'rootTable address=91930624 isScalable=false;dropped by=SRTP'],
  ['vtd_inv_qi_tail write tail 6', 'tail index=6'],
  ['vtd_inv_qi_head read head 2', 'fetch index=2'],
  ['vtd_inv_desc invalidate desc type context-cache high 0x0 low 0x11', 'descriptor words=11,0,0,0'],
  ['vtd_inv_desc_cc_global context invalidate globally', 'carriedOut what=context-cache_global numbers=[]'],
  ['vtd_inv_qi_head read head 3', 'fetch index=3'],
  ['vtd_inv_desc invalidate desc type wait high 0x485200c low 0x200000025', 'descriptor words=25,2,485200c,0'],
  ['vtd_inv_desc_wait_sw wait invalidate status write addr 0x485200c data 0x2', 'waited status=75833356'],
  ['vtd_inv_qi_head read head 4', 'fetch index=4'],
  ['vtd_inv_desc invalidate desc type iotlb high 0x0 low 0xd2', 'descriptor words=d2,0,0,0'],
  ['vtd_inv_desc_iotlb_global iotlb invalidate global', 'carriedOut what=iotlb_global numbers=[]'],
  ['vtd_inv_qi_head read head 5', 'fetch index=5'],
  ['vtd_inv_desc invalidate desc type wait high 0x4852014 low 0x200000025', 'descriptor words=25,2,4852014,0'],
  ['vtd_inv_desc_wait_sw wait invalidate status write addr 0x4852014 data 0x2', 'waited status=75833364'],
  ['vtd_dmar_enable enable 1', 'remapping what=DMA on=true;dropped by=TE'],
  ['vtd_iotlb_cc_update IOTLB context update bus 0x0 devfn 0x10 high 0x401 low 0x57ba001 gen 0 -> gen 1',
    'contextFill sid=16 words=57ba001,0,401,0'],
  ['vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0xffffe000 slpte 0x645d003 domain 0x4',
    'fill sid=16 address=4294959104 leaf=645d003,0 did=4'],
  ['vtd_dmar_translate dev 00:02.00 iova 0xffffe000 -> gpa 0x645d000 mask 0xfff',
    'translation sid=16 from=4294959104 to=105238528 bytes=4096'],
  ['vtd_iotlb_page_hit IOTLB page hit sid 0x10 iova 0xffffe040 slpte 0x645d003 domain 0x4',
    'hit sid=16 address=4294959168 leaf=645d003,0 did=4'],
  ['vtd_inv_qi_tail write tail 8', 'tail index=8'],
  ['vtd_inv_qi_head read head 6', 'fetch index=6'],
  ['vtd_inv_desc invalidate desc type iotlb high 0xffffe000 low 0x400f2', 'descriptor words=400f2,0,ffffe000,0'],
  ['vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x4 addr 0xffffe000 mask 0x0',
    'carriedOut what=iotlb_page numbers=[4,4294959104,0]'],
  ['vtd_inv_qi_head read head 7', 'fetch index=7'],
  ['vtd_inv_desc invalidate desc type wait high 0x485201c low 0x200000025', 'descriptor words=25,2,485201c,0'],
  ['vtd_inv_desc_wait_sw wait invalidate status write addr 0x485201c data 0x2', 'waited status=75833372'],
  ['vtd_iotlb_cc_hit IOTLB context hit bus 0x0 devfn 0x10 high 0x401 low 0x57ba001 gen 1',
    'contextHit sid=16 words=57ba001,0,401,0'],
  ['vtd_iotlb_page_update IOTLB page update sid 0x10 iova 0xffffe000 slpte 0x6460003 domain 0x4',
    'fill sid=16 address=4294959104 leaf=6460003,0 did=4'],
  ['vtd_dmar_translate dev 00:02.00 iova 0xffffe000 -> gpa 0x6460000 mask 0xfff',
    'translation sid=16 from=4294959104 to=105250816 bytes=4096'],
  ['vtd_ir_irte_get index 1 low 0x4ff00 high 0x1000030000d', 'entryRead index=1 words=4ff00,0,30000d,100'],
  ['vtd_translate_pt source id 0x18, iova 0x6461000', 'passThrough sid=24 address=105254912'],
  ['vtd_ce_not_present Context entry bus 0 devfn 24 not present', 'contextNotPresent'],
  ['vtd_dmar_fault sid 0x18 fault 6 addr 0x1ffdf000 write 0', 'fault sid=24 reason=6 address=536735744 write=false'],
  ['vtd_frr_new index 0 high 0x40ffff0600000018 low 0x1ffdf000', 'faultRecord words=1ffdf000,0,18,40ffff06'],
  ['vtd_iotlb_reset IOTLB reset (reason: full)', 'dropped by=capacity'],
  ['vtd_ir_remap_msi (addr 0xfee00004, data 0x0) -> (addr 0xfee00004, data 0x0)',
    'unremapped address=4276092932 data=0'],
  ['vtd_inv_desc_wait_write_fail write fail for wait desc hi 0x485201c lo 0x200000025', 'waitFailed'],
  ['vtd_inv_qi_tail write tail 256', 'tail index=256'],
  ['vtd_warn_invalid_qi_tail tail 0x100', 'tailRefused'],
]
const ofQemu = steps.map(([line]) => line), ofTiny = steps.map(([, line]) => line)

/** All that is said but the names that the log has for its lines. */
async function said(lines: readonly string[], format: Format): Promise<Omit<ValidationReport, 'events'>> {
  const { events: _, log, unread, ...rest } = await validated({ log: fileOf(lines), format })
  return { ...rest, log: { ...log, path: '' }, unread: { ...unread, first: [], kinds: [], unknownEvents: [] } }
}
function eventsOf(lines: readonly string[], format: Format): (readonly UnitEvent[])[] {
  const reader = format.open('log')
  return lines.map((text, i) => {
    const reading = reader.read(text, i + 1)
    return reading.is === 'event' ? reading.events : []
  })
}

describe('two formats', () => {
  it('make the same events of the same steps, of every kind', () => {
    const events = eventsOf(ofQemu, qemuVtd)
    expect(eventsOf(ofTiny, tiny)).toEqual(events)
    const every: Readonly<Record<Exclude<UnitEvent['kind'], 'complaint'>, true>> = {
      carriedOut: true, command: true, contextFill: true, contextHit: true, contextNotPresent: true,
      contextsReset: true, descriptor: true, dropped: true, entryRead: true, fault: true, faultRecord: true,
      fetch: true, fill: true, hit: true, interruptTable: true, passThrough: true, queueSetup: true,
      registerRead: true, registerWrite: true, remapped: true, remapping: true, rootTable: true, tail: true,
      tailRefused: true, translation: true, unremapped: true, waitFailed: true, waited: true,
    }
    expect([...new Set(events.flat().map(({ kind }) => kind))].sort()).toEqual(Object.keys(every))
  })

  it('get the same verdicts', async () => {
    const report = await said(ofTiny, tiny)
    expect(report).toEqual(await said(ofQemu, qemuVtd))
    expect(report.verdicts.filter(({ verdict }) => verdict === 'true').map(({ claim }) => claim)).toEqual([
      'log-complete', 'hits-explained', 'leaf-changes-invalidated', 'context-changes-invalidated',
      'one-command-at-a-time', 'tables-flushed-before-use', 'entries-well-formed', 'entries-obeyed',
    ])
    expect(report.verdicts.filter(({ verdict }) => verdict === 'false').map(({ claim }) => claim))
      .toEqual(['submissions-waited-for', 'tail-in-ring', 'no-unremapped-interrupt', 'no-faults'])
  })

  it('get the same verdicts whichever line is missing, and not those of the whole log', async () => {
    const without = <T>(list: readonly T[], i: number): T[] => list.filter((_, k) => k !== i)
    const page = ofTiny.findIndex(line => line.includes('400f2'))
    for (const i of steps.keys())
      expect(await said(without(ofTiny, i), tiny), ofTiny[i]).toEqual(await said(without(ofQemu, i), qemuVtd))
    const { verdicts } = await validated({ log: fileOf(without(ofTiny, page)), format: tiny })
    expect(verdicts.find(({ claim }) => claim === 'leaf-changes-invalidated')).toMatchObject({ verdict: 'not-shown' })
  })

  it.each(['vtd-strict', 'vtd-sm'])('get the same verdicts on %s, with the kernel log and the dump', async name => {
    const reader = qemuVtd.open('log')
    const lines = linesOf(logOf(name)).map((text, i) => {
      const reading = reader.read(text, i + 1)
      return reading.is === 'event' ? lineOf(reading.events) : `? ${text}`
    })
    const beside = { ftrace: ftraceOf(name), tables: boot(`${name}.tables.json-pages.gz`) }
    const there = await validated({ log: logOf(name), ...beside })
    const here = await validated({ log: fileOf(lines), format: tiny, ...beside })
    expect({ ...here, log: null, events: null, unread: null })
      .toEqual({ ...there, log: null, events: null, unread: null })
    expect(verdictOf(here, 'translations-in-tables').verdict).toBe('true')
  })
})
