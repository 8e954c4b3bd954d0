/** Counterexamples on QEMU: what it shows of the saved traces and of the mutants, that what it shows is not said of
 *  everything, and docs/on-qemu.md. */
import { vtdState } from '../../spec/vtd/index.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { bounds } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { ring0Deferred, ring0Register, ring0Strict } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { onQemu } from '../../src/check/on-qemu.ts'
import { checkMachine } from '../../src/index.ts'
import { showOnQemu } from '../../src/qemu/counterexample/run.ts'
import type { OnQemu } from '../../src/qemu/counterexample/run.ts'
import { amdviSide } from '../../src/qemu/amdvi/counterexample/side.ts'
import { vtdSide } from '../../src/qemu/vtd/counterexample/side.ts'
import { observationsIn } from '../../src/model/index.ts'
import type { Op } from '../../src/model/index.ts'
import { makeTrace } from '../../src/trace/format.ts'
import { replay } from '../../src/trace/replay.ts'
import { loadTraces } from '../../src/trace/store.ts'
import { propertiesFor } from '../../properties/index.ts'
import { noDmaEscape } from '../../properties/isolation/no-dma-escape.ts'
import { run } from '../cli/run.ts'
import { amdviMutants } from '../mutants/amdvi.ts'
import { interruptMutants } from '../mutants/interrupt.ts'
import { memoryMutants } from '../mutants/memory.ts'
import { absent } from './support.ts'

interface Row { readonly of: string; readonly claim: string; readonly shown: Pick<OnQemu, 'verdict' | 'limits'> }
const rows: Row[] = []
const stale = 'traces/known/no-access-after-unmap-ring0-deferred-????.json'

interface Told {
  readonly path: string
  readonly design: string
  readonly property: string
  readonly qemu: {
    readonly verdict: OnQemu['verdict']
    readonly limits: readonly { readonly name: string }[]
  }
}

describe.skipIf(absent !== null)('saved traces', () => {
  it('QEMU shows all whose end no CPU has a part in', async () => {
    const { code, out } = await run('replay traces/known --on qemu --json')
    const { traces, exit } = JSON.parse(out) as {
      readonly traces: readonly Told[]
      readonly exit: { readonly name: string }
    }
    for (const { design, property, qemu } of traces)
      rows.push({ of: design, claim: property,
        shown: { verdict: qemu.verdict, limits: qemu.limits.map(({ name }) => name) } })
    const others = rows.filter(({ shown }) => shown.verdict !== 'shown')
    expect(others.filter(({ shown: { verdict, limits } }) => verdict !== 'cannot' || !limits.includes('runs-no-code')))
      .toEqual([])
    expect([...new Set(others.map(({ claim }) => claim))].toSorted())
      .toEqual(['edges-are-served', 'no-lost-edge', 'one-handler-at-a-time'])
    expect({ code, exit: exit.name }).toEqual({ code: 4, exit: 'vacuous' })
  })
  it('the stale access of ring0-deferred, read and write, from an entry that nothing invalidated', async () => {
    const { code, out } = await run(`replay ${stale} --on qemu`)
    expect(code).toBe(0)
    expect(out).toContain('QEMU shows it too')
    expect(out.match(/→ frame0, from its IOTLB {2}= model/g)).toHaveLength(2)
    expect(out).toContain('the same again as a write: 00:03.0 writes 0x0')
  })
})

/** The replayed steps of ops, and what QEMU makes of them. */
function show(design: typeof ring0Strict, b: Bounds, ops: readonly Op[]): Promise<OnQemu> {
  const machine = remapMachine(design, b, [...new Set([noDmaEscape.property, ...propertiesFor(design, b)])])
  const trace = makeTrace(machine,
    { design: design.name, bounds: {}, property: 'no-dma-escape', because: '', ops,
      found: { driver: 'hand', shortest: false } })
  const { steps, refusedCount } = replay(machine, trace)
  expect(refusedCount).toBe(0)
  return showOnQemu(vtdSide, {
    bounds: b, start: machine.initialWorld.state, at: null, endless: false, arrivesEarly: () => false,
    asWrite: () => false,
    steps: steps.map(({ op, before, after, events }) => ({ op, before: before.state, after: after.state,
      seen: observationsIn(events) })),
  })
}
const outcomes = ({ steps }: OnQemu) =>
  steps.flatMap(({ sights }) =>
    sights.flatMap(({ deed, outcome, cached }) =>
      deed.kind === 'dma' && deed.why !== 'context' ? [{ outcome, cached }] : []))

