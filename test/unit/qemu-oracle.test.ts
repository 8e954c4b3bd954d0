/** The oracle without QEMU: whose events are whose, what agrees, what an exception explains, how a case is shrunk,
 *  saved and read. */
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import { interruptRange } from '../../spec/vtd/capabilities.ts'
import { anything, contextEntry, encode, registers, remappedIrte, rootEntry } from '../../spec/vtd/layout/index.ts'
import { rawTables } from '../../spec/vtd/walk/raw-tables.ts'
import { decodeMessage, remap } from '../../spec/vtd/remap/remap.ts'
import { hardwareGeometry } from '../../spec/vtd/walk/tables.ts'
import { noSingleSource, translateLegacy } from '../../spec/vtd/walk/walk.ts'
import type { DmaRequest, TranslationUnit } from '../../spec/vtd/walk/walk.ts'
import type { UserError } from '../../src/errors.ts'
import type { TraceEvent } from '../../src/qemu/events.ts'
import type { Machine } from '../../src/qemu/machine.ts'
import type { FaultState } from '../../src/qemu/vtd/unit.ts'
import { agrees, attribute } from '../../src/qemu/vtd/oracle/dma-seen.ts'
import type { DmaCompared, Seen } from '../../src/qemu/vtd/oracle/dma-seen.ts'
import { dmaExceptions, exceptions, interruptExceptions } from '../../src/qemu/vtd/oracle/exceptions.ts'
import { fileText, readCase } from '../../src/qemu/oracle/files.ts'
import { agrees as interruptAgrees } from '../../src/qemu/vtd/oracle/interrupt-seen.ts'
import type { InterruptAsked, InterruptObservation } from '../../src/qemu/vtd/oracle/interrupt-seen.ts'
import { RamImage } from '../../src/qemu/oracle/memory-map.ts'
import { rigOf } from '../../src/qemu/oracle/rig.ts'
import { vtdOracle } from '../../src/qemu/vtd/oracle/suites.ts'
import { contextLookupOf } from '../../src/qemu/vtd/oracle/context-lookup.ts'
import { walkCaseSchema } from '../../src/qemu/vtd/oracle/walk-case.ts'
import { walkRig } from '../../src/qemu/vtd/oracle/walks.ts'
import { run } from '../cli/run.ts'

const unit: TranslationUnit = {
  geometry: hardwareGeometry, tes: true, ttm: 0, hostAddressWidth: 39, maxGuestAddressWidth: 39, levels: [3],
  superpages: [2, 3], passThrough: true,
  deviceTlb: false, zlr: false, abortMode: false, interruptRange, scalable: null, singleSource: noSingleSource,
}
const plain = { type: 'untranslated', dword: true, pasid: null, privileged: false, execute: false } as const
const request = (sid: number, address: number, access: 'read' | 'write' = 'write'): DmaRequest => ({ ...plain, sid,
  address, access })

describe('the events of devices that ran together', () => {
  const translated = (sid: number): TraceEvent => ({ name: 'vtd_dmar_translate', sid, iova: 0x1000n, gpa: 0x20_0000n,
    mask: 0xfffn })
  const fault = (sid: number): TraceEvent => ({ name: 'vtd_dmar_fault', sid, reason: 5, address: 0x1008n, write: 1 })
  const hit = (sid: number): TraceEvent => ({ name: 'vtd_iotlb_page_hit', sid, iova: 0x1000n, slpte: 0n, domain: 1 })
  const unnamed: TraceEvent = { name: 'vtd_fault_disabled' }
  const kinds = (events: readonly TraceEvent[], landed: readonly (boolean | null)[] = [null, null, null]): unknown => {
    const { seen, left } = attribute(events, [request(1, 0x1008), request(2, 0x1008), request(3, 0x1008)], landed)
    return [...seen.map(one => one.kind), left]
  }
  it('are told apart by their order', () => {
    expect(kinds([translated(1), fault(2), translated(3)])).toEqual(['translated', 'fault', 'translated', 0])
    expect(kinds([translated(1), unnamed, fault(3)])).toEqual(['translated', 'suppressed', 'fault', 0])
    expect(kinds([translated(1), translated(3)])).toEqual(['translated', 'silent', 'translated', 0])
    expect(kinds([unnamed, translated(3)], [true, null, null])).toEqual(['silent', 'suppressed', 'translated', 0])
    expect(kinds([translated(1), translated(2), translated(3), fault(2)]))
      .toEqual(['translated', 'translated', 'translated', 1])
  })
  it('give the place, the page and that it was a hit', () => {
    const { seen } = attribute([hit(1), translated(1), fault(2)], [request(1, 0x1008), request(2, 0x1008)],
      [null, null])
    expect(seen).toEqual([{ kind: 'translated', landing: 0x20_0008, size: 4096, hit: true },
      { kind: 'fault', reason: 5, page: 0x1000, write: true, hit: false }])
  })
})

