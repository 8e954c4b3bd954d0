/** The walk of legacy mode: every reason from one edit of a healthy setup, and what goes through. */
import { describe, expect, it } from 'vitest'
import { faultReason } from '../../spec/vtd/faults.ts'
import { hardwareGeometry } from '../../spec/vtd/walk/tables.ts'
import type { ContextEntry, Fetched, RootEntry, SecondStageEntry, Tables } from '../../spec/vtd/walk/tables.ts'
import {
  checkContext, checkBeforeTables, lookupContext, newTrail, noSingleSource, translateLegacy, useMapping,
  walkSecondStage,
} from '../../spec/vtd/walk/walk.ts'
import type { DmaRequest, Mapping, Trail, TranslationUnit } from '../../spec/vtd/walk/walk.ts'

const interruptRange = { first: 0xfee00000, last: 0xfeefffff }
const hardware: TranslationUnit = {
  geometry: hardwareGeometry, tes: true, hostAddressWidth: 46, maxGuestAddressWidth: 48, levels: [3, 4],
  superpages: [2, 3],
  passThrough: true, deviceTlb: true, zlr: true, interruptRange, ttm: 0, abortMode: false, scalable: null,
  singleSource: noSingleSource,
}
const rw: SecondStageEntry = { read: true, write: true, pageSize: false, address: 0, snoop: false, accessed: false,
  dirty: false, reserved: false }
const nothing: SecondStageEntry = { ...rw, read: false, write: false }

/** A device 01:02.0 in domain 7 whose IOVA 40201000 goes through tables 3000, 2000, 1000 to frame 55000. */
interface Setup {
  root: Fetched<RootEntry>; context: Fetched<ContextEntry>; entries: Record<1 | 2 | 3, Fetched<SecondStageEntry>>
  unit: TranslationUnit; request: DmaRequest
}
const healthyContext: ContextEntry = { present: true, fpd: false, tt: 0, table: 0x3000, levels: 3, did: 7,
  reserved: false }
const healthy: Setup = {
  root: { present: true, contextTable: 0x9000, reserved: false }, context: healthyContext,
  entries: { 3: { ...rw, address: 0x2000 }, 2: { ...rw, address: 0x1000 }, 1: { ...rw, address: 0x55000 } },
  unit: hardware, request: {
    sid: 0x0110, type: 'untranslated', access: 'read', address: 0x40201234, dword: false, pasid: null,
    privileged: false, execute: false,
  },
}
type Edit = (s: Setup) => Partial<Setup>
const context = (change: Partial<ContextEntry>): Edit => () => ({ context: { ...healthyContext, ...change } })
const entry = (level: 1 | 2 | 3,
  change: Partial<SecondStageEntry> | 'unreadable'): Edit => s => ({ entries: { ...s.entries,
  [level]: change === 'unreadable' ? change : { ...s.entries[level] as SecondStageEntry, ...change } } })
const request = (change: Partial<DmaRequest>): Edit => s => ({ request: { ...s.request, ...change } })
const unit = (change: Partial<TranslationUnit>): Edit => s => ({ unit: { ...s.unit, ...change } })
const setup = (...edits: readonly Edit[]): Setup => edits.reduce((s, edit) => ({ ...s, ...edit(s) }), healthy)

const tablesOf = (s: Setup): Tables => ({
  rootEntry: bus => bus === 1 ? s.root : { present: false, contextTable: 0, reserved: false },
  contextEntry: (table, devfn) =>
    table === 0x9000 && devfn === 0x10 ? s.context : { ...healthyContext, present: false },
  secondStageEntry: (table, index, level) =>
    table === level * 0x1000 && index === 1 && (level === 1 || level === 2 || level === 3) ? s.entries[level] : nothing,
  irte: () => 'unreadable',
})
/** `translate` over the tables of legacy mode. */
function runOn(s: Setup, trail?: Trail) {
  const first = checkBeforeTables(s.unit, s.request, trail)
  return first.kind === 'translate' ? translateLegacy(tablesOf(s), s.unit, s.request, trail) : first
}
const run = (...edits: readonly Edit[]) => runOn(setup(...edits))
function trailOf(...edits: readonly Edit[]): Trail {
  const trail = newTrail()
  runOn(setup(...edits), trail)
  return trail
}