describe.skipIf(absent !== null)('what is shown is not said of everything', () => {
  const { ops } = loadTraces([stale])[0]!.trace
  const one = bounds({ frames: 1, iovas: 1 })
  const landed = { outcome: { kind: 'landed', frame: 0 }, cached: false }, hit = { ...landed, cached: true }

  it('the same steps with the flush before the access: blocked, in the model and in QEMU', async () => {
    const flush = [{ action: 'flush', args: { cpu: 0, domain: 0 } },
      { action: 'flush/invalidateDomain', args: { cpu: 0 } }, { action: 'flush/submitWait', args: { cpu: 0 } }]
    const process = { action: 'iommu.process', args: { slot: 0 } }
    const shown = await show(ring0Deferred, bounds({ frames: 1, iovas: 1, queue: 4 }),
      [...ops.slice(0, 7), ...flush, process, process, ops[7]!])
    expect(shown.steps[9]!.sights[0]!.note).toBe('the wait is done')
    expect(outcomes(shown)).toEqual([landed, { outcome: { kind: 'blocked', reason: 6 }, cached: false }])
  })
  it('an invalidation by register does its work', async () => {
    const cpu = { cpu: 0 }
    const unmap = [{ action: 'unmap', args: { cpu: 0, domain: 0, iova: 0 } },
      { action: 'unmap/invalidatePageByRegister', args: cpu }]
    const b = bounds({ frames: 1, iovas: 1 })
    expect(outcomes(await show(ring0Register, b,
      [...ops.slice(0, 5), ...unmap, { action: 'iommu.completeRegister', args: {} }, ops[7]!])))
      .toEqual([landed, { outcome: { kind: 'blocked', reason: 6 }, cached: false }])
  })
  it('a QEMU that is flushed behind the model\'s back shows no stale access, and that is a difference', async () => {
    const machine = remapMachine(ring0Deferred, one, propertiesFor(ring0Deferred, one))
    const { steps } = replay(machine, { ...loadTraces([stale])[0]!.trace, bounds: {} })
    const told = steps.map(({ op, before, after, events }) => ({ op, before: before.state, after: after.state,
      seen: observationsIn(events) }))
    const state = vtdState(steps[6]!.after.state)
    const flushed = { ...state, unit: { ...state.unit, queue: [{ type: 'iotlb-global' } as const] } }
    const shown = await showOnQemu(vtdSide, {
      bounds: one, start: machine.initialWorld.state, at: 9, endless: false, arrivesEarly: () => false,
      asWrite: () => false,
      steps: [...told.slice(0, 7), { op: { action: 'flush it', args: {} }, before: state, after: flushed, seen: [] },
        ...told.slice(7)],
    })
    expect(shown).toMatchObject({ verdict: 'differs', limits: [], evidence: 8 })
    expect(outcomes(shown)).toEqual([landed, { outcome: { kind: 'blocked', reason: 6 }, cached: false }])
  })
  it('a message of compatibility format: refused by the model, let through by QEMU, which is known', async () => {
    const shown = await show(ring0Strict, bounds({ cpus: 2, devices: 2, sources: 2, vectors: 1, hostile: 1 }),
      [{ action: 'forge.compatible', args: { device: 0, cpu: 1, vector: 0 } }])
    expect(shown.steps[0]).toMatchObject({
      limits: ['passes-compatible-format'],
      sights: [{ deed: { expected: { kind: 'rejected', reason: 0x25 } },
        outcome: { kind: 'accepted', cpu: 1, vector: 0 } }],
    })
  })
  it('a page that is still mapped is reached by read and write, another device is refused', async () => {
    const two = bounds({ frames: 1, iovas: 1, devices: 2, domains: 2, queue: 4 })
    const dma = (device: number, write: boolean): Op => ({ action: 'dma.issue', args: { device, iova: 0, write } })
    const land: Op = { action: 'dma.land', args: { device: 0 } }
    const other: Op = { action: 'iommu.cacheContext', args: { device: 1 } }
    const shown = await show(ring0Strict, two,
      [...ops.slice(0, 5), dma(0, false), land, dma(0, true), land, other, dma(1, true)])
    expect(outcomes(shown)).toEqual([landed, hit, hit, { outcome: { kind: 'blocked', reason: 5 }, cached: false }])
  })
})

const mutants = [...[...memoryMutants, ...interruptMutants].map(one => ({ ...one, side: vtdSide })),
  ...amdviMutants.map(one => ({ ...one, side: amdviSide }))]
