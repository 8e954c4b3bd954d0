/** The model beside published numbers: what is fitted does not count, the rest is near or has a reason, and the page
 *  says so; streams of DMA against the published miss curve. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { validateCosts } from '../../src/check/cost-validation.ts'
import { composedRow, composeCounts, CostError, fitOf, inUnit } from '../../src/cost/index.ts'
import type { ComposedRow } from '../../src/cost/index.ts'
import { stream } from '../../src/cost/stream.ts'
import { notComposed, predictions, profiles, reasons, sources, tables, xeon } from '../../spec/costs/index.ts'

const report = validateCosts()
const rowsOf = (table: string): readonly ComposedRow[] => report.tables.find(({ id }) => id === table)!.rows

describe('published numbers', () => {
  it('are near, by all rows and by tables; what is not has a reason', () => {
    expect(report.fit.median_percent).toBeLessThanOrEqual(15)
    expect(report.fit.tables_median_percent).toBeLessThanOrEqual(15)
    expect(report.reasons.filter(({ because }) => because === null)).toEqual([])
    expect(report.exit).toBe('holds')
  })
  it('have a reason for each row that is far off, and for each pair in the wrong order, and no other', () => {
    const needed = report.reasons.map(({ table, of }) => [table, of.length])
    const declared = Object.entries(reasons).map(([table, all]) =>
      [table, all.reduce((sum, { rows = [], pairs = [] }) => sum + rows.length + pairs.length, 0)])
    expect(declared.toSorted()).toEqual(needed.toSorted())
    const far = report.tables.flatMap(({ rows }) => rows)
      .filter(({ fitted, off_percent }) => fitted === null && Math.abs(off_percent ?? 0) > 15)
    expect(report.reasons.reduce((sum, { beyond }) => sum + beyond, 0)).toBe(far.length)
    expect(report.fit.beyond).toBe(far.length)
  })
  it('that prices were fitted to are met within 3 percent, and do not count', () => {
    const fitted = rowsOf('riommu-components').filter(({ name }) => name.includes('sum'))
    expect(fitted.length).toBe(8)
    for (const row of fitted) {
      expect([row.name, row.inside, row.fitted]).toEqual([row.name, true, expect.any(String)])
      expect(Math.abs(row.off_percent!)).toBeLessThanOrEqual(3)
    }
  })
  it('that count are none of those that prices or compositions take', () => {
    for (const { table, name, published, takes } of predictions) {
      const row = rowsOf(table).find(one => one.name === name)!
      if (row.fitted !== null) continue
      const citation = tables.find(({ id }) => id === table)?.citation
      for (const id of takes)
        expect(sources.figures[id]!.citation === citation && sources.figures[id]!.value === published, name).toBe(false)
    }
    for (const figure of ['intel-map-sg-1page-before', 'port-io-isa-howto', 'userspace-nic-driver-c-batch32'])
      expect(sources.figures[figure]!.split).toBe('open-validation')
  })
  it('are all there: each table is composed, or it says what is missing', () => {
    const composed = new Set(report.tables.map(({ id }) => id))
    expect(tables.filter(({ id }) => !composed.has(id) && !Object.hasOwn(notComposed, id))).toEqual([])
    expect(Object.keys(notComposed).filter(id => !tables.some(table => table.id === id))).toEqual([])
  })
  it('stand in docs/costs.md, table by table', () => {
    const docs = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8')
    const between = (mark: string): string => docs.split(`<!-- ${mark} -->\n`)[1]!.split(`<!-- /${mark} -->`)[0]!
    const lines = report.tables.map(({ id, rows }) => {
      const { rows: all, fitted, median_percent, beyond } = fitOf([{ id, title: id, source: null, rows }])
      return `| ${id} | ${all - fitted} | ${fitted} | ${median_percent === null ? '–' : `${median_percent} %`} | `
        + `${beyond} |\n`
    })
    expect(between('validated')).toBe(`| table | count | fitted | median error | over 15 % |\n`
      + `| --- | ---: | ---: | ---: | ---: |\n${lines.join('')}`)
    const { median_percent, tables_median_percent, pairs, inversions } = report.fit
    for (const said of [`nearer than ${median_percent} %`, `below ${tables_median_percent} %`,
      `${pairs - inversions.length} of ${pairs} pairs`]) expect(docs.replace(/\s+/g, ' ')).toContain(said)
    const isOfLink = (table: string, { name, predicted }: ComposedRow): boolean => {
      const { is } = predictions.find(one => one.table === table && one.name === name)!
      return is.by === 'requests' && Math.abs(predicted.typ - is.link_gbps) < 1e-6 * is.link_gbps
    }
    const others = fitOf(report.tables.map(table =>
      ({ ...table, rows: table.rows.filter(row => !isOfLink(table.id, row)) })))
    const said = docs.replace(/\s+/g, ' ')
    expect(said).toContain(`${report.fit.rows - others.rows} of the numbers are transfers that the link limits`)
    expect(said).toContain(`Of the others, half are nearer than ${others.median_percent} %`)
    expect(others.median_percent).toBeLessThanOrEqual(15)
    expect(between('reasons')).toBe(report.reasons.flatMap(({ table, of }) => [`| ${table} | | |`,
      ...of.map(({ says, because }) => `| | ${says} | ${because} |`)])
      .reduce((text, line) => `${text}${line}\n`, '| table | number, or pair | why |\n| --- | --- | --- |\n'))
    for (const { id, lacks } of report.missing)
      expect(between('missing').replace(/\s+/g, ' ')).toContain(`- \`${id}\`: ${lacks}.`)
  })
})

describe('a stream of DMA', () => {
  const spec = { entries: 118, pages: 256, walkers: 1, walk: 280, base: 557, link: 0, depth: 1, requests: 20_000,
    seed: 7 }
  it('misses as published: never within the capacity, else the share that does not fit', () => {
    expect(stream({ ...spec, pages: 64 })).toMatchObject({ miss_share: 0, mean: 557, max: 557 })
    for (const pages of [128, 256, 512, 1024, 4096])
      expect(Math.abs(stream({ ...spec, pages }).miss_share - (1 - 118 / pages))).toBeLessThan(0.01)
  })
  it('waits for a walker, and serves as many at once as there are', () => {
    const busy = { ...spec, pages: 16_384, depth: 64, base: 0, requests: 2000 }
    for (const walkers of [1, 4])
      expect(stream({ ...busy, walkers }).interval).toBeCloseTo(280 * stream(busy).miss_share / walkers, -1)
    expect(stream({ ...busy, walkers: 1 }).p99).toBeGreaterThan(stream({ ...busy, walkers: 64 }).p99)
  })
  it('is the same for the same seed', () => {
    expect(stream(spec)).toEqual(stream(spec))
    expect(stream({ ...spec, seed: 8 })).not.toEqual(stream(spec))
  })
})

describe('composing', () => {
  const row = (name: string, typ: number, measured: number | null, how = name): ComposedRow =>
    composedRow({ name, how, unit: 'ns', predicted: { min: typ, typ, max: typ + 1 }, measured, fitted: null })
  it('prices counts, in cycles, time or events a second', () => {
    const cycles = composeCounts('x', { lock: 4 }, 2, xeon)
    expect(cycles).toEqual({ min: 36, typ: 46, max: 134 })
    expect(inUnit({ min: 31, typ: 62, max: 310 }, 'ns', 3.1)).toEqual({ min: 10, typ: 20, max: 100 })
    expect(inUnit({ min: 31, typ: 62, max: 310 }, '/s', 3.1)).toEqual({ min: 1e7, typ: 5e7, max: 1e8 })
    expect(() => inUnit(cycles, 'constructor', 3.1)).toThrow(CostError)
    expect(() => composeCounts('x', { constructor: 1 } as never, 1, profiles['epyc-2019']!)).toThrow(CostError)
  })
  it('says how far off a number is, and which pairs are the wrong way round', () => {
    expect(row('a', 110, 100)).toMatchObject({ off_percent: 10, inside: false })
    expect(row('a', 100, null)).toMatchObject({ off_percent: null, inside: null })
    const table = { id: 't', title: 't', source: null }
    const fit = fitOf([{ ...table, rows: [row('r: a', 10, 20), row('r: b', 20, 10), row('s: c', 1, 5),
      row('r: d', 10.1, 10)] }])
    expect(fit.inversions.map(({ greater, lesser }) => [greater, lesser]))
      .toEqual([['r: a', 'r: b'], ['r: a', 'r: d']])
    expect(fit).toMatchObject({ rows: 4, fitted: 0, pairs: 2, beyond: 3, median_percent: 65 })
    expect(fitOf([])).toMatchObject({ rows: 0, median_percent: null, tables_median_percent: null })
  })
})
