/** The parts of the pairing against slow definitions of what they should find, and a boot of a dozen lines. */
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { coversIotlb, coversTranslation } from '../../spec/vtd/invalidation/covers.ts'
import type { IotlbInvalidation, TranslationInvalidation } from '../../spec/vtd/invalidation/covers.ts'
import type { KernelEvent, MapEvent, UnmapEvent } from '../../src/logs/event.ts'
import { openBrackets } from '../../src/logs/pairing/brackets.ts'
import type { Bracket } from '../../src/logs/pairing/brackets.ts'
import { claimByOrder } from '../../src/logs/pairing/claims.ts'
import { align } from '../../src/logs/pairing/clock.ts'
import { Commands, blockOf } from '../../src/logs/pairing/commands.ts'
import { Fetches } from '../../src/logs/pairing/fetches.ts'
import { findMappings } from '../../src/logs/pairing/mappings.ts'
import { IotlbReplay } from '../../src/logs/vtd/iotlb.ts'
import { Doubts } from '../../src/logs/replay/doubts.ts'
import { EntryLedger } from '../../src/logs/replay/entries.ts'
import { newTrail } from '../../src/logs/replay/trail.ts'
import type { IotlbCommand, Stay } from '../../src/logs/replay/trail.ts'
import { anything } from '../../spec/vtd/layout/index.ts'
import { forgetFiles, validateLines, verdictOf } from './linux-support.ts'

afterAll(forgetFiles)

const leafOf = (low: number): Uint32Array => Uint32Array.of(low, 0)
const newLedger = (): EntryLedger => new EntryLedger(anything, 'none known')
const small = (max: number) => fc.nat({ max })
const page = (did: number, at: number, addressMask = 0): IotlbInvalidation =>
  ({ type: 'iotlb', granularity: 'page', did, page: at, addressMask, hint: false })
const command = (line: number, descriptor: IotlbInvalidation): IotlbCommand => ({ line, time_us: 0, descriptor })
const map = (line: number, at: number, frame: number, pages = 1): MapEvent =>
  ({ kind: 'map', line, cpu: 0, time_us: line, page: at, end: at + pages, frame })
const unmap = (line: number, at: number, pages = 1): UnmapEvent =>
  ({ kind: 'unmap', line, cpu: 0, time_us: line, page: at, end: at + pages })
const stay = (line: number, did: number, at: number, frame: number): Stay =>
  ({ from: { line, time_us: line }, sid: did, leaf: Uint32Array.of(frame * 4096 + 3, 0), did, pasid: 0,
    firstStage: false, page: at, pages: 1, frame,
    hits: [], until: null })