describe.skipIf(absent !== null)('mutants', () => {
  it.each(mutants)('$name', async ({ name, design, bounds: b, breaks: { property }, side }) => {
    const machine = remapMachine(design, b, [property])
    const { violation } = (await checkMachine(machine)).results[0]!
    const { because, ops, loop } = violation!
    const trace = makeTrace(machine, {
      design: design.name, bounds: {}, property: property.name, because, ops, ...loop === null ? {} : { loop },
      found: { driver: 'exhaustive', shortest: true },
    })
    const shown = await onQemu(side, replay(machine, trace), trace, b, undefined, other => replay(machine, other))
    rows.push({ of: name, claim: property.name, shown })
    expect(shown.verdict, shown.limits.join()).not.toBe('differs')
    if (shown.verdict === 'cannot') expect(shown.limits).not.toEqual([])
  })

  it('docs/on-qemu.md says so', async () => {
    const told = [{ title: 'VT-d', side: vtdSide }, { title: 'AMD-Vi', side: amdviSide }]
    const all = ({ title, side: { limits } }: (typeof told)[number]): readonly string[] => [`${title}:`, '',
      '| | in QEMU | clause |', '| --- | --- | --- |', ...Object.entries(limits)
        .map(([limit, { says, clause }]) => `| \`${limit}\` | ${says}. | ${clause ?? ''} |`), '']
    const count = (verdict: OnQemu['verdict']): number => rows.filter(({ shown }) => shown.verdict === verdict).length
    await expect([
      ...head, '## What it cannot do', '', ...told.flatMap(all),
      '## What it shows', '',
      `Of the ${rows.length} shortest counterexamples of the saved traces and the mutants it shows ${count('shown')}; `
        + `it cannot show ${count('cannot')}.`, '',
      '| design or mutant | claim | QEMU | why not |', '| --- | --- | --- | --- |',
      ...rows.map(({ of, claim, shown: { verdict, limits: met } }) =>
        `| \`${of}\` | ${claim} | ${verdict === 'shown' ? 'shows it' : 'cannot'} | `
          + `${met.map(limit => `\`${limit}\``).join(', ')} |`), '',
    ].join('\n')).toMatchFileSnapshot('../../docs/on-qemu.md')
  })
  afterAll(() => {
    process.stdout.write(`counterexamples on QEMU: ${rows.filter(({ shown }) => shown.verdict === 'shown').length} of `
      + `${rows.length} shown\n`)
  })
})

const head = [
  '# Counterexamples on QEMU', '',
  '`remapcheck replay FILE --on qemu` does the steps of a trace to a QEMU (see [qemu.md](qemu.md)) and says whether',
  'QEMU shows the violation too. The tests make this page: `npm run test:qemu -- -u` writes it anew.', '',
  'What a step changed decides what is done to QEMU, not its name. So designs of your own work too:', '',
  '| in the model | on QEMU |', '| --- | --- |',
  '| a store to a table | the entry\'s words, at the place that `spec/vtd/bounded/placement.ts` gives it: tables of '
    + 'three levels, the small ones the lowest of them |',
  '| TES, IRES, CFIS, the interrupt table | GCMD, IRTA with SIRTP |',
  '| descriptors in the queue | the descriptors and the tail; a wait\'s status word is read |',
  '| an invalidation by register | CCMD, or IVA and IOTLB |',
  '| hardware fills its context cache or its IOTLB | a read by that device, of a page that nothing maps or of the '
    + 'page itself |',
  '| a DMA is issued | a DMA of 4 bytes by an `edu` device. Every frame holds words that name it: after a write '
    + 'memory is searched for the word of the device, after a read the buffer of the device is compared |',
  '| a message is remapped | the device\'s MSI; the APIC\'s event and its IRR say who got it |', '',
  'That is VT-d. Of AMD-Vi the stores are those to the device table, the host tables and the tables of interrupts, as',
  'they become visible; IommuEn is set in the control register; commands go to the command buffer, with the tail',
  'behind them, and the word of a COMPLETION_WAIT is read. QEMU logs no event of that unit: it shows that a request is',
  'blocked, and not why.', '',
  'Where a read violates and a write would too, `replay` does the write as well. It prints each outcome beside that of '
    + 'the',
  'model, and both where they differ. The verdict is *shown*, *cannot* or *differs*:', '',
  '- *shown*: QEMU does at the violating step what the model says.',
  '- *cannot*: QEMU does not, or shows nothing there, for the reasons named.',
  '- *differs*: QEMU does not, and no reason explains it.', '',
  'Exit codes: 0 all shown, 4 some cannot be shown, 5 some differ, 69 no QEMU.', '',
]