/** One edit from health: were the check absent, the request would go through. */
interface Row {
  readonly reason: number
  readonly of: string
  readonly edits: readonly Edit[]
  readonly or?: readonly number[]
}
const reasons = ([
  { reason: 0x08, of: 'root entry unreadable', edits: [() => ({ root: 'unreadable' })] },
  { reason: 0x01, of: 'root entry not present',
    edits: [() => ({ root: { present: false, contextTable: 0x9000, reserved: false } })] },
  { reason: 0x01, of: 'root entry not present, with garbage',
    edits: [() => ({ root: { present: false, contextTable: 0x9000, reserved: true } })] },
  { reason: 0x01, of: 'another bus', edits: [request({ sid: 0x0210 })] },
  { reason: 0x0a, of: 'root entry reserved',
    edits: [() => ({ root: { present: true, contextTable: 0x9000, reserved: true } })] },
  { reason: 0x09, of: 'context entry unreadable', edits: [() => ({ context: 'unreadable' })] },
  { reason: 0x02, of: 'context entry not present', edits: [context({ present: false })] },
  { reason: 0x02, of: 'context entry not present, with garbage',
    edits: [context({ present: false, reserved: true, tt: 3 })] },
  { reason: 0x02, of: 'another function', edits: [request({ sid: 0x0111 })] },
  { reason: 0x0b, of: 'context entry reserved', edits: [context({ reserved: true })] },
  { reason: 0x0b, of: 'context entry wrong in three ways', or: [0x03, 0x0d],
    edits: [context({ reserved: true, tt: 3 }), request({ type: 'translated' })] },
  { reason: 0x03, of: 'AW of no meaning', edits: [context({ levels: 0 })] },
  { reason: 0x03, of: 'AW not in SAGAW', edits: [unit({ levels: [4] })] },
  { reason: 0x03, of: 'TT reserved', edits: [context({ tt: 3 })] },
  { reason: 0x03, of: 'TT=01 without device TLB', edits: [context({ tt: 1 }), unit({ deviceTlb: false })] },
  { reason: 0x03, of: 'TT=10 without pass-through', edits: [context({ tt: 2 }), unit({ passThrough: false })] },
  { reason: 0x03, of: 'top table unreadable', edits: [entry(3, 'unreadable')] },
  { reason: 0x0d, of: 'translated request under TT=00', edits: [request({ type: 'translated' })] },
  { reason: 0x0d, of: 'translation request under TT=10',
    edits: [context({ tt: 2 }), request({ type: 'translation' })] },
  { reason: 0x07, of: 'middle table unreadable', edits: [entry(2, 'unreadable')] },
  { reason: 0x07, of: 'last table unreadable', edits: [entry(1, 'unreadable')] },
  { reason: 0x07, of: 'table unreadable after W is lost', or: [0x05],
    edits: [entry(2, { write: false }), entry(1, 'unreadable'), request({ access: 'write' })] },
  { reason: 0x0c, of: 'non-leaf reserved', edits: [entry(2, { reserved: true })] },
  { reason: 0x0c, of: 'leaf reserved', edits: [entry(1, { reserved: true })] },
  { reason: 0x0c, of: 'leaf reserved, read-only and into FEEx', or: [0x05, 0x0e],
    edits: [entry(1, { reserved: true, write: false, address: 0xfee00000 }), request({ access: 'write' })] },
  { reason: 0x0c, of: 'superpage of a size not in SSLPS',
    edits: [entry(2, { pageSize: true }), unit({ superpages: [3] })] },
  { reason: 0x04, of: 'address above the tables (AGAW)', edits: [request({ address: 2 ** 39 + 0x40201000 })] },
  { reason: 0x04, of: 'address above MGAW', edits: [unit({ maxGuestAddressWidth: 30 })] },
  { reason: 0x04, of: 'pass-through above HAW', edits: [context({ tt: 2 }), request({ address: 2 ** 46 })] },
  { reason: 0x04, of: 'translated above HAW',
    edits: [context({ tt: 1 }), request({ type: 'translated', address: 2 ** 46 })] },
  { reason: 0x05, of: 'write, leaf read-only', edits: [entry(1, { write: false }), request({ access: 'write' })] },
  { reason: 0x05, of: 'write, non-leaf read-only', edits: [entry(3, { write: false }), request({ access: 'write' })] },
  { reason: 0x05, of: 'write, nothing mapped', edits: [entry(1, nothing), request({ access: 'write' })] },
  { reason: 0x05, of: 'atomic, read-only', edits: [entry(1, { write: false }), request({ access: 'atomic' })] },
  { reason: 0x05, of: 'atomic, nothing mapped', edits: [entry(1, nothing), request({ access: 'atomic' })], or: [0x06] },
  { reason: 0x05, of: 'write, read-only and into FEEx', or: [0x0e],
    edits: [entry(1, { write: false, address: 0xfee00000 }), request({ access: 'write' })] },
  { reason: 0x06, of: 'read, write-only', edits: [entry(1, { read: false })] },
  { reason: 0x06, of: 'read, nothing mapped', edits: [entry(2, nothing)] },
  { reason: 0x06, of: 'read, nothing mapped, with garbage',
    edits: [entry(2, { ...nothing, reserved: true, pageSize: true })] },
  { reason: 0x06, of: 'read, R and W never together', edits: [entry(2, { read: false }), entry(1, { write: false })] },
  { reason: 0x06, of: 'atomic, write-only', edits: [entry(1, { read: false }), request({ access: 'atomic' })] },
  { reason: 0x06, of: 'zero-length read, write-only, without ZLR',
    edits: [entry(1, { read: false }), request({ access: 'zero-length-read' }), unit({ zlr: false })] },
  { reason: 0x06, of: 'zero-length read, nothing mapped',
    edits: [entry(1, nothing), request({ access: 'zero-length-read' })] },
  { reason: 0x0e, of: 'leaf into FEEx', edits: [entry(1, { address: 0xfeeff000 })] },
  { reason: 0x0e, of: 'a page of a superpage into FEEx', edits: [entry(2, { pageSize: true, address: 0xfee00000 })] },
  { reason: 0x0e, of: 'translated request into FEEx',
    edits: [context({ tt: 1 }), request({ type: 'translated', address: 0xfee00000 })] },
  { reason: 0x29, of: 'read of FEEx', edits: [request({ address: 0xfee00000, dword: true })] },
  { reason: 0x29, of: 'write of FEEx that is no dword', edits: [request({ address: 0xfeeffffc, access: 'write' })] },
] satisfies readonly Row[]).map((row: Row) => ({ ...row, code: row.reason.toString(16) }))

