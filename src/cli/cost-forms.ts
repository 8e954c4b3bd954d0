/** What `cost` does besides counting and pricing: composing a file, and taking a path apart. */
import { derivationOf } from '../check/derivation.ts'
import { measureDesign } from '../check/measure.ts'
import { links, throughput } from '../check/throughput.ts'
import { timedOf } from '../check/timed.ts'
import type { Subject } from '../check/subject.ts'
import { composeCounts, composedRow, CostError, fitOf, inUnit } from '../cost/index.ts'
import type { ComposedRow, Counts } from '../cost/index.ts'
import { suggest, usage } from '../errors.ts'
import type { ReportOf } from '../report/report.ts'
import type { TimedReport } from '../report/timed.ts'
import { paths } from '../../spec/costs/index.ts'
import type { Profile } from '../../spec/costs/index.ts'
import type { ComposeFile } from './compose-file.ts'
import { readComposeFile } from './compose-file.ts'
import { builtIn } from './designs.ts'
import type { Io } from './io.ts'
import { pageBytes, workloadOf } from './workload.ts'

/** A profile of the user may lack a price. */
export function priced<T>(profile: string, work: () => T): T {
  try { return work() } catch (cause) { throw unpriced(profile, cause) }
}
/** As `priced`, of what takes a while. */
export async function pricedLater<T>(profile: string, work: () => Promise<T>): Promise<T> {
  try { return await work() } catch (cause) { throw unpriced(profile, cause) }
}
const unpriced = (profile: string, cause: unknown): unknown => cause instanceof CostError
  ? usage(profile, cause.message, 'add the price to the profile', 'PROFILE') : cause

/** Of each design that has the path. @throws UserError for a path that none has. */
export function explained(subjects: readonly Subject[], profile: Profile, path: string): ReportOf<'derivation'> {
  const measured = subjects.map(measureDesign)
  const known = [...new Set([...Object.keys(paths), ...measured.flatMap(({ counts }) => Object.keys(counts))])]
  if (!known.includes(path))
    throw usage('--explain', `no path is named '${path}'`, suggest(path, known, `there are ${known.join(', ')}`))
  const having = measured.filter(({ counts }) => Object.hasOwn(counts, path))
  if (having.length === 0)
    throw usage('--explain', `none of these designs counts the path '${path}'`, 'name a design that has it')
  return { kind: 'derivation', exit: 'holds', profile: profile.id, clock_ghz: profile.clock_ghz, path,
    designs: priced(profile.id, () => having.map(({ design, counts }) =>
      derivationOf(design, path, counts[path]!, profile))) }
}

/** `profileOf`: by the name in the file, or the flag. @throws UserError. */
export function composed(io: Io, file: string, given: string | undefined,
  profileOf: (name: string | undefined) => Profile): ReportOf<'compose'> {
  const { title, profile: named, rows } = readComposeFile(io, file)
  const profile = profileOf(given ?? named)
  const found: ComposedRow[] = []
  for (const row of rows) {
    const counts = countsOf(file, row)
    const { name, per, unit, measured = null, fitted } = row
    const cycles = priced(profile.id, () => composeCounts(name, counts, per, profile))
    if (unit === '/s' && cycles.min === 0)
      throw usage(file, `row '${name}': may cost no cycles, so it has no rate`, 'give another unit than /s', 'COMPOSE')
    found.push(composedRow({ name, unit, measured, how: howOf(row), fitted: fitted ? 'the file says so' : null,
      predicted: inUnit(cycles, unit, profile.clock_ghz) }))
  }
  const tables = [{ id: file, title, source: null, rows: found }]
  return { kind: 'compose', exit: 'holds', profile: profile.id, tables, fit: fitOf(tables), reasons: [], missing: [] }
}

const [slowest, fastest] = [links[0], links.at(-1)!]

/** @throws UserError for a link or a size of pages that there is not. */
export function throughputOf(subjects: readonly Subject[], profile: Profile,
  { link = '100', pages: size }: { readonly link?: string; readonly pages?: string }): ReportOf<'throughput'> {
  const gbps = Number(link)
  if (!(gbps >= slowest && gbps <= fastest))
    throw usage('--link', `'${link}' is no number from ${slowest} to ${fastest}`, 'give Gb/s, as --link 100')
  const page_bytes = pageBytes(size)
  const measured = subjects.map(subject => ({ ...measureDesign(subject), remapsDma: subject.design.remapsDma }))
  return { kind: 'throughput', exit: 'holds', throughput: priced(profile.id, () =>
    throughput(measured, profile, gbps, page_bytes)) }
}

/** Each design under the workload of the flags. @throws UserError. */
export function timed(subjects: readonly Subject[], profile: Profile, flags: Parameters<typeof workloadOf>[0]):
  TimedReport {
  const workload = workloadOf(flags)
  return { profile: profile.id, clock_ghz: profile.clock_ghz, workload,
    designs: priced(profile.id, () => subjects.map(subject => timedOf(subject, workload, profile))) }
}

type Row = ComposeFile['rows'][number]
const howOf = ({ counts, paths: of, per }: Row): string =>
  `${Object.entries({ ...counts, ...of }).map(([unit, n]) => n === 1 ? unit : `${n} ${unit}`).join(' + ')}`
  + (per === 1 ? '' : `, one of ${per}`)

/** Own counts, and those of paths of built-in designs. */
function countsOf(file: string, { name, counts, paths: of }: Row): Counts {
  const sum: Record<string, number> = { ...counts }
  for (const [both, times] of Object.entries(of)) {
    const [, design, path] = /^(.+)\/([^/]+)$/.exec(both) ?? []
    if (design === undefined || path === undefined)
      throw usage(file, `row '${name}': '${both}' is no DESIGN/PATH`, 'write it as ring0-strict/unmap', 'COMPOSE')
    const { counts: all } = measureDesign({ design: builtIn(design), path: null })
    if (!Object.hasOwn(all, path))
      throw usage(file, `row '${name}': ${design} has no path '${path}'`,
        suggest(path, Object.keys(all), `it has ${Object.keys(all).join(', ')}`), 'COMPOSE')
    for (const [unit, count] of Object.entries(all[path]!)) sum[unit] = (sum[unit] ?? 0) + times * count
  }
  return sum
}
