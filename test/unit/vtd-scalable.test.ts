/** Scalable mode over raw words: what goes through, under which mapping, and which bits are set on the way. */
import { describe, expect, it } from 'vitest'
import { translationUnitOf } from '../../spec/vtd/capabilities.ts'
import { firstStageLeaf, maskOf, secondStageLeaf } from '../../spec/vtd/layout/index.ts'
import type { Layout } from '../../spec/vtd/layout/index.ts'
import { newTrail, translate, useMapping } from '../../spec/vtd/walk/walk.ts'
import type { Translated, Translation, Update } from '../../spec/vtd/walk/walk.ts'
import {
  asking, at, becomes, dma, having, haw, is, machineOf, rule, scalable, unreadable, updatesFail, withPasid, world,
} from './raw-world.ts'
import type { Edit, World } from './raw-world.ts'

const [first, nested, passThrough] = [0x41, 0x43, 0x44].map(withPasid) as [Edit, Edit, Edit]
const write = asking({ access: 'write' }), privileged = asking({ privileged: true })
const everyMode: readonly (readonly [string, Edit, object])[] = [
  ['legacy', () => {}, { pgtt: 0, did: 7 }], ['second stage', scalable, { pgtt: 2, did: 7 }],
  ['first stage', first, { pgtt: 1, did: 8 }], ['nested', nested, { pgtt: 3, did: 9 }],
]

describe('what goes through', () => {
  it.each(everyMode)('%s: every kind of access', (_, mode, mapping) => {
    for (const access of ['read', 'write', 'atomic', 'zero-length-read'] as const)
      expect(dma(world(mode, asking({ access })))).toMatchObject(
        { kind: 'translated', page: 0x55000,
          mapping: { ...mapping, input: 0x40201000, output: 0x55000, pages: 1, read: true, write: true } })
  })
  it('pass-through is the identity', () => {
    expect(dma(world(passThrough)))
      .toMatchObject({ page: 0x40201000, mapping: { pgtt: 4, did: 10, output: 0x40201000 } })
  })
  it('a translated request is the identity under any PGTT, and reads no paging entry', () => {
    for (const mode of [scalable, first, nested, passThrough]) {
      const trail = newTrail()
      expect(dma(world(mode, asking({ type: 'translated' }), unreadable('ss3'), unreadable('fs4')), trail))
        .toMatchObject({ page: 0x40201000 })
      expect(trail.visited).toEqual([])
    }
  })
  it.each<readonly [string, readonly Edit[]]>([
    ['the upper half of the root entry serves devfn 80 and up',
      [scalable, asking({ sid: 0x0190 }), is('scalableRoot', { LP: 0, UP: 1, UCTP: 0x12 })]],
    ['a half that is not asked for may be wrong', [scalable, is('scalableRoot', { reserved65: 1 })]],
    ['PDTS=1 reaches PASID 2000', [withPasid(0x41), is('scalableContext', { PDTS: 1, RID_PASID: 2 ** 13 })]],
    ['execute with ERS', [first, asking({ execute: true })]],
    ['a wide PASID, without the single-source rule', [first, having('ECAP', { PSS: 5 })]],
    ['a translated request with PASID, without the single-source rule',
      [first, asking({ type: 'translated', address: 0x55000 })]],
    ['EPTR=1 with the single-source rule',
      [first, asking({ type: 'translated', address: 0x55000 }), rule('translatedPasid'),
        is('scalableContext', { EPTR: 1 })]],
    ['AW of no meaning where PGTT has no second stage', [first, is('first', { AW: 7 })]],
    ['FSPM of no meaning where PGTT has no first stage', [scalable, is('second', { FSPM: 3 })]],
    ['a user write to a page that a lower entry restricts for writes only is read', [first, is('fs1', { RW: 0 })]],
    ['a privileged request to a supervisor page', [first, privileged, is('fs1', { US: 0 })]],
    ['a privileged write to a read-only page, WPE=0',
      [first, privileged, write, is('fs1', { RW: 0 }), is('first', { WPE: 0 })]],
    ['RID_PRIV makes requests without PASID privileged',
      [scalable, is('scalableContext', { RID_PASID: 0x41, RID_PRIV: 1 }), is('fs2', { US: 0 })]],
    ['SSIRWE in legacy mode, without the single-source rule', [having('RTADDR', { SSIRWE: 1 })]],
    ['PS is PAT at level 1', [first, is('fs1', { PAT: 1 })]],
    ['a zero-length read with W alone', [nested, asking({ access: 'zero-length-read' }), is('ssPage', { R: 0 })]],
  ])('%s', (_, edits) => { expect(dma(world(...edits))).toMatchObject({ kind: 'translated', page: 0x55000 }) })
  it('a request with PASID to FEEx is translated like any other', () => {
    expect(dma(world(first, asking({ address: 0xfee00000 })))).toMatchObject({ kind: 'fault', reason: 0x71 })
  })
  it('five levels take 57 bits: the fifth is index 0 of one more table', () => {
    const five = [first, is('first', { FSPM: 1, FSPTPTR: 0x34 }), is('guest4', { ADDR: 0x24 })]
    expect(dma(world(...five))).toMatchObject({ page: 0x55000 })
    expect(dma(world(...five, asking({ address: 2 ** 47 })))).toMatchObject({ reason: 0x71 })
    expect(dma(world(...five, asking({ address: 2 ** 56 })))).toMatchObject({ reason: 0x80 })
  })
  it('the highest page of the upper half takes the last index at each level', () => {
    const top = [first, asking({ address: 2 ** 64 - 4096 }), at('fs4', 0x24, 511), at('fs3', 0x23, 511),
      at('fs2', 0x22, 511), at('fs1', 0x21, 511)]
    const trail = newTrail()
    expect(dma(world(...top), trail)).toMatchObject({ page: 0x55000, mapping: { input: 2 ** 64 - 4096 } })
    expect(trail.visited.map(({ index }) => index)).toEqual([511, 511, 511, 511])
  })
  it('page requests go to the queue; translation requests to FEEx are answered', () => {
    expect(dma(world(scalable, asking({ type: 'page-request' })))).toEqual({ kind: 'page-request' })
    expect(dma(world(scalable, asking({ type: 'translation', address: 0xfee00000 })))).toEqual({ kind: 'completed' })
    expect(dma(world(having('GSTS', { TES: 0 }), asking({ type: 'page-request' })))).toEqual({ kind: 'completed' })
  })
})