describe('faults', () => {
  it('none in the setup that the rows edit', () => {
    for (const access of ['read', 'write', 'atomic', 'zero-length-read'] as const)
      expect(run(request({ access }))).toMatchObject({ kind: 'translated', page: 0x55000,
        mapping: { did: 7, input: 0x40201000, output: 0x55000, pages: 1, read: true, write: true } })
  })
  it.each(reasons)('$code: $of', ({ reason, edits, or }) => {
    expect(run(...edits)).toMatchObject({ kind: 'fault', reason, alternatives: or ?? [], suppressed: false })
  })
  it.each(reasons)('FPD suppresses $code only if qualified: $of', ({ reason, edits }) => {
    const fpd: Edit = s => s.context === 'unreadable' ? {} : { context: { ...s.context, fpd: true } }
    const found = run(...edits, fpd)
    const reached = ![0x08, 0x01, 0x0a, 0x09, 0x29].includes(reason) && setup(...edits).request.sid === 0x0110
    expect(found).toMatchObject({ kind: 'fault', reason, suppressed: reached && faultReason(reason)!.qualified })
  })
  it('every legacy reason has a row', () => {
    const legacy = [0x08, 0x01, 0x0a, 0x09, 0x02, 0x0b, 0x03, 0x0d, 0x07, 0x0c, 0x04, 0x05, 0x06, 0x0e, 0x29]
    expect([...new Set(reasons.map(row => row.reason))].sort()).toEqual(legacy.sort())
  })
  it('PS above level 3 is reserved', () => {
    const tables: Tables = { ...tablesOf(healthy), secondStageEntry: () => ({ ...rw, pageSize: true }) }
    for (const levels of [4, 5])
      expect(walkSecondStage(tables, hardware, { ...healthyContext, levels }, 0, 'read'))
        .toMatchObject({ reason: 0x0c, alternatives: [] })
  })
  it('a table that a resumed walk cannot read is not the top table', () => {
    const s = setup(entry(2, 'unreadable'))
    const start = trailOf(entry(2, 'unreadable')).visited[1]!
    expect(walkSecondStage(tablesOf(s), s.unit, healthyContext, s.request.address, 'read', start))
      .toMatchObject({ reason: 0x07 })
  })
  it('names the clause of the reason', () => {
    expect(trailOf(entry(1, { reserved: true })).exercised).toEqual(
      ['VTD:9/root-entry', 'VTD:9/context-entry', 'VTD:3.7/walk', 'VTD:table-30/lss-2'])
  })
})

