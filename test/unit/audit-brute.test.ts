/** Who writes tables and who shares memory, held against counting page by page with the walker, which knows nothing of
 *  ranges, intervals or sweeps. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { rootsOf, rulesOf, translationUnitOf } from '../../spec/vtd/capabilities.ts'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { newTrail, translate } from '../../spec/vtd/walk/walk.ts'
import type { AuditReport } from '../../src/audit/report.ts'
import { auditOf, dumpOf, full, Machine } from './audit-support.ts'

const iqa = 0x300002n, queueEnd = 0x304000
const inputs = [0, 0x1000, 0x200000, 0x40000000, 2 ** 39, 2 ** 40, 2 ** 40 + 0x40000000, 2 ** 41]
/** Frames beside each other, tables of the devices, and each structure of the unit, of the queue each page. */
const outputs = fc.oneof(
  fc.constantFrom(...[0, 1, 2, 3, 4].map(page => 0x8000000 + page * 0x1000)),
  fc.nat(60).map(page => 0x400000 + page * 0x1000),
  fc.constantFrom(0x1000, 0x2000, 0x200000, 0x300000, 0x302000, queueEnd - 0x1000, queueEnd, 0x9000000, 0xa000000))
const device = fc.uniqueArray(fc.record({ input: fc.constantFrom(...inputs.slice(0, -1)), output: outputs,
  rw: fc.integer({ min: 1, max: 3 }) }),
{ maxLength: 5, selector: ({ input }) => input })

interface Counted {
  readonly writes: ReadonlyMap<number, string>
  readonly pages: readonly ReadonlyMap<number, number>[]
}
function count(machine: Machine, devices: number): Counted {
  const { registers, haw, memory } = dumpOf(machine.memory, { IQA: iqa })
  const tables = rawTables(memory, rootsOf(registers), entryReader(rulesOf(registers, haw))),
    unit = translationUnitOf(registers, haw)
  const guarded = new Map([[1, 'root table'], [2, 'context table'], [0x200, 'interrupt table']])
  const pages = Array.from({ length: devices }, (_, sid) => {
    const reached = new Map<number, number>()
    for (const address of inputs)
      for (const [access, bit] of [['read', 1], ['write', 2]] as const) {
        const trail = newTrail()
        const result = translate(tables, unit,
          { sid, type: 'untranslated', access, address, dword: false, pasid: null, privileged: false, execute: false },
          trail)
        for (const { table } of trail.visited) guarded.set(table / 4096, 'page table')
        if (result.kind === 'translated') reached.set(result.page / 4096, (reached.get(result.page / 4096) ?? 0) | bit)
      }
    return reached
  })
  const writes = pages.map((reached): string => {
    const kinds = [...reached].filter(([, bits]) => (bits & 2) !== 0)
      .map(([page]) => page * 4096 >= 0x300000 && page * 4096 < queueEnd ? 'invalidation queue' : guarded.get(page))
    const sums = new Map<string, number>()
    for (const kind of kinds)
      if (kind !== undefined) sums.set(kind, kind === 'invalidation queue' ? 1 : (sums.get(kind) ?? 0) + 1)
    return [...sums].map(([kind, sum]) => `${sum} ${kind}`).sort().join(', ')
  })
  return { writes: new Map(writes.flatMap((text, sid): [number, string][] => text === '' ? [] : [[sid, text]])), pages }
}

/** Bytes that two devices both reach, and those of them that one writes; only what at most 16 reach. */
function shared({ pages }: Counted): string[] {
  const found = new Map<string, { bytes: number; writable: number }>()
  for (const page of new Set(pages.flatMap(reached => [...reached.keys()]))) {
    const who = pages.flatMap((reached, sid) => reached.has(page) ? [sid] : [])
    if (who.length > 16) continue
    for (const a of who) for (const b of who) {
      if (a >= b) continue
      const pair = found.get(`${a} ${b}`) ?? { bytes: 0, writable: 0 }
      found.set(`${a} ${b}`,
        { bytes: pair.bytes + 4096,
          writable: pair.writable + (((pages[a]!.get(page)! | pages[b]!.get(page)!) & 2) === 0 ? 0 : 4096) })
    }
  }
  return [...found].map(([pair, { bytes, writable }]) => `${pair} ${bytes} ${writable}`).sort()
}
const singular = (text: string): string =>
  text.replace(/ \((?:at|the first at) 0x[0-9a-f]+\)/g, '').replace(/\b([a-z -]+?)s(?=,|$)/g, '$1')
const sidOf = (text: string): number => Number.parseInt(text.slice(3, 5), 16) * 8 + Number(text.slice(6))
const written = ({ alarms }: AuditReport): [number, string][] => alarms.filter(({ code }) => code === 'writes-tables')
  .map(({ devices: [one], because }): [number, string] =>
    [sidOf(one!), singular(because).split(', ').sort().join(', ')])

it('the audit counts what the walker reaches', () => {
  let tablesWritten = 0, pairs = 0, crowds = 0
  // In some, all have one page, and one of them may write it.
  fc.assert(fc.property(fc.array(device,
    { minLength: 1, maxLength: 24, size: 'max' }), fc.option(fc.nat(23)), (devices, writer) => {
    const machine = new Machine()
    const tops = devices.map((_, sid) => machine.device(sid, sid + 1))
    devices.forEach((mappings, sid) => {
      for (const { input, output, rw } of mappings) machine.map(tops[sid]!, 4, input, output, rw)
      if (writer !== null) machine.map(tops[sid]!, 4, inputs.at(-1)!, 0xb000000, writer === sid ? 2 : 1)
    })
    const counted = count(machine, devices.length)
    const report = auditOf(dumpOf(machine.memory, { IQA: iqa, IRTA: full.IRTA }))
    expect(new Map(written(report))).toEqual(counted.writes)
    const told = report.spaces.flatMap(({ devices: [one], sharesWith }) =>
      sharesWith.flatMap(({ devices: [other], bytes, writable }) =>
        sidOf(one!) < sidOf(other!) ? [`${sidOf(one!)} ${sidOf(other!)} ${bytes} ${writable}`] : []))
    expect(told.sort()).toEqual(shared(counted))
    const crowded = [...new Set(counted.pages.flatMap(reached => [...reached.keys()]))].some(page =>
      counted.pages.filter(reached => reached.has(page)).length > 16
        && counted.pages.some(reached => ((reached.get(page) ?? 0) & 2) !== 0))
    expect(report.alarms.some(({ code, because }) => code === 'shared-writable' && because.includes('more than 16')))
      .toBe(crowded)
    tablesWritten += counted.writes.size
    pairs += told.length
    if (crowded) crowds++
  }), { numRuns: 150, seed: 2026 })
  expect([tablesWritten, pairs, crowds].map(seen => seen > 3)).toEqual([true, true, true])
})