describe('IOTLB replay', () => {
  const descriptor = fc.record({
    type: fc.constant('iotlb' as const), granularity: fc.constantFrom('global', 'domain', 'page', 'page', 'page'),
    did: small(1), page: small(7), addressMask: small(2), hint: fc.boolean() }) as fc.Arbitrary<IotlbInvalidation>
  const op = fc.oneof(
    fc.record({ op: fc.constant('fill' as const), page: small(7), did: small(1), frame: small(3) }),
    fc.record({ op: fc.constant('hit' as const), page: small(7), did: small(1), frame: small(3) }),
    fc.record({ op: fc.constant('invalidate' as const), descriptor }))

  it('finds what a list of entries finds', () => {
    fc.assert(fc.property(fc.array(op, { maxLength: 40 }), ops => {
      const doubts = new Doubts(), replay = new IotlbReplay(newLedger(), null, 1024, doubts)
      replay.empty('SRTP', 0)
      let entries: { page: number; did: number; frame: number }[] = []
      const expected = { explained: 0, otherContent: 0, unexplained: 0, refilledSame: 0, refilledChanged: 0 }
      ops.forEach((o, i) => {
        const at = { line: i + 1, time_us: 0 }
        if (o.op === 'invalidate') {
          replay.invalidate(o.descriptor, at)
          entries = entries.filter(entry => !coversIotlb(o.descriptor, { ...entry, pages: 1 }))
          return
        }
        const seen = { at, sid: o.did, address: o.page * 4096 + 8, leaf: leafOf(o.frame * 4096 + 3), did: o.did }
        const held = entries.find(entry => entry.page === o.page && entry.did === o.did)
        if (o.op === 'hit') {
          replay.hit({ kind: 'hit', ...seen })
          expected[held === undefined ? 'unexplained' : held.frame === o.frame ? 'explained' : 'otherContent']++
          return
        }
        replay.fill({ kind: 'fill', ...seen }, 0)
        if (held !== undefined) expected[held.frame === o.frame ? 'refilledSame' : 'refilledChanged']++
        entries = [...entries.filter(entry => entry !== held), { page: o.page, did: o.did, frame: o.frame }]
      })
      doubts.settle()
      const { explained, otherContent, unexplained, refilledSame, refilledChanged, left } = replay.report()
      expect({ explained, otherContent: otherContent.count, unexplained: unexplained.count,
        refilledSame: refilledSame.count, refilledChanged: refilledChanged.count }).toEqual(expected)
      expect(left).toBe(entries.length)
    }))
  })

  it('holds large pages whole, and forgets all when full as QEMU does', () => {
    const replay = new IotlbReplay(newLedger(), newTrail(), 1024, new Doubts())
    const at = { line: 1, time_us: 0 }
    const large = { at, sid: 1, leaf: leafOf(0x80200083), did: 1 }
    replay.fill({ kind: 'fill', address: 0x40201000, ...large }, 0)
    replay.translated({ kind: 'translation', at, sid: 1, from: 0x40201000, to: 0x80201000, bytes: 0x200000 })
    replay.hit({ kind: 'hit', address: 0x403ff123, ...large })
    replay.hit({ kind: 'hit', address: 0x40400000, ...large })
    expect(replay.report()).toMatchObject({ explained: 1, left: 1 })
    replay.invalidate(page(1, 0x40300), at)
    expect(replay.report()).toMatchObject({ left: 0 })
    for (let i = 0; i <= 1024; i++)
      replay.fill({ kind: 'fill', at, sid: 1, address: i * 4096, leaf: leafOf(3), did: 1 }, 0)
    expect(replay.report()).toMatchObject({ largest: 1024, left: 1, emptied: [{ conduct: 'capacity', entries: 1024 }] })
  })
})

describe('clock', () => {
  it('never excludes the true offset, whatever the delays', () => {
    const delay = fc.integer({ min: 0, max: 5000 }), when = fc.integer({ min: 0, max: 10_000_000 })
    const samples = fc.array(fc.record({ when, delay }), { minLength: 1, maxLength: 30 })
    fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: -100, max: 100 }),
      samples, samples, when, (offset, ppm, late, early, t) => {
        const truth = (kernel_us: number): number => kernel_us + offset + ppm * 1e-6 * kernel_us
        const found = align({
          above: late.map(({ when: kernel_us, delay: d }) => ({ kernel_us, qemu_us: truth(kernel_us) + d })),
          below: early.map(({ when: kernel_us, delay: d }) => ({ kernel_us, qemu_us: truth(kernel_us) - d })),
        }, [0, 10_000_000])
        expect(found).not.toBeNull()
        expect(found!.earliest(t)).toBeLessThanOrEqual(truth(t) + 0.01)
        expect(found!.latest(t)).toBeGreaterThanOrEqual(truth(t) - 0.01)
      }))
  })

  it('is null where the order contradicts itself, or one side says nothing', () => {
    const bound = { kernel_us: 0, qemu_us: 100 }
    expect(align({ above: [bound], below: [] }, [0, 1])).toBeNull()
    expect(align({ above: [bound], below: [{ kernel_us: 0, qemu_us: 200 }] }, [0, 1])).toBeNull()
  })
})