describe('what goes through', () => {
  it('nothing is translated while TES=0',
    () => { expect(run(unit({ tes: false }), context({ present: false })).kind).toBe('bypass') })
  it.each([true, false])('a dword write to FEEx is an interrupt, TES=%s', tes => {
    expect(run(unit({ tes }), request({ address: 0xfee01000, access: 'write', dword: true })).kind).toBe('interrupt')
  })
  it('the interrupt range is closed at both ends', () => {
    const kind = (address: number) =>
      checkBeforeTables(hardware, { ...healthy.request, access: 'write', dword: true, address }).kind
    expect([0xfedffffc, 0xfee00000, 0xfeeffffc, 0xfef00000].map(kind))
      .toEqual(['translate', 'interrupt', 'interrupt', 'translate'])
  })
  it('a unit without an interrupt range translates FEEx like any address', () => {
    expect(run(unit({ interruptRange: null }), request({ address: 0xfee00000 })))
      .toMatchObject({ kind: 'fault', reason: 0x06 })
  })
  it('a zero-length read of FEEx completes', () => {
    expect(run(request({ address: 0xfee00000, access: 'zero-length-read' })).kind).toBe('completed')
  })
  it('ZLR lets a zero-length read pass with W alone, and says so', () => {
    const edits = [entry(1, { read: false }), request({ access: 'zero-length-read' })]
    expect(run(...edits)).toMatchObject({ kind: 'translated', page: 0x55000 })
    expect(trailOf(...edits).exercised).toContain('VTD:3.7/zero-length-read')
  })
  it.each([
    ['pass-through', context({ tt: 2 }), request({})],
    ['translated', context({ tt: 1 }), request({ type: 'translated' })],
  ] as const)(
    '%s is the identity and reads no second-stage table', (_, tt, type) => {
      const edits = [tt, type, entry(3, 'unreadable')]
      expect(run(...edits)).toMatchObject({ kind: 'translated', page: 0x40201000, mapping: { pages: 1, did: 7 } })
      expect(trailOf(...edits).visited).toEqual([])
    })
  it('TT=01 walks for an untranslated request',
    () => { expect(run(context({ tt: 1 }))).toMatchObject({ page: 0x55000 }) })
  it('PS is ignored at level 1', () => {
    expect(run(entry(1, { pageSize: true }))).toMatchObject({ page: 0x55000, mapping: { pages: 1 } })
  })
  it.each([[2, 0x40200000, 512], [3, 0x40000000, 512 * 512]] as const)('a superpage at level %i',
    (level, input, pages) => {
      const large = entry(level, { pageSize: true, address: 0x80000000 })
      expect(run(large)).toMatchObject({ mapping: { input, output: 0x80000000, pages },
        page: 0x80000000 + 0x40201000 - input })
      expect(trailOf(large).exercised).toContain('VTD:3.7/superpage')
    })
  it('SNP is that of the leaf', () => {
    expect(run(entry(1, { snoop: true }))).toMatchObject({ mapping: { snoop: true } })
    expect(run(entry(2, { snoop: true }))).toMatchObject({ mapping: { snoop: false } })
  })
  it('a superpage that covers FEEx serves its other pages', () => {
    expect(run(entry(2, { pageSize: true, address: 0xfec00000 })))
      .toMatchObject({ kind: 'translated', page: 0xfec01000 })
  })
  it('a cached context entry is checked against the type of each request', () => {
    expect(checkContext(healthyContext, hardware, 'translated')).toMatchObject({ kind: 'fault', reason: 0x0d })
    expect(checkContext({ ...healthyContext, present: false, fpd: true }, hardware, 'untranslated'))
      .toMatchObject({ reason: 0x02, suppressed: true })
  })
  it('lookupContext yields what translate walks with', () => {
    expect(lookupContext(tablesOf(healthy), hardware, 0x0110, 'untranslated'))
      .toMatchObject({ kind: 'context', context: healthyContext })
  })
  it('a cached mapping decides by its own permissions', () => {
    const mapping: Mapping = {
      pgtt: 0, did: 7, input: 0x40000000, output: 0xfec00000, pages: 1024, read: true, write: false, user: true,
      privilegedWrite: false, dirty: true,
      snoop: false,
    }
    expect(useMapping(hardware, mapping, false, 0x40001234, 'read'))
      .toMatchObject({ kind: 'translated', page: 0xfec01000 })
    expect(useMapping(hardware, mapping, true, 0x40001234, 'write')).toMatchObject({ reason: 0x05, suppressed: true })
    expect(useMapping(hardware, mapping, false, 0x40200000, 'read')).toMatchObject({ reason: 0x0e })
  })
})
