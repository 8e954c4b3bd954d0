/** A kernel's trace without a log of the unit, as it comes of real hardware. */
import { afterAll, describe, expect, it } from 'vitest'
import { validateTrace } from '../../src/logs/traced/index.ts'
import { renderTrace } from '../../src/logs/traced/render.ts'
import type { TraceReport } from '../../src/logs/traced/report.ts'
import { expectationsOf } from '../../src/logs/verdicts/expected.ts'
import { headOf } from '../../src/report/head.ts'
import { theme } from '../../src/text/theme.ts'
import { run } from '../cli/run.ts'
import { wrongIn } from '../documents.ts'
import { fileOf, forgetFiles, ftraceOf, logOf } from './linux-support.ts'

afterAll(forgetFiles)

/** Event at so many microseconds. */
type Event = readonly [us: number, cpu: number, system: string, name: string, rest: string]
const stamp = (us: number): string => `2.${String(us).padStart(6, '0')}`
const forms = {
  ftrace: (all: readonly Event[]): string[] => ['# tracer: nop', ...all.map(([us, cpu, , name, rest]) =>
    `          nvme-101     [00${cpu}] d..1.     ${stamp(us)}: ${name}: ${rest}`)],
  'trace-cmd': (all: readonly Event[]): string[] => ['cpus=2', ...all.map(([us, cpu, , name, rest]) =>
    `          nvme-101   [00${cpu}] ${stamp(us)}: ${`${name}:`.padEnd(21)} ${rest}`)],
  perf: (all: readonly Event[]): string[] => all.map(([us, cpu, system, name, rest]) =>
    `Web Content 1  101 [00${cpu}] ${stamp(us)}: ${`${system}:${name}`.padStart(30)}: ${rest}`),
} as const
const hex = (page: number): string => `0x${(page * 4096).toString(16).padStart(16, '0')}`
const map = (us: number, page: number, cpu = 0): Event => [us, cpu, 'iommu', 'map',
  `IOMMU: iova=${hex(page)} - ${hex(page + 1)} paddr=${hex(page + 9)} size=4096`]
const unmap = (us: number, page: number, cpu = 0): Event => [us, cpu, 'iommu', 'unmap',
  `IOMMU: iova=${hex(page)} - ${hex(page + 1)} size=4096 unmapped_size=4096`]
const submit = (us: number, low: number, high: number, cpu = 0): Event => [us, cpu, 'intel_iommu', 'qi_submit',
  `iotlb_inv dmar1: 0x${low.toString(16)} 0x${high.toString(16)} 0x0 0x0`]
const byPage = (us: number, page: number, did = 5, cpu = 0): Event => submit(us, did * 65536 + 0xf2, page * 4096, cpu)
const byDomain = (us: number, did: number, cpu = 0): Event => submit(us, did * 65536 + 0xe2, 0, cpu)
const range = (us: number, from: number, to: number, did = 5): Event => [us, 0, 'intel_iommu', 'cache_tag_flush_range',
  `dmar1 0000:03:00.0[0] type iotlb did ${did} [0x${(from * 4096).toString(16)}-0x${(to * 4096 - 1).toString(16)}] `
    + 'addr 0x0 pages 0x1 mask 0x0']
const irq = (us: number, name: string, rest: string, cpu = 0): Event => [us, cpu, 'irq_vectors', name, `irq=33 ${rest}`]
const handler = (us: number, name: 'entry' | 'exit', cpu: number, number = 33): Event => [us, cpu, 'irq',
  `irq_handler_${name}`, `irq=${number} ${name === 'entry' ? 'name=nvme0q1' : 'ret=handled'}`]

async function traced(events: readonly Event[], form: keyof typeof forms = 'ftrace',
  expecting?: string): Promise<TraceReport> {
  const report = await validateTrace({ log: fileOf(forms[form](events)),
    ...expecting === undefined ? {} : { expect: expectationsOf(expecting) } })
  const head = headOf('validate-trace', 'holds', { tool: 'remapcheck', version: '0' })
  expect(wrongIn(JSON.parse(JSON.stringify({ ...head, ...report })))).toBeNull()
  return report
}
const said = (report: TraceReport, claim: string): readonly unknown[] => {
  const { verdict, because, lines } = report.verdicts.find(one => one.claim === claim)!
  return [verdict, because, lines]
}
const all = 'unmaps-all-answered', own = 'unmaps-answered-one-by-one'
const strict = [map(1, 7), unmap(20, 7), range(23, 7, 8), byPage(24, 7), map(30, 7), unmap(40, 7), byPage(46, 7)]

