/** `cost --validate`: the model beside every published table that it can compose. */
import { cite, composeCounts, composedRow, fitOf, inUnit, limit_percent } from '../cost/index.ts'
import type { ComposedRow, ComposedTable, Fit, Predicted } from '../cost/index.ts'
import { stream } from '../cost/stream.ts'
import type { ReportOf } from '../report/report.ts'
import { figuresBehind, notComposed, predictions, profiles, reasons, sources, tables } from '../../spec/costs/index.ts'
import type { Composition, Prediction } from '../../spec/costs/index.ts'

/** Requests of a stream whose mean is compared. */
const requests = 20_000
const seed = 1

export function validateCosts(): ReportOf<'compose'> {
  const composed = [...new Set(predictions.map(({ table }) => table))].map(tableOf)
  const fit = fitOf(composed)
  const explained = reasonsOf(composed, fit.inversions)
  const isNear = [fit.median_percent, fit.tables_median_percent].every(one => (one ?? 0) <= limit_percent)
  return {
    kind: 'compose', exit: isNear && explained.every(({ because }) => because !== null) ? 'holds' : 'violated',
    profile: null, tables: composed, fit, reasons: explained,
    missing: tables.flatMap(({ id, title }) => Object.hasOwn(notComposed, id) ? [{ id, title, lacks: notComposed[id]!,
      isPart: composed.some(table => table.id === id) }] : []),
  }
}

/** Of each table what is far off, or in the wrong order. */
function reasonsOf(all: readonly ComposedTable[], inversions: Fit['inversions']): ReportOf<'compose'>['reasons'] {
  return all.flatMap(({ id, rows }) => {
    const declared = Object.hasOwn(reasons, id) ? reasons[id]! : []
    const far = rows.filter(({ fitted, off_percent }) => fitted === null && Math.abs(off_percent ?? 0) > limit_percent)
      .map(({ name, off_percent }) => ({ says: `${name} (${off_percent! > 0 ? '+' : ''}${off_percent} %)`,
        because: declared.find(one => one.rows?.includes(name))?.because ?? null }))
    const wrong = inversions.filter(({ table }) => table === id).map(({ greater, lesser }) => ({
      says: `${greater} not over ${lesser}`,
      because: declared.find(one => one.pairs?.some(([a, b]) => a === greater && b === lesser))?.because ?? null }))
    const of = [...far, ...wrong], why = [...new Set(of.map(({ because }) => because))]
    return of.length === 0 ? [] : [{ table: id, beyond: far.length, inversions: wrong.length, of,
      because: why.includes(null) ? null : why.join('; ') }]
  })
}

function tableOf(id: string): ComposedTable {
  const table = tables.find(one => one.id === id)
  const cited = table === undefined ? null : sources.citations[table.citation]!
  return {
    id, title: table?.title ?? 'numbers that stand alone', source: cited === null ? null : cite(cited),
    rows: predictions.filter(one => one.table === id).map(rowOf),
  }
}

function rowOf(prediction: Prediction): ComposedRow {
  const { name, published, measure, is } = prediction
  return composedRow({ name, how: howOf(is), unit: measure, predicted: predictedBy(is, measure), measured: published,
    fitted: prediction.fitted ?? takenFrom(prediction) })
}

/** A number that is among the figures behind the prices is fitted, whatever its prediction says of itself. */
function takenFrom({ table, published, is, takes }: Prediction): string | null {
  const citation = tables.find(({ id }) => id === table)?.citation
  const behind = [...takes, ...is.by === 'counts' ? figuresBehind(profiles[is.profile]!, Object.keys(is.counts)) : []]
  const found = behind.find(id => sources.figures[id]!.citation === citation
    && Math.abs(sources.figures[id]!.value - published) < 0.5)
  return found === undefined ? null : `the price comes from ${found}`
}

function howOf(is: Composition): string {
  switch (is.by) {
    case 'counts': return `${Object.entries(is.counts).map(([unit, n]) => n === 1 ? unit : `${n} ${unit}`).join(' + ')}`
      + `${is.per === undefined || is.per === 1 ? '' : `, one of ${is.per}`}, ${is.profile}`
    case 'read': return `${is.base_ns} ns + misses of ${is.entries} entries by ${is.pages} pages * ${is.walk_ns} ns`
    case 'requests': return `the least of link, ${is.link_gbps} Gb/s, and ${is.walkers} walkers of ${is.walk_ns} ns; `
      + `${is.bytes} B, ${is.entries} entries, ${is.pages} pages`
    case 'pages': return `a call and ${is.n} of its pages`
  }
}

function predictedBy(is: Composition, measure: string): Predicted {
  const exactly = (value: number): Predicted => ({ min: value, typ: value, max: value })
  switch (is.by) {
    case 'counts': {
      const profile = profiles[is.profile]!
      return inUnit(composeCounts(measure, is.counts, is.per ?? 1, profile), measure, profile.clock_ghz)
    }
    case 'read': {
      const { base_ns: base, walk_ns: walk, entries, pages } = is
      return exactly(stream({ base, walk, entries, pages, walkers: 1, link: 0, depth: 1, requests, seed }).mean)
    }
    case 'requests': {
      const { bytes, link_gbps, base_ns: base, walk_ns: walk, walkers, entries, pages } = is
      const link = bytes * 8 / link_gbps
      // as many under way as cover the latency of one, and a walk, at the rate of the link
      const depth = Math.ceil((base + walk) / link)
      return exactly(bytes * 8
        / stream({ base, walk, entries, pages, walkers, link, depth, requests, seed }).interval)
    }
    case 'pages': {
      const page = (is.all - is.one) / (is.last - 1)
      return exactly(is.one + (is.n - 1) * page)
    }
  }
}
