/** docs/answer.md is what `compare` prints, with the verdicts that test/golden holds, and the rest computed here.
 *  `vitest -u` writes the page anew. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareDesigns } from '../../src/check/compare.ts'
import type { Findings } from '../../src/check/compare.ts'
import { measureDesign } from '../../src/check/measure.ts'
import { longestWait, withBases } from '../../src/check/verdicts.ts'
import type { Judged, JudgedDesign } from '../../src/check/verdicts.ts'
import { worstOf } from '../../src/check/worst-case.ts'
import type { CompareReport, LongestWait } from '../../src/report/compare.ts'
import { compareText } from '../../src/report/text/compare.ts'
import { theme } from '../../src/text/theme.ts'
import { pricePath } from '../../src/cost/index.ts'
import { showOp } from '../../src/model/index.ts'
import type { ModelEvent, Op } from '../../src/model/index.ts'
import { takeStep } from '../../src/trace/replay.ts'
import { loadTraces } from '../../src/trace/store.ts'
import { profiles, waitOfMovingEdge, xeon } from '../../spec/costs/index.ts'
import { designs } from '../../spec/designs.ts'
import { remapMachine } from '../../spec/machine.ts'
import { sharedWith } from '../../spec/sharing.ts'

/** No golden file has a violation that is not known. */
const standings: Readonly<Record<string, Judged['standing']>> = { holds: 'fine', reached: 'fine', violated: 'known',
  incomplete: 'open', unchecked: 'unchecked' }
/** The lines of a golden file: `scope: …`, then `  violated CLAIM, known, 2 ops`. */
function golden(name: string): JudgedDesign {
  const text = readFileSync(new URL(`../golden/verdicts/${name}.txt`, import.meta.url), 'utf8')
  let scope = ''
  const rows = text.split('\n').flatMap((line): Judged[] => {
    scope = /^(\S+): /.exec(line)?.[1] ?? scope
    const [, outcome, property, rest = ''] =
      /^ {2}(holds|reached|violated|incomplete|unchecked) ([\w-]+)(.*)$/.exec(line) ?? []
    if (outcome === undefined || property === undefined) return []
    const ops = outcome === 'violated' ? /(\d+) ops$/.exec(rest)?.[1] : undefined
    return [{ scope, property, standing: standings[outcome]!, ops: ops === undefined ? null : Number(ops) }]
  })
  return { rows, missing: null }
}

const judged = new Map(withBases(designs).map(({ name }) => [name, golden(name)]))
const traces = loadTraces(['traces/known'])
let found: readonly Findings[] = []
const compared = (profile = xeon, some = found): CompareReport => compareDesigns(some, judged, traces, profile)

/** Not searched here: that takes 675,038 states, more than all others together. The steps are those that `cost --worst`
 *  found; they are taken and priced anew, so the wait is one that there is. That none is longer is what it found. */
const recorded = JSON.parse(readFileSync(new URL('../golden/longest-wait.json', import.meta.url), 'utf8')) as
  { readonly design: string; readonly begin: number; readonly ops: readonly Op[] }
function priceOfRecorded(): LongestWait {
  const { begins, ends, delays, bounds } = waitOfMovingEdge
  const design = withBases(designs).find(({ name }) => name === recorded.design)!
  const machine = remapMachine(design, bounds)
  const instances = new Map(machine.instances.map(instance => [showOp(instance.op), instance]))
  let before = machine.initialWorld, cycles = 0
  recorded.ops.forEach((op, i) => {
    const { events, after, refused } = takeStep(machine, before, op)
    const taken = { instance: instances.get(showOp(op))!, events, before }
    const isUnderWay = i >= recorded.begin
    expect([i, refused, isUnderWay && begins(taken), isUnderWay && ends(taken, design)])
      .toEqual([i, false, i === recorded.begin, i === recorded.ops.length - 1])
    if (isUnderWay && delays(taken, design)) cycles += pricePath('wait', countsIn(events), xeon).cycles.typ
    before = after
  })
  return { cycles, says: '' }
}
function countsIn(events: readonly ModelEvent<unknown>[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const event of events) if (event.kind === 'cost') counts[event.unit] = (counts[event.unit] ?? 0) + event.count
  return counts
}

beforeAll(async () => {
  const { waits: [only] } = await worstOf(withBases(designs).filter(({ name }) => name !== recorded.design)
    .map(design => ({ design, path: null })), xeon, { signal: new AbortController().signal, say: () => {} },
  [waitOfMovingEdge])
  const longest = priceOfRecorded()
  found = designs.map(design => {
    const wait = only!.designs.find(one => one.design === (sharedWith(design, 'interrupts') ?? design).name)
    return { design, counts: measureDesign({ design, path: null }).counts,
      path: null, wait: design.name === recorded.design ? longest : wait === undefined ? null : longestWait(wait) }
  })
})

it('the page is what compare prints', async () => {
  const text = compareText({ kind: 'compare', exit: 'holds', evidence: () => null, compare: compared(),
    searched: { designs: [], named: false } }, theme(false))
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  await expect(`# The answer

What \`npx remapcheck compare\` prints of the built-in designs; a test holds this page to it. \`--profile\` asks for
another machine, and the sentences change with it. [costs](costs.md) says how cycles are counted and priced, and how
near the model comes to published numbers; [verdicts](verdicts.md) has each claim. \`npx remapcheck replay FILE\` shows
a counterexample step by step.

\`\`\`text
${text}\`\`\`
`).toMatchFileSnapshot('../../docs/answer.md')
})

