/** Interrupt remapping: every reason from one edit of a healthy setup; message formats; source validation against its
 *  definition. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vtdClauses } from '../../spec/vtd/clauses.ts'
import { faultReason } from '../../spec/vtd/faults.ts'
import { decodeMessage, remap, sourceMatches } from '../../spec/vtd/remap/remap.ts'
import type { InterruptRequest, InterruptUnit, Remapped } from '../../spec/vtd/remap/remap.ts'
import type { Fetched, Irte, PostedIrte, RemappedIrte } from '../../spec/vtd/walk/tables.ts'

const healthyUnit: InterruptUnit = { ires: true, cfis: false, eime: true, tableSize: 256, pi: true, eimer: false,
  irreq: false }
const healthyIrte: RemappedIrte = {
  present: true, fpd: false, im: false, dm: false, rh: true, tm: false, dlm: 1, vector: 0x41, dst: 0x12345678,
  sid: 0x0310, sq: 0, svt: 1, reserved: false,
}
const postedIrte: PostedIrte = {
  present: true, fpd: false, im: true, urg: true, pda: 0xf_1234_5640, vector: 0x51, sid: 0x0310, sq: 0, svt: 1,
  reserved: false,
}
const healthyRequest = remappable(5)

/** SHV=1 where there is a subhandle. */
function remappable(handle: number, subhandle: number | null = null, data31to16 = 0): InterruptRequest {
  const address = 0xfee00010 + (handle & 0x7fff) * 32 + (handle >> 15) * 4 + (subhandle === null ? 0 : 8)
  return decodeMessage(0x0310, address, data31to16 * 0x10000 + (subhandle ?? 0))!
}
const compatible = decodeMessage(0x0310, 0xfee0c008, 0x4131)!

interface Setup { unit: InterruptUnit; irte: Fetched<Irte>; request: InterruptRequest }
type Change = {
  unit?: Partial<InterruptUnit>
  irte?: Fetched<Irte> | Partial<RemappedIrte>
  request?: InterruptRequest
}
const setup = ({ unit, irte, request }: Change): Setup => ({
  unit: { ...healthyUnit, ...unit }, request: request ?? healthyRequest,
  irte: typeof irte === 'string' ? irte
    : irte !== undefined && 'im' in irte ? irte as Irte : { ...healthyIrte, ...irte },
})
const run = (change: Change = {}): Remapped => {
  const s = setup(change)
  return remap(s.unit, s.request, index => index === 5 ? s.irte : { ...healthyIrte, present: false })
}

interface Row { readonly reason: number; readonly of: string; readonly change: Change; readonly or?: readonly number[] }
const reasons = ([
  { reason: 0x20, of: 'data 31:16 with SHV=1', change: { request: remappable(4, 1, 1) } },
  { reason: 0x21, of: 'index is the table size', change: { unit: { tableSize: 5 } } },
  { reason: 0x21, of: 'handle + subhandle beyond the table', change: { request: remappable(255, 1) } },
  { reason: 0x21, of: 'handle + subhandle beyond 16 bits',
    change: { request: remappable(0xffff, 6), unit: { tableSize: 65536 } } },
  { reason: 0x22, of: 'not present', change: { irte: { present: false } } },
  { reason: 0x22, of: 'not present, with garbage', change: { irte: { present: false, reserved: true, svt: 3 } } },
  { reason: 0x23, of: 'unreadable', change: { irte: 'unreadable' } },
  { reason: 0x24, of: 'reserved bit', change: { irte: { reserved: true } } },
  { reason: 0x24, of: 'delivery mode 3', change: { irte: { dlm: 3 } } },
  { reason: 0x24, of: 'delivery mode 6', change: { irte: { dlm: 6 } } },
  { reason: 0x24, of: 'DST above bit 15 with EIME=0', change: { unit: { eime: false }, irte: { dst: 0x10000 } } },
  { reason: 0x24, of: 'DST below bit 8 with EIME=0', change: { unit: { eime: false }, irte: { dst: 0x0201 } } },
  { reason: 0x24, of: 'IM=1 without CAP.PI', change: { unit: { pi: false }, irte: postedIrte } },
  { reason: 0x24, of: 'reserved bit of a posted entry', change: { irte: { ...postedIrte, reserved: true } } },
  { reason: 0x24, of: 'SVT=3', change: { irte: { svt: 3 } }, or: [0x26] },
  { reason: 0x25, of: 'compatibility format, EIME=1', change: { request: compatible, unit: { cfis: true } } },
  { reason: 0x25, of: 'compatibility format, CFIS=0', change: { request: compatible, unit: { eime: false } } },
  { reason: 0x26, of: 'another function', change: { irte: { sid: 0x0311 } } },
  { reason: 0x26, of: 'another bus', change: { irte: { svt: 2, sid: 0x0406 } } },
  { reason: 0x26, of: 'another function, posted', change: { irte: { ...postedIrte, sid: 0x0311 } } },
  { reason: 0x26, of: 'wrong source and reserved bit', change: { irte: { sid: 0x0311, reserved: true } }, or: [0x24] },
  { reason: 0x2a, of: 'EIMER=1 and EIME=0',
    change: { unit: { eimer: true, eime: false, cfis: true }, request: compatible } },
  { reason: 0x2b, of: 'IRREQ=1 and IRES=0', change: { unit: { irreq: true, ires: false } } },
] satisfies readonly Row[]).map((row: Row) => ({ ...row, code: row.reason.toString(16) }))
const trail = (found: Remapped) => found.exercised.filter(id => !id.startsWith('VTD:table-15/'))