/** Device 0x18: page 0 is mapped, a large page at 2 MiB holds the interrupt range; 0x20 passes through; 0x28 has a
 *  reserved bit and FPD. */
function compare(of: DmaRequest, seen: Seen, landed: boolean | null = null): DmaCompared {
  const memory = new RamImage()
  const put = (address: number, ...words: number[]): void => { memory.put(address, words) }
  memory.put(0x1000_000, encode(rootEntry, { P: 1, CTP: 0x1001 }))
  memory.put(0x1001_180, encode(contextEntry, { P: 1, AW: 1, DID: 1, SSPTPTR: 0x1002 }))
  memory.put(0x1001_200, encode(contextEntry, { P: 1, AW: 1, DID: 2, TT: 2 }))
  memory.put(0x1001_280, encode(contextEntry, { P: 1, AW: 1, DID: 3, FPD: 1, SSPTPTR: 2 ** 27 }))
  put(0x1002_000, 0x1003_003, 0)
  put(0x1003_000, 0x1004_003, 0, 0xfee0_0083, 0)
  put(0x1004_000, 0x2000_003, 0, 0x2001_001, 0, 0xffff_ffff, 0xffff_ffff)
  const tables = rawTables(memory, { rootTable: 0x1000_000, interruptTable: 0 }, entryReader({ ...anything, haw: 39 }))
  return { version, unit, tables, reading: () => tables, request: of, model: translateLegacy(tables, unit, of),
    way: contextLookupOf(tables, unit, of), seen, landed }
}
const version = { major: 7, minor: 2, micro: 22 }
const faulted = (reason: number, of: DmaRequest, hit = false): Seen => ({ kind: 'fault', reason,
  page: of.address - of.address % 4096, write: of.access === 'write', hit })
const moved = (landing: number, size = 4096): Seen => ({ kind: 'translated', landing, size, hit: false })

describe('a DMA', () => {
  const good = request(0x18, 8), readOnly = request(0x18, 0x1008), passThrough = request(0x20, 0x30_0008)
  it.each([
    ['is as the walk says', compare(good, moved(0x2000_008), true), true],
    ['went elsewhere', compare(good, moved(0x2001_008), null), false],
    ['went by a page of another size', compare(good, moved(0x2000_008, 2 ** 21), true), false],
    ['moved nothing', compare(good, moved(0x2000_008), false), false],
    ['was blocked', compare(good, faulted(5, good)), false],
    ['left no trace', compare(good, { kind: 'silent', hit: false }, true), false],
    ['is blocked for the reason', compare(readOnly, faulted(5, readOnly)), true],
    ['is blocked for another', compare(readOnly, faulted(6, readOnly)), false],
    ['is blocked and recorded as a read', compare(readOnly, { ...faulted(5, readOnly), write: false } as Seen), false],
    ['is blocked and recorded at another page', compare(readOnly, { ...faulted(5, readOnly), page: 0 } as Seen), false],
    ['is blocked unrecorded', compare(readOnly, { kind: 'suppressed', hit: false }), false],
    ['is blocked and has landed', compare(readOnly, faulted(5, readOnly), true), false],
    ['goes around', compare(passThrough, { kind: 'silent', hit: false }, true), true],
    ['goes around and does not arrive', compare(passThrough, { kind: 'silent', hit: false }, false), false],
  ])('that %s', (_, compared, same) => { expect(agrees(compared)).toBe(same) })

  const large = request(0x18, 0x30_0000), reserved = request(0x28, 0), beyond = request(0x20, 2 ** 39),
    ones = request(0x18, 0x2000)
  it.each([
    ['whole-page-in-interrupt-range', compare(large, faulted(0xe, large)), compare(large, faulted(5, large))],
    ['reserved-context-recorded', compare(reserved, faulted(0xb, reserved)), compare(reserved, faulted(3, reserved))],
    ['pass-through-unbounded', compare(beyond, { kind: 'silent', hit: false }),
      compare(beyond, { kind: 'suppressed', hit: false })],
    ['all-ones-unreadable', compare(ones, faulted(7, ones)), compare(ones, faulted(3, ones))],
  ])('that %s explains, and nothing beside it', (name, explained, other) => {
    expect(agrees(explained)).toBe(false)
    expect(dmaExceptions(explained)).toEqual([name])
    expect(dmaExceptions(other)).toBeNull()
  })
})