describe('unmaps and invalidations', () => {
  it.each(Object.keys(forms) as (keyof typeof forms)[])('are paired in a text of %s', async form => {
    const report = await traced(strict, form, 'strict,lazy')
    expect([report.unread.total, report.maps]).toEqual([0, 2])
    expect(report.flushes).toMatchObject({ unmaps: 2, own: 2, domains: [5], units: ['dmar1'],
      most_us: { median: 3, max: 6 }, descriptors: [{ kind: 'iotlb page', count: 2 }] })
    expect([all, own, 'expect strict', 'expect lazy'].map(claim => said(report, claim)[0]))
      .toEqual(['true', 'true', 'true', 'false'])
  })
  it('one that nothing covers is found, unless the trace ends too early', async () => {
    const missing = strict.toSpliced(2, 2)
    expect(said(await traced([...missing, unmap(50, 9), byPage(51, 9)]), all))
      .toEqual(['false', '1 unmap that nothing covers', [3]])
    expect(said(await traced(strict.slice(0, 6)), all)[0]).toBe('not-shown')
    const beside = [unmap(1, 7), byPage(2, 8), unmap(3, 9), byPage(4, 9), unmap(5, 9), byPage(6, 9)]
    expect(said(await traced(beside), all)[0]).toBe('false')
  })
  it('several descriptors may cover one together', async () => {
    const wide: Event = [1, 0, 'iommu', 'unmap', `IOMMU: iova=${hex(4)} - ${hex(6)} size=8192 unmapped_size=8192`]
    expect((await traced([wide, byPage(2, 4), byPage(3, 5)])).flushes).toMatchObject({ own: 1, most_us: { max: 2 } })
  })
  it('a flush bounds the window by the first domain and the last, as an unmap names none', async () => {
    const report = await traced([byDomain(1, 5), byDomain(2, 6), unmap(10, 7), byDomain(30, 5), unmap(35, 8),
      byDomain(50, 6), byDomain(60, 5)], 'ftrace', 'lazy')
    expect(report.flushes).toMatchObject({ own: 0, flushed: 2, least_us: { max: 20 }, most_us: { max: 40 } })
    expect([all, own, 'expect lazy'].map(claim => said(report, claim)[0])).toEqual(['true', 'false', 'true'])
    expect(said(await traced([byDomain(1, 5), byDomain(2, 6), unmap(10, 7), byDomain(30, 5)]), all)).toEqual(
      ['not-shown', expect.stringContaining('1 unmap after which some domains were flushed and not all'), [4]])
  })
  it('without events of the queue nothing is shown, and the report says which to switch on', async () => {
    expect(said(await traced([map(1, 7), unmap(2, 7)]), all))
      .toEqual(['not-shown', expect.stringContaining('switch on intel_iommu:qi_submit'), []])
  })
  it('lost events and damage leave nothing certain, and a clock that was set back no times', async () => {
    const lines = forms.ftrace(strict)
    const lost = await validateTrace({ log: fileOf(lines.toSpliced(3, 0, 'CPU:1 [LOST 12 EVENTS]')) })
    expect([lost.lacks, said(lost, all)[0]]).toEqual(['the kernel lost 12 events', 'not-shown'])
    const gone = await validateTrace({ log: fileOf(lines.toSpliced(3, 2, 'CPU:1 [LOST 2 EVENTS]')) })
    expect(said(gone, all)[0]).toBe('not-shown')
    const cut = await validateTrace({ log: fileOf(lines.with(4, lines[4]!.slice(0, 60))) })
    expect([cut.lacks, said(cut, all)[0]]).toEqual(['1 line could not be read', 'not-shown'])
    const earlier = lines.slice(1).map(line => line.replace(' 2.', ' 1.'))
    const jumped = await validateTrace({ log: fileOf([...lines, ...earlier]) })
    expect(jumped.trace.farthest_us).toBeGreaterThan(900_000)
    expect(renderTrace(jumped, theme(false, 100))).toContain('the clock was set back, so that times mean nothing')
  })
})

