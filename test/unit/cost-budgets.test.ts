/** Budgets and the baseline: over the limit fails in any case, a change of counts fails until recorded, files are
 *  written whole. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { budgets } from '../../properties/budgets/budgets.ts'
import {
  checkBudgets, CostError, emptyBaseline, loadBaseline, pricePath, recorded, renderBudgets, showBaseline, writeBaseline,
} from '../../src/cost/index.ts'
import type { Budget, MeasuredDesign } from '../../src/cost/index.ts'
import { storedIn } from '../../src/cli/verbs/cost.ts'
import { UserError } from '../../src/errors.ts'
import { paths, profiles, units } from '../../spec/costs/index.ts'

const unmap: Budget = {
  design: 'ring0-strict', path: 'unmap', limit_cycles: 2600, derivation: 'clear, one round', profile: 'xeon-2011-2016',
}
const round = { 'pte-clear': 1, 'queue-entry': 2, 'queue-tail-write': 1, 'queue-wait': 1 }
const measured = (counts: Readonly<Record<string, number>>): readonly MeasuredDesign[] =>
  [{ design: 'ring0-strict', counts: { unmap: counts } }]
const baseline = recorded(emptyBaseline, measured(round))

describe('checkBudgets', () => {
  it('holds when within the limit and as recorded', () => {
    const report = checkBudgets(measured(round), [unmap], baseline, profiles)
    expect(report).toMatchObject({ holds: true, changes: [],
      results: [{ verdict: 'within', used: { typ: 2579 }, delta_cycles: 0 }] })
    expect(renderBudgets(report)).toBe('budgets: 1 within, 0 changed, 0 over, 0 unmeasured\n')
  })
  it('fails on a change of counts, dearer or cheaper, and says which unit', () => {
    const other = measured({ ...round, 'queue-entry': 1, 'lock': 1 })
    const report = checkBudgets(other, [{ ...unmap, limit_cycles: 9999 }], baseline, profiles)
    expect(report.holds).toBe(false)
    expect(report.results[0]).toMatchObject({ verdict: 'changed', delta_cycles: 19 })
    expect(renderBudgets(report)).toBe('changed     ring0-strict unmap: +19 cycles, now 2598 of the limit 9999\n'
      + '  queue-entry 2 -> 1\n  lock 0 -> 1\naccept the change with --update\n'
      + 'budgets: 0 within, 1 changed, 0 over, 0 unmeasured\n')
    expect(checkBudgets(measured({}), [], baseline, profiles).changes.map(c => `${c.unit} ${c.from} ${c.to}`))
      .toEqual(['pte-clear 1 0', 'queue-entry 2 0', 'queue-tail-write 1 0', 'queue-wait 1 0'])
  })
  it('fails over the limit even when the counts are recorded', () => {
    const twice = measured({ ...round, 'queue-wait': 2 })
    const report = checkBudgets(twice, [unmap], recorded(baseline, twice), profiles)
    expect(report).toMatchObject({ holds: false, changes: [], results: [{ verdict: 'over', delta_cycles: 0 }] })
    expect(renderBudgets(report))
      .toContain('over        ring0-strict unmap: 4621 cycles, limit 2600 (+2021)\n  limit: clear, one round\n')
  })
  it('allows exactly the limit and not one cycle more', () => {
    const verdict = (limit_cycles: number) =>
      checkBudgets(measured(round), [{ ...unmap, limit_cycles }], baseline, profiles).results[0]!.verdict
    expect([verdict(2579), verdict(2578)]).toEqual(['within', 'over'])
  })
  it('fails when nothing was recorded, nothing measured, or a path vanished', () => {
    expect(checkBudgets(measured(round), [unmap], emptyBaseline, profiles))
      .toMatchObject({ holds: false, results: [{ verdict: 'changed', delta_cycles: null }] })
    const none = checkBudgets([{ design: 'ring0-strict', counts: {} }], [unmap], baseline, profiles)
    expect([none.holds, none.results[0]!.verdict, none.changes.length]).toEqual([false, 'unmeasured', 4])
  })
  it('fails on a change in a path that has no budget', () => {
    const report = checkBudgets([{ design: 'ring0-strict', counts: { unmap: round, map: { 'pte-store': 1 } } }],
      [unmap], baseline, profiles)
    expect(report).toMatchObject({ holds: false, changes: [{ path: 'map', unit: 'pte-store', from: 0, to: 1 }],
      results: [{ verdict: 'within' }] })
    expect(renderBudgets(report)).toContain('changed     ring0-strict map\n  pte-store 0 -> 1\n')
  })
  it('refuses an unknown profile', () => {
    expect(() => checkBudgets(measured(round), [{ ...unmap, profile: 'zen' }], baseline, profiles))
      .toThrow(/no profile 'zen'; there are xeon-2011-2016,/)
  })
})

describe('the baseline file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'cost-'))
  afterAll(() => { rmSync(dir, { recursive: true }) })

  it('reads back what was written, replaces only the designs measured, and leaves no draft', () => {
    const file = join(dir, 'baseline.json')
    const both = recorded(baseline, [{ design: 'no-iommu', counts: { map: { 'frame-alloc': 1 } } }])
    writeBaseline(file, both)
    expect(loadBaseline(readFileSync(file, 'utf8'), file)).toEqual(both)
    expect(Object.keys(recorded(both, measured({ lock: 1 })).designs)).toEqual(['no-iommu', 'ring0-strict'])
    expect(readdirSync(dir)).toEqual(['baseline.json'])
  })
  it('keeps what is there and no draft when writing fails', () => {
    const taken = join(dir, 'taken')
    mkdirSync(taken)
    writeFileSync(join(taken, 'old'), 'a folder where a file should be')
    expect(() => writeBaseline(taken, baseline)).toThrow() // the draft is written, the rename fails
    expect(() => writeBaseline(join(dir, 'missing', 'baseline.json'), baseline)).toThrow()
    expect(readdirSync(dir).sort()).toEqual(['baseline.json', 'taken'])
    expect(readdirSync(taken)).toEqual(['old'])
  })
  it.each([
    ['', /ends in the middle/], ['{}', /format/],
    [showBaseline(baseline).replace('"queue-wait":1', '"queue-wait":1.5'), /designs\.ring0-strict\.unmap\.queue-wait/],
  ])('refuses %j', (text, why) => {
    expect(() => loadBaseline(text, 'b.json')).toThrow(CostError)
    expect(() => loadBaseline(text, 'b.json')).toThrow(why)
  })
  it('that is damaged is an error of the file, with the way out', () => {
    const file = join(dir, 'merged.json')
    for (const [text, why] of [['<<<<<<< HEAD\n', /1:1: not JSON/], ['{"version":2}', /format/]] as const) {
      writeFileSync(file, text)
      expect(() => storedIn(file)).toThrow(UserError)
      expect(() => storedIn(file)).toThrow(why)
    }
  })
  it('of the project is a baseline of known units', () => {
    const project = loadBaseline(readFileSync(new URL('../../properties/budgets/baseline.json', import.meta.url),
      'utf8'), 'baseline.json')
    for (const design of Object.values(project.designs)) for (const path of Object.values(design))
      for (const unit of Object.keys(path)) expect(Object.keys(units)).toContain(unit)
  })
})

describe('budgets of the built-in designs', () => {
  it.each(budgets.map(b => [`${b.design} ${b.path}`, b] as const))(
    '%s: the price of the expected counts plus 10 percent', (_, b) => {
      const { typ } = pricePath(b.path, b.expects, profiles[b.profile]!).cycles
      expect(b.limit_cycles).toBe(Math.ceil(typ * 11 / 100) * 10)
      expect(Object.keys(paths)).toContain(b.path)
      expect(b.derivation.length).toBeGreaterThan(20)
    })
  it('name each path of a design once', () => {
    const names = budgets.map(b => `${b.design} ${b.path}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