describe('an interrupt', () => {
  const asked = (fields: { readonly DLM?: number; readonly SVT?: number; readonly SID?: number; readonly DST?: number },
    sid = 0x100): InterruptAsked => {
    const words = encode(remappedIrte, { P: 1, V: 0x55, DST: 0x200, ...fields })
    const irte = () => entryReader(anything).irte(words, 0)
    const on = { ires: true, cfis: false, eime: false, tableSize: 16, pi: false, eimer: false, irreq: false }
    const message = decodeMessage(sid, 0xfee0_0010, 0)!
    return { version, via: 'msi', address: 0xfee0_0010, data: 0, unit: on, request: message, irte,
      model: remap(on, message, irte) }
  }
  const unrecorded: FaultState = { fsts: 0, record: [0, 0, 0, 0] }
  const recorded = (reason: number, sid: number): FaultState =>
    ({ fsts: 2, record: encode(registers.FRCD.layout, { F: 1, FR: reason, SID: sid }) })
  const delivered = (dlm = 0, dst = 2) => ({ kind: 'delivered', faults: unrecorded,
    interrupt: { vector: 0x55, dlm, dst, dm: false, rh: false, tm: false, assert: true } }) as const
  it('is explained by the fewest exceptions that lead to just what was seen', () => {
    expect(interruptExceptions(asked({ DLM: 3 }), delivered(3))).toEqual(['reserved-delivery-mode'])
    expect(interruptExceptions(asked({ DLM: 3 }), delivered(0))).toBeNull()
    expect(interruptExceptions(asked({ SVT: 2, SID: 0x0005 }), { kind: 'blocked', faults: unrecorded }))
      .toEqual(['bus-range-swapped', 'interrupt-fault-unrecorded'])
    expect(interruptExceptions(asked({ SVT: 2, SID: 0x0500, DLM: 6, DST: 0x0001_0200 }), delivered(6)))
      .toEqual(['bus-range-swapped', 'reserved-delivery-mode', 'reserved-destination'])
    expect(interruptExceptions(asked({ DST: 0x0001_0200 }), delivered(0, 3))).toBeNull()
    expect(interruptExceptions(asked({}), { kind: 'blocked', faults: unrecorded })).toBeNull()
  })
  it('is blocked with its fault recorded, from QEMU 9 on', () => {
    const what = { ...asked({ SVT: 1, SID: 0x200 }), version: { major: 10, minor: 0, micro: 2 } }
    const blocked = (reason: number, sid: number): InterruptObservation =>
      ({ kind: 'blocked', faults: recorded(reason, sid) })
    expect(interruptAgrees(what.model, 0x100, blocked(0x26, 0x100))).toBe(true)
    const unlike = [blocked(0x24, 0x100), blocked(0x26, 0x108), { kind: 'blocked', faults: unrecorded } as const]
    for (const wrong of unlike) {
      expect(interruptAgrees(what.model, 0x100, wrong)).toBe(false)
      expect(interruptExceptions(what, wrong)).toBeNull()
    }
    expect(interruptExceptions({ ...what, via: 'dma' }, delivered())).toEqual(['written-message-unsourced'])
  })
})