describe('faults', () => {
  it('none in the setup that the rows edit', () => {
    expect(run()).toMatchObject({ kind: 'interrupt', index: 5,
      interrupt: { vector: 0x41, dlm: 1, dst: 0x12345678, dm: false, rh: true, tm: false, assert: true } })
    expect(run({ irte: postedIrte }))
      .toMatchObject({ kind: 'posted', vector: 0x51, descriptor: 0xf_1234_5640, urgent: true, index: 5 })
  })
  it.each(reasons)('$code: $of', ({ reason, change, or }) => {
    expect(run(change)).toMatchObject({ kind: 'fault', reason, alternatives: or ?? [], suppressed: false })
  })
  it.each(reasons)('FPD suppresses $code only if qualified: $of', ({ reason, change }) => {
    const { irte } = setup(change)
    const found = run({ ...change, irte: irte === 'unreadable' ? irte : { ...irte, fpd: true } })
    expect(found).toMatchObject({ kind: 'fault', reason, suppressed: faultReason(reason)!.qualified })
    expect(trail(found).includes('VTD:9/fault-processing-disable')).toBe(faultReason(reason)!.qualified)
  })
  it('every reason of interrupt remapping has a row; those of posting and of malformed writes are found elsewhere',
    () => {
      const elsewhere = [0x27, 0x28, 0x29]
      expect([...new Set(reasons.map(row => row.reason)), ...elsewhere].sort())
        .toEqual(Array.from({ length: 12 }, (_, i) => 0x20 + i))
    })
  it('the index is told where it is defined', () => {
    const index = (reason: number) => run(reasons.find(row => row.reason === reason)!.change).index
    expect([0x21, 0x22, 0x23, 0x24, 0x26].map(index)).toEqual([5, 5, 5, 5, 5])
    expect([0x20, 0x25, 0x2a, 0x2b].map(index)).toEqual([null, null, null, null])
  })
  it('no entry is looked at when the request itself is refused', () => {
    for (const reason of [0x20, 0x21, 0x25, 0x2a, 0x2b]) {
      const s = setup(reasons.find(row => row.reason === reason)!.change)
      expect(remap(s.unit, s.request, () => { throw new Error('read') })).toMatchObject({ reason })
    }
  })
  it('exercises only clauses that exist', () => {
    for (const { change } of reasons) for (const id of run(change).exercised) expect(vtdClauses[id]).toBeDefined()
    expect(run({ irte: { sid: 0x0311, reserved: true } }).exercised).toContain('VTD:5.1.4/check-order')
  })
})

describe('delivery', () => {
  it.each([
    [true, 0xab00, 0xab00], [false, 0xab00, 0xab], [true, 0xffffffff, 0xffffffff],
  ])('EIME=%s: DST %i is APIC id %i', (eime, dst, id) => {
    expect(run({ unit: { eime }, irte: { dst } })).toMatchObject({ kind: 'interrupt', interrupt: { dst: id } })
  })
  it.each([0, 1, 2, 4, 5, 7])('delivery mode %i',
    dlm => { expect(run({ irte: { dlm } })).toMatchObject({ interrupt: { dlm } }) })
  it('the fields of the entry, not those of the message', () => {
    expect(run({ irte: { dm: true, rh: false, tm: true, vector: 0x99 }, request: remappable(5, 0) }))
      .toMatchObject({ interrupt: { dm: true, rh: false, tm: true, vector: 0x99, assert: true } })
  })
  it('compatibility format passes unchanged with EIME=0 and CFIS=1', () => {
    expect(run({ request: compatible, unit: { eime: false, cfis: true } })).toMatchObject({ kind: 'interrupt',
      index: null,
      interrupt: { vector: 0x31, dlm: 1, dst: 0x0c, dm: false, rh: true, tm: false, assert: true } })
  })
  it.each([compatible, healthyRequest])('everything passes unchanged with IRES=0', request => {
    expect(run({ request, unit: { ires: false } })).toEqual(
      { kind: 'interrupt', interrupt: request.unremapped, index: null, exercised: ['VTD:5.1.4/remapping-disabled'] })
  })
  it('EIMER=1 is content with EIME=1, IRREQ=1 with IRES=1', () => {
    expect(run({ unit: { eimer: true, irreq: true } }).kind).toBe('interrupt')
  })
  it('SVT=0 admits every source', () => { expect(run({ irte: { svt: 0, sid: 0xffff } }).kind).toBe('interrupt') })
})