describe('interrupts', () => {
  const move = [irq(1, 'vector_update', 'vector=36 cpu=0 prev_vector=0 prev_cpu=0'), handler(5, 'entry', 0),
    handler(6, 'exit', 0), irq(10, 'vector_update', 'vector=37 cpu=1 prev_vector=36 prev_cpu=0'),
    handler(12, 'entry', 0),
    handler(14, 'exit', 0)]
  const freed = irq(20, 'vector_free_moved', 'cpu=0 vector=36 is_managed=0')

  it('have a life: vectors, moves, and what was in flight', async () => {
    const report = await traced([...move, freed, handler(30, 'entry', 1), handler(31, 'exit', 1)])
    expect(report.interrupts).toMatchObject({ moves: 1, entries: 3, moved: [{ irq: 33, from: { vector: 36, cpu: 0 },
      to: { vector: 37, cpu: 1 }, freed_us: 10, onOld: 1, onOther: 0 }] })
    for (const claim of ['vectors-not-shared', 'old-vectors-freed', 'no-interrupt-after-free', 'handlers-end'])
      expect(said(report, claim)[0], claim).toBe('true')
    const text = renderTrace(report, theme(false, 100))
    expect(text).toContain('irq 33 nvme0q1: 1 move, 3 handlers, vector 37 on CPU 1\n')
    expect(text).toContain('freed after 10 µs, 1 handled meanwhile, 1 on the old CPU')
    expect(text.split('\n').filter(line => line.length > 100 && line !== report.trace.path)).toEqual([])
  })
  it('that come late, share a vector, do not end or are silent are named', async () => {
    const late = [...move, freed, handler(30, 'entry', 0), handler(31, 'exit', 0)]
    const cleared: Event = [45, 0, 'irq_vectors', 'vector_clear', 'irq=33 vector=37 cpu=1 prev_vector=0 prev_cpu=0']
    expect(said(await traced([...late, cleared]), 'no-interrupt-after-free')).toEqual(['false', '1 handler', [9]])
    const shared: Event = [40, 0, 'irq_vectors', 'vector_update', 'irq=34 vector=37 cpu=1 prev_vector=0 prev_cpu=0']
    expect(said(await traced([...move, shared, cleared]), 'vectors-not-shared')).toEqual(['false', '1 vector', [8]])
    // A CPU that goes offline moves its interrupts without a record: what follows says from where.
    const elsewhere: Event = [44, 0, 'irq_vectors', 'vector_update', 'irq=33 vector=40 cpu=0 prev_vector=38 prev_cpu=0']
    const cases = [['no-interrupt-after-free', late], ['vectors-not-shared', [...move, shared]]] as const
    for (const [claim, events] of cases) {
      expect(said(await traced(events), claim)[0]).toBe('not-shown')
      expect(said(await traced([...events, elsewhere]), claim)[0]).toBe('true')
    }
    const reused: Event = [41, 0, 'irq_vectors', 'vector_update', 'irq=34 vector=36 cpu=0 prev_vector=0 prev_cpu=0']
    expect(said(await traced([...move, freed, reused]), 'vectors-not-shared')[0]).toBe('true')
    expect(said(await traced(move), 'old-vectors-freed')).toEqual(['false', expect.stringContaining('1 move'), [5]])
    const unended = await traced([handler(1, 'entry', 0), handler(2, 'entry', 0), handler(3, 'exit', 0),
      [4, 0, 'irq', 'irq_handler_exit', 'irq=33 ret=unhandled'], handler(5, 'entry', 0),
      [6, 0, 'irq', 'irq_handler_exit', 'irq=33 ret=unhandled']])
    expect(said(unended, 'handlers-end')).toEqual(
      ['false', '1 handler without an end, 1 interrupt that no handler took', [2, 7]])
    expect(renderTrace(await traced([...move.slice(0, 4), freed]), theme(false, 200)))
      .toContain('1 handler, vector 37 on CPU 1, none since its last move: late or lost if its device raised one')
  })
})

describe('faults', () => {
  it('are told with what the trace knows of the page', async () => {
    const fault = (us: number, page: number): Event => [us, 0, 'iommu', 'io_page_fault',
      `IOMMU:nvme 0000:03:00.0 iova=${hex(page)} flags=0x0001`]
    const report = await traced([map(1, 7), unmap(2, 7), fault(9, 7), fault(10, 99), map(11, 50), fault(12, 51),
      fault(13, 50)], 'ftrace', 'no-faults,fault:03:00.0:0x7000')
    expect(report.faults.first.map(({ says }) => says)).toEqual([
      'unmapped 7 µs before (line 3)', 'not mapped in this trace', 'the end of what was mapped at line 6',
      'mapped at line 6, perhaps for another device'])
    expect(['no-faults', 'expect no-faults', 'expect fault:03:00.0:0x7000'].map(claim => said(report, claim)[0]))
      .toEqual(['false', 'false', 'true'])
  })
})

describe('on the command line', () => {
  it('a recorded boot is right by its kernel alone, and needs no log of a unit', async () => {
    const { code, out } = await run(['validate', ftraceOf('vtd-first-stage'), '--json'])
    const report = JSON.parse(out) as TraceReport
    expect([code, said(report, 'vectors-not-shared')[0], report.unread.total]).toEqual([0, 'true', 0])
    expect(report.flushes.descriptors).toContainEqual({ kind: 'pasid-iotlb pasid', count: 11 })
    expect((await run(['validate', ftraceOf('vtd-first-stage'), '--ftrace', ftraceOf('vtd-strict')])).err)
      .toMatch(/this is the kernel's own trace[^]*\[E-USAGE\]/)
    expect((await run(['validate', logOf('vtd-pt'), '--ftrace', ftraceOf('vtd-pt')])).code).toBe(0)
  })
  it('exit codes are those of logs', async () => {
    const code = async (events: readonly Event[], ...flags: string[]): Promise<number> =>
      (await run(['validate', fileOf(forms.ftrace(events)), ...flags])).code
    expect(await code(strict, '--expect', 'strict')).toBe(0)
    expect(await code(strict, '--expect', 'lazy')).toBe(1)
    expect(await code([map(1, 7), unmap(2, 7)], '--expect', 'strict')).toBe(6)
    expect(await code([map(1, 7)])).toBe(4)
  })
})