describe('a case', () => {
  const { setups } = vtdOracle
  const machine = {} as Machine // no case here asks it anything
  const schema = v.object({ steps: v.array(v.number()) })
  const rig = rigOf({
    cases: fc.record({ steps: fc.array(fc.nat(99)) }), prepare: () => Promise.resolve(),
    run: (_, { steps }) => Promise.resolve(steps.map(step => ({
      of: 'request' as const, verdict: step > 60 ? 'different' as const : 'same' as const,
      compare: () => ({ request: `${step}`, model: 'at most 60', qemu: `${step}`, clause: null }),
    }))),
  }, schema)
  it('is brought down to the least that differs, which counts once', async () => {
    let cases = 0
    const shrunk = await rig.check(machine, { seed: 1, runs: 100, shrink: true, lap: () => undefined,
      on: judged => { cases += judged.length; return true } })
    expect(shrunk).toMatchObject({ one: { steps: [61] }, differences: [{ qemu: '61' }] })
    expect(cases).toBeLessThan(200)
    const asIs = await rig.check(machine, { seed: 1, runs: 100, shrink: false, lap: () => undefined, on: () => true })
    expect(asIs).toMatchObject({ shrinks: 0 })
    expect(asIs!.one).not.toEqual({ steps: [61] })
    expect(await rig.check(machine, { seed: 1, runs: 100, shrink: true, lap: () => undefined, on: () => false }))
      .toBeNull()
  })
  it('is told by the end of QEMU, not shrunk by it', async () => {
    let runs = 0
    const dying = rigOf({ cases: fc.nat(), prepare: () => Promise.resolve(),
      run: () => { runs++; return Promise.reject(new Error('it ended')) } }, v.number())
    await expect(dying.check(machine, { seed: 1, runs: 100, shrink: true, lap: () => undefined, on: () => true }))
      .rejects.toThrow('it ended')
    expect(runs).toBe(1)
  })

  const saved = { suite: 'walks', setup: '39-bit', seed: 7, shrinks: 3, one: { noRoot: true },
    differences: [] } as const
  it('is saved and read',
    () => {
      expect(readCase(fileText(saved), 'f', setups))
        .toMatchObject({ suite: 'walks', setup: setups[0], one: { noRoot: true } })
    })
  it.each([
    ['{', 'E-ORACLE-JSON'], ['{}', 'E-ORACLE-FORMAT'],
    [fileText(saved).replace('"version": 1', '"version": 2'), 'E-ORACLE-VERSION'],
    [fileText({ ...saved, setup: '40-bit' }), 'E-ORACLE-SETUP'],
  ])('is refused where it is none: %s', (text, code) => {
    let found: UserError | null = null
    try { readCase(text, 'some.json', setups) } catch (cause) { found = cause as UserError }
    expect(found).toMatchObject({ code, subject: code === 'E-ORACLE-JSON' ? 'some.json:1:2' : 'some.json' })
  })
  it('of another form is refused by its suite', async () => {
    const walks = rigOf(walkRig({ scalable: false, addressWidth: 39 }), walkCaseSchema)
    await expect(walks.replay(machine, { noRoot: 'yes' }, 'some.json')).rejects.toMatchObject({
      code: 'E-ORACLE-CASE', subject: 'some.json',
    })
  })
})

describe('the verb', () => {
  const env = { NO_COLOR: '1', REMAPCHECK_QEMU: 'no-such-qemu' }
  it.each([
    ['oracle', 69, 'E-QEMU-MISSING'], ['oracle --cases 0', 2, 'E-USAGE'],
    ['oracle --suite walk', 2, "did you mean 'walks'"], ['oracle here', 2, 'E-USAGE'],
    ['oracle --replay no-such.json', 2, 'E-ORACLE-FILE'], ['oracle --replay package.json', 2, 'E-ORACLE-FORMAT'],
  ])('%s', async (line, code, says) => {
    const { code: exit, out, err } = await run(line, { env })
    expect({ exit, out }).toEqual({ exit: code, out: '' })
    expect(err).toContain(says)
  })
})

it('names every exception once, with what both sides say', () => {
  expect(new Set(exceptions.map(({ name }) => name)).size).toBe(exceptions.length)
  expect(exceptions.filter(({ qemu, manual }) => qemu === '' || manual === '')).toEqual([])
})