describe('commands', () => {
  it('the block of a range is the smallest aligned power of two that holds it', () => {
    expect([[5, 6], [4, 6], [3, 5], [0, 3], [0xfffa0, 0xfffb0]].map(([from, end]) =>
      blockOf({ page: from!, end: end! })))
      .toEqual(['5/0', '2/1', '0/3', '0/2', `${0xfffa}/4`])
  })

  it('finds the first that covers a range, as a scan does', () => {
    const descriptor = fc.record({ type: fc.constant('iotlb' as const),
      granularity: fc.constantFrom('global', 'domain', 'page', 'page'),
      did: small(2), page: small(15), addressMask: small(3),
      hint: fc.constant(false) }) as fc.Arbitrary<IotlbInvalidation>
    const sent = fc.array(descriptor, { maxLength: 20 })
    fc.assert(fc.property(sent, small(15), small(3), small(2), small(20), (list, from, more, did, line) => {
      const all = list.map((d, i) => command(i + 1, d)), range = { page: from, end: from + 1 + more }
      const covers = (d: TranslationInvalidation): boolean =>
        Array.from({ length: more + 1 }, (_, i) => i)
          .every(i => coversTranslation(d, { did, page: from + i, pages: 1 }))
      expect(new Commands(all).firstCovering(range, did, line))
        .toEqual(all.find(c => c.line > line && covers(c.descriptor)) ?? null)
    }))
  })

  it('by order: as many pairs as the longest common subsequence, none crossing', () => {
    const longest = (a: readonly number[], b: readonly number[]): number => {
      const row = (i: number, j: number): number => i === a.length || j === b.length ? 0
        : a[i] === b[j] ? 1 + row(i + 1, j + 1) : Math.max(row(i + 1, j), row(i, j + 1))
      return row(0, 0)
    }
    fc.assert(fc.property(fc.array(small(3), { maxLength: 8 }), fc.array(small(3),
      { maxLength: 8 }), (unmapped, sent) => {
      const unmaps = unmapped.map((p, i) => ({ event: unmap(i, p), maps: [], did: null, basis: 'unknown' as const,
        sure: false }))
      const commands = new Commands(sent.map((p, i) => command(i + 1, page(0, p))))
      const pairs = [...claimByOrder(unmaps, commands, () => true)!].sort(([a], [b]) => a - b)
      expect(pairs).toHaveLength(longest(unmapped, sent))
      pairs.forEach(([i, { line, descriptor }], k) => {
        expect(descriptor.page).toBe(unmapped[i])
        if (k > 0) expect(line).toBeGreaterThan(pairs[k - 1]![1].line)
      })
    }))
  })
})

describe('mappings', () => {
  const find = (events: readonly KernelEvent[], stays: readonly Stay[], named = new Map<number, number>(),
    brackets: Bracket[] = []) =>
    findMappings(events, new Fetches(stays, events), { named, brackets, areNarrow: false })
      .map(({ did, basis, maps }) => [basis, did, maps.map(({ line }) => line)])

  it('one mapping, used by one domain', () => {
    expect(find([map(1, 5, 50), unmap(2, 5)], [stay(1, 7, 5, 50)])).toEqual([['only', 7, [1]]])
    expect(find([map(1, 5, 50), unmap(2, 5)], [])).toEqual([['unknown', null, [1]]])
    expect(find([unmap(2, 5)], [])).toEqual([['unknown', null, []]])
  })

  it('a range mapped in pieces is unmapped in one go', () => {
    const events = [map(1, 4, 50, 2), map(2, 6, 70), map(3, 4, 90), unmap(4, 4, 3)]
    expect(find(events, [stay(1, 7, 6, 70)])).toEqual([['only', 7, [1, 2]]])
  })

  it('several domains at one page: the youngest is taken, and what is left is doubtful', () => {
    const events = [map(1, 5, 50), map(2, 5, 60), unmap(3, 5), unmap(4, 5)]
    const stays = [stay(1, 7, 5, 50), stay(2, 8, 5, 60)]
    expect(find(events, stays)).toEqual([['inferred', 8, [2]], ['inferred', 7, [1]]])
    expect(find(events, stays, new Map([[0, 7]]))).toEqual([['named', 7, [1]], ['only', 8, [2]]])
  })

  it('a mapping that was fetched later was not the one unmapped', () => {
    const events = [map(1, 5, 50), map(2, 5, 60), unmap(3, 5)]
    const brackets = openBrackets(events).with(2, { after: 0, before: 10 })
    expect(find(events, [stay(1, 7, 5, 50), stay(20, 8, 5, 60)], new Map(), brackets)).toEqual([['only', 7, [1]]])
  })

  it('brackets begin open', () => { expect(openBrackets([unmap(1, 1)])).toEqual([{ after: 0, before: Infinity }]) })
})