describe('messages', () => {
  it('none outside FEEx_xxxx', () => {
    expect([0xfedffffc, 0xfef00000, 0x1_fee0_0000, 0].map(address => decodeMessage(1, address, 0)))
      .toEqual([null, null, null, null])
    expect([0xfee00000, 0xfeeffffc].map(address => decodeMessage(1, address, 0)?.sid)).toEqual([1, 1])
  })
  it.each([
    ['SHV=0: data is ignored', remappable(5, null, 0xffff), 5, false],
    ['SHV=1: the subhandle is added', remappable(5, 3), 8, false],
    ['SHV=1: data 31:16 is reserved', remappable(5, 3, 0x8000), 8, true],
    ['handle bit 15 is address bit 2', remappable(0x8001), 0x8001, false],
    ['the sum is not cut to 16 bits', remappable(0xffff, 0xffff), 0x1fffe, false],
  ])('%s', (_, request, index, reserved) => { expect(request.remappable).toEqual({ index, reserved }) })
  it('address bits 1:0 do not matter', () => {
    fc.assert(fc.property(fc.nat(0xfffff), fc.nat(0xffffffff), (low, data) => {
      expect(decodeMessage(1, 0xfee00000 + (low | 3), data)).toEqual(decodeMessage(1, 0xfee00000 + (low & ~3), data))
    }), { numRuns: 200, seed: 1 })
  })
  it('a handle and subhandle come back as their sum', () => {
    fc.assert(fc.property(fc.nat(0xffff), fc.option(fc.nat(0xffff)), (handle, subhandle) => {
      expect(remappable(handle, subhandle).remappable!.index).toBe(handle + (subhandle ?? 0))
    }), { numRuns: 200, seed: 2 })
  })
  it('a compatibility message comes back field by field', () => {
    const byte = fc.nat(255), flag = fc.boolean()
    const fields = fc.record({ vector: byte, dlm: fc.nat(7), dst: byte, dm: flag, rh: flag, tm: flag, assert: flag })
    fc.assert(fc.property(fields, f => {
      const address = 0xfee00000 + f.dst * 2 ** 12 + (f.rh ? 8 : 0) + (f.dm ? 4 : 0)
      const data = f.vector + f.dlm * 2 ** 8 + (f.assert ? 2 ** 14 : 0) + (f.tm ? 2 ** 15 : 0)
      expect(decodeMessage(0, address, data)).toEqual({ sid: 0, unremapped: f, remappable: null })
    }), { numRuns: 200, seed: 3 })
  })
})

describe('source validation', () => {
  /** The definition, bit by bit: which of the 16 bits must agree. */
  const compared = [
    [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 1, 0],
    [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 0], [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
  ] as const
  const bit = (word: number, at: number): number => Math.floor(word / 2 ** at) % 2
  const sq = fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const)
  /** Close to `sid`, so that both answers are common. */
  const pair = fc.tuple(fc.nat(0xffff), fc.nat(15), fc.nat(15))
    .map(([sid, a, b]) => [sid, sid ^ (a === b ? 0 : 2 ** a) ^ (b < 8 ? 0 : 2 ** (b % 4))] as const)
  it('SVT=1 compares the bits that SQ leaves', () => {
    const seen = new Set<string>()
    fc.assert(fc.property(pair, sq, ([sid, requester], sq) => {
      const wanted = compared[sq].every(at => bit(sid, at) === bit(requester, at))
      seen.add(`${sq} ${wanted}`)
      expect(sourceMatches({ svt: 1, sq, sid }, requester)).toBe(wanted)
    }), { numRuns: 2000, seed: 4 })
    expect(seen.size).toBe(8)
  })
  it('SVT=1 for all functions of one slot', () => {
    for (const sq of [0, 1, 2, 3] as const)
      for (let sid = 0; sid < 8; sid++) for (let requester = 0; requester < 8; requester++)
        expect(sourceMatches({ svt: 1, sq, sid }, requester))
          .toBe(compared[sq].every(at => bit(sid, at) === bit(requester, at)))
  })
  it('SVT=2 admits the buses of a range, both ends', () => {
    const all = Array.from({ length: 256 }, (_, bus) => bus)
    const buses = (sid: number) => all.filter(bus => sourceMatches({ svt: 2, sq: 3, sid }, bus * 256 + 0x55))
    fc.assert(fc.property(fc.nat(255), fc.nat(255), (first, last) => {
      expect(buses(first * 256 + last))
        .toEqual(Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i))
    }), { numRuns: 100, seed: 5 })
  })
  it('SVT=0 admits all, SVT=3 none', () => {
    fc.assert(fc.property(pair, sq, ([sid, requester], sq) => {
      expect(sourceMatches({ svt: 0, sq, sid }, requester)).toBe(true)
      expect(sourceMatches({ svt: 3, sq, sid }, requester)).toBe(false)
    }), { numRuns: 50, seed: 6 })
  })
})