describe('sizes', () => {
  it.each([
    [2, 21, 0x40200000, 512, 0x80001000], [3, 30, 0x40000000, 512 ** 2, 0x80201000],
  ] as const)('a first-stage leaf at level %i', (level, shift, input, pages, page) => {
    const leaf = becomes(`fs${level}`, firstStageLeaf[level],
      { P: 1, RW: 1, US: 1, A: 1, PS: 1, ADDR: 0x80000000 / 2 ** shift })
    const trail = newTrail()
    expect(dma(world(first, leaf), trail)).toMatchObject({ page, mapping: { input, output: 0x80000000, pages } })
    expect(trail.exercised).toContain('VTD:3.6/superpage')
  })
  it('nested: the smaller of the two pages is mapped', () => {
    const large = becomes('guest2', firstStageLeaf[2], { P: 1, RW: 1, US: 1, A: 1, PS: 1, ADDR: 0x40200000 / 2 ** 21 })
    expect(dma(world(nested, large)))
      .toMatchObject({ page: 0x55000, mapping: { pgtt: 3, input: 0x40201000, output: 0x55000, pages: 1 } })
    // Now the second stage takes 40000000 to 0, and the tables with it.
    const largeSecond = [becomes('ss3', secondStageLeaf[3], { R: 1, W: 1, PS: 1, ADDR: 0 }), at('guest4', 0x234, 0),
      at('guest3', 0x233, 1), at('guest2', 0x232, 1)]
    expect(dma(world(nested, large, ...largeSecond)))
      .toMatchObject({ page: 0x201000, mapping: { input: 0x40200000, output: 0x200000, pages: 512 } })
  })
  it('SNP of the leaf or PGSNP of the PASID entry makes a page snooped', () => {
    expect(dma(world(scalable))).toMatchObject({ mapping: { snoop: false } })
    expect(dma(world(scalable, is('ss1', { SNP: 1 })))).toMatchObject({ mapping: { snoop: true } })
    for (const [mode, name] of [[scalable, 'second'], [first, 'first'], [nested, 'nested'],
      [passThrough, 'passThrough']] as const)
      expect(dma(world(mode, is(name, { PGSNP: 1 })))).toMatchObject({ mapping: { snoop: true } })
  })
})

const updatesOf = (w: World): readonly Update[] => (dma(w) as Translation).updates
const fresh = is('fs4', { A: 0 }), tracked = [is('second', { SSADE: 1 }), is('nested', { SSADE: 1 })]
const set = (stage: 1 | 2, table: number, level: number, index: number, more: Partial<Update> = {}): Update =>
  ({ stage, table, index, level, accessed: true, extendedAccessed: false, dirty: false, ...more })