describe('a small boot', () => {
  const log = (hitAt: number | null) => {
    const at = (us: number, text: string): string => `1@100.${String(us).padStart(6, '0')}:${text}`
    const fill = (us: number, p: number) =>
      at(us, `vtd_iotlb_page_update IOTLB page update sid 0x8 iova 0x${p}000 slpte 0x9${p}003 domain 0x1`)
    const entry = (us: number, head: number, p: number) => [
      at(us, `vtd_inv_qi_tail write tail ${head + 2}`), at(us, `vtd_inv_qi_head read head ${head}`),
      at(us, `vtd_inv_desc invalidate desc type iotlb high 0x${p}000 low 0x10032`),
      at(us, `vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0x${p}000 mask 0x0`),
      at(us, `vtd_inv_qi_head read head ${head + 1}`),
      at(us, 'vtd_inv_desc invalidate desc type wait high 0x1000 low 0x200000025'),
      at(us, 'vtd_inv_desc_wait_sw wait invalidate status write addr 0x1000 data 0x2')]
    return [at(0, 'vtd_reg_dmar_root addr 0x1000 scalable 0'), at(0, 'vtd_inv_qi_setup addr 0x2000 size 256'),
      fill(1000, 5), fill(1990, 6), ...entry(2005, 0, 6),
      ...hitAt === null ? []
        : [at(hitAt, 'vtd_iotlb_page_hit IOTLB page hit sid 0x8 iova 0x5008 slpte 0x95003 domain 0x1')],
      ...entry(3100, 2, 5)]
  }
  const kernel = (() => {
    const at = (us: number, text: string): string =>
      `            dd-192     [000] .....     7.${String(us).padStart(6, '0')}: ${text}`
    const range = (p: number): string => `IOMMU: iova=0x000000000000${p}000 - 0x000000000000${p + 1}000`
    return [at(990, `map: ${range(5)} paddr=0x0000000000095000 size=4096`),
      at(1980, `map: ${range(6)} paddr=0x0000000000096000 size=4096`),
      at(1995, `unmap: ${range(6)} size=4096 unmapped_size=4096`),
      at(3000, `unmap: ${range(5)} size=4096 unmapped_size=4096`)]
  })()

  it.each([
    [null, 'true', { certain: 0, possible: 0 }], [2900, 'true', { certain: 0, possible: 0 }],
    [3005, 'not-shown', { certain: 0, possible: 1 }], [3050, 'false', { certain: 1, possible: 1 }],
  ])('clocks known to 10 µs, an unmap at 3000 and its answer at 3100: a hit at %s makes it %s',
    async (hitAt, said, hit) => {
      const report = await validateLines(log(hitAt), kernel)
      expect(report.kernel!.pairing).toMatchObject({ by: 'clock', byBasis: { named: 2 } })
      expect(report.kernel!.pairing.clock!.error_us).toBeLessThan(10)
      expect(report.kernel!.pairing.rows).toMatchObject([{ answer: 'page', basis: 'named', unmaps: 2, held: 2, hit }])
      expect(verdictOf(report, 'no-hit-after-unmap')).toMatchObject(
        { verdict: said, lines: said === 'false' ? [4] : [] })
    })
})