describe('the answer', () => {
  const saysOf = ({ answer }: CompareReport): string => answer.map(({ says }) => says).join('\n')
  it('is made of the numbers: with other prices it says otherwise', () => {
    const free = { ...xeon, units: { ...xeon.units, 'ipc-call': price(0), 'ipc-reply': price(0) } }
    expect(saysOf(compared())).toMatch(/^Not where each packet is mapped and unmapped: 14,923 cycles in driver-server/m)
    expect(saysOf(compared(free))).toMatch(/^Also where each packet is mapped and unmapped/m)
    const slow = { ...xeon, units: { ...xeon.units, 'remap-entry-fetch': price(0) } }
    expect(saysOf(compared(slow))).toMatch(/difference, 0, is the fetch of the entry; with the entry cached it is none/)
    const cachedToo = { ...xeon, units: { ...xeon.units, 'remap-entry-hit': price(100) } }
    expect(saysOf(compared(cachedToo))).toMatch(/is the fetch of the entry; with the entry cached it is 100\./)
    const lazy = { ...xeon, units: { ...xeon.units, 'deferred-enqueue': price(9000) } }
    expect(saysOf(compared(lazy))).toMatch(/a packet takes 22,348 in ring0-deferred, 2\.3 times as many/)
    const dear = { ...xeon, units: { ...xeon.units, 'irq-to-user': price(100_000) } }
    expect(saysOf(compared(dear))).toMatch(/^Nearly: userland drivers match ring 0/m)
  })
  const only = (...names: readonly string[]): readonly Findings[] =>
    found.filter(({ design }) => names.includes(design.name))
  it('leaves out what the designs at hand do not answer', () => {
    expect(compared(xeon, only('no-iommu')).answer).toEqual([])
    expect(compared(xeon, only('ring0-strict')).answer.map(({ says }) => says))
      .toEqual([expect.stringMatching(/^No design here loses an edge .* ring0-strict moves one in 2,433 cycles/)])
  })
  it('hides neither what a design gives up nor what it is not asked', () => {
    const says = saysOf(compared(xeon, only('no-iommu', 'driver-server', 'mbuf-copy', 'polling-longlived')))
    expect(says).toMatch(/Of polling-longlived: it gives up immutable-while-shared, and is not asked about inter/)
    expect(says).toMatch(/Of driver-server: it keeps every claim\. Of mbuf-copy: it keeps every claim asked of it,/)
    const { rows } = judged.get('ring0-strict')!
    const open = new Map(judged).set('ring0-strict', { missing: null, rows: rows.map(row =>
      row.property === 'no-lost-edge' ? { ...row, standing: 'open' as const } : row) })
    const some = only('ring0-strict', 'driver-server')
    expect(saysOf(compareDesigns(some, open, traces, xeon))).toMatch(/Of ring0-strict: of interrupts not all is/)
  })
  it('takes no server and no guest for ring 0', () => {
    const says = saysOf(compared(xeon, only('no-iommu', 'pistachio-irq', 'vm-assigned', 'vm-posted')))
    expect(says).not.toMatch(/ring 0|latency/)
  })
  it('does not call it a gain that a writer of the source loses no edge either', () => {
    expect(saysOf(compared(xeon, only('ring0-strict', 'no-iommu'))))
      .toMatch(/^No design here loses an edge .* takes 12,351 and loses none either\.$/m)
    expect(saysOf(compared())).toMatch(/^Yes: it saves edges .*, which write to the source too, lose edges\.$/m)
  })
  it('says of a difference that is not the fetch alone that it is not', () => {
    const dearer = only('ring0-strict', 'no-iommu').map(one => one.design.name === 'no-iommu' ? one
      : { ...one, counts: { ...one.counts, 'irq-deliver': { ...one.counts['irq-deliver'], handler: 2 } } })
    expect(saysOf(compared(xeon, dearer))).toMatch(/522, is not the fetch of the entry alone\./)
  })
  it('says what its profile rests on, and where it is of a machine with another IOMMU', () => {
    const [strict] = only('ring0-strict'), away = { ...strict!, design: { ...strict!.design, iommu: 'amdvi' } }
    expect(compared(profiles['epyc-2019'], [away]).notes).toEqual(profiles['epyc-2019']!.notes)
    expect(compared(xeon, [away]).notes.at(-1)).toMatch(/another IOMMU than that of ring0-strict.*--profile epyc-2019/)
    expect(compared(xeon).notes).toEqual(xeon.notes)
  })
  it('rests on figures, each sentence, and every assumed price that weighs says what would settle it', () => {
    for (const profile of Object.values(profiles)) {
      const { answer, weak } = compared(profile)
      for (const { rests } of answer) expect(rests.length).toBeGreaterThan(0)
      for (const { unit, settledBy } of weak) expect([unit, settledBy.length > 20]).toEqual([unit, true])
    }
  })
})

it('every broken claim names its counterexample, a saved one where there is one', () => {
  for (const { design, isolation, interrupts, progress } of compared().designs)
    for (const { standing, broken } of [isolation, interrupts, progress]) {
      expect([design, standing === 'violated']).toEqual([design, broken.length > 0])
      for (const { property, at } of broken) {
        const saved = traces.find(({ trace }) => trace.design === design && trace.property === property)
        expect(at).toBe(saved?.path ?? expect.stringContaining(`--property ${property}`))
      }
    }
})

it('says why nothing is asked, of each verdict that is none', () => {
  for (const { design, isolation, interrupts, progress } of compared().designs)
    for (const { standing, says } of [isolation, interrupts, progress])
      expect([design, says === '']).toEqual([design, standing !== 'none'])
})

function price(cycles: number) {
  return { min: cycles, typ: cycles, max: cycles, from: [], derivation: 'a guess', assumption: true }
}