describe('accessed and dirty bits', () => {
  it('A of each first-stage entry that lacks it, D of the leaf of a write, EA where EAFE=1', () => {
    expect(updatesOf(world(first))).toEqual([])
    expect(updatesOf(world(first, fresh))).toEqual([set(1, 0x24000, 4, 0)])
    expect(updatesOf(world(first, write))).toEqual([set(1, 0x21000, 1, 1, { accessed: false, dirty: true })])
    expect(updatesOf(world(first, write, is('fs1', { A: 0, D: 1 })))).toEqual([set(1, 0x21000, 1, 1)])
    expect(updatesOf(
      world(first, is('first', { EAFE: 1 }), ...['fs4', 'fs3', 'fs2'].map(name => is(name as 'fs4', { EA: 1 }))))
    ).toEqual(
      [set(1, 0x21000, 1, 1, { accessed: false, extendedAccessed: true })])
  })
  it('none of the second stage without SSADE, all of it with', () => {
    expect(updatesOf(world(scalable, write))).toEqual([])
    expect(updatesOf(world(scalable, write, ...tracked)))
      .toEqual([set(2, 0x3000, 3, 1), set(2, 0x4000, 2, 1), set(2, 0x5000, 1, 1, { dirty: true })])
    const used = [...tracked, ...(['ss3', 'ss2', 'ss1'] as const).map(name => is(name, { A: 1 }))]
    expect(updatesOf(world(scalable, ...used))).toEqual([])
    expect(updatesOf(world(scalable, write, ...used))).toEqual([set(2, 0x5000, 1, 1, { accessed: false, dirty: true })])
    expect(updatesOf(world(scalable, ...tracked, asking({ access: 'zero-length-read' }))).at(-1))
      .toEqual(set(2, 0x5000, 1, 1))
  })
  it('nested with SSADE=1: pages of first-stage tables count as written', () => {
    const dirtied = updatesOf(world(nested, ...tracked)).filter(({ dirty }) => dirty).map(({ index }) => index)
    expect(dirtied).toEqual([0x34, 0x33, 0x32, 0x31])
  })
  it('a blocked request leaves A of what it used, perhaps, and never D', () => {
    expect(dma(world(first, write, fresh, is('fs1', { RW: 0, A: 0 })))).toMatchObject(
      { reason: 0x85, updates: [set(1, 0x24000, 4, 0), set(1, 0x21000, 1, 1)] })
    expect(dma(world(scalable, write, ...tracked, is('ss1', { ADDR: 0xfee00 })))).toMatchObject(
      { reason: 0x87, updates: [set(2, 0x3000, 3, 1), set(2, 0x4000, 2, 1), set(2, 0x5000, 1, 1)] })
    expect(dma(world(first, fresh, updatesFail))).toMatchObject({ reason: 0x91, updates: [] })
  })
  it('a mapping says whether a write has to set D, and once all is set nothing is left to do', () => {
    const bits: Readonly<Record<1 | 2, Layout>> = { 1: firstStageLeaf[1], 2: secondStageLeaf[1] }
    for (const mode of [[first], [scalable, ...tracked], [nested, ...tracked], [nested]]) {
      const w = world(...mode, fresh, is('guest4', { A: 0 }))
      expect(dma(w)).toMatchObject({ kind: 'translated', mapping: { dirty: false } })
      const { memory, tables, registers: unit } = machineOf(w)
      const ask = (access: 'read' | 'write') =>
        translate(tables, translationUnitOf(unit, haw), { ...w.request, access }) as Translation
      const before = ask('write')
      for (const { stage, table, index, accessed, dirty } of before.updates) {
        const at = table + index * 8
        memory.write(at,
          [memory.dword(at)! | (accessed ? maskOf(bits[stage], 'A')[0]! : 0) | (dirty ? maskOf(bits[stage], 'D')[0]!
            : 0)])
      }
      expect(before.updates.length).toBeGreaterThan(0)
      expect(ask('write')).toEqual({ ...before, updates: [] })
      expect(ask('read')).toMatchObject({ mapping: { dirty: true }, updates: [] })
    }
  })
})

describe('caches', () => {
  it('a first-stage mapping holds what user and privileged requests may do', () => {
    const supervisor = (dma(world(first, privileged, is('fs1', { US: 0, RW: 0 }),
      is('first', { WPE: 0 }))) as Translated).mapping
    const unit = translationUnitOf(machineOf(world(first)).registers, haw)
    const use = (access: 'read' | 'write', asPrivileged: boolean) =>
      useMapping(unit, supervisor, false, 0x40201000, access, asPrivileged)
    expect(dma(world(first, privileged, is('fs2', { US: 0 }))))
      .toMatchObject({ mapping: { user: false, write: true, privilegedWrite: true } })
    expect(use('read', true)).toMatchObject({ page: 0x55000 })
    expect(use('write', true)).toMatchObject({ page: 0x55000 })
    expect(use('read', false)).toMatchObject({ reason: 0x81, alternatives: [] })
    expect(use('write', false)).toMatchObject({ reason: 0x81, alternatives: [0x85] })
  })
})
