/** The recorded counts of every design and path, kept in a JSON file so that a change of cost is seen and has to be
 *  accepted. */
import * as v from 'valibot'
import { badJson } from '../text/json-position.ts'
import { writeWhole } from '../whole.ts'
import { CostError } from './count.ts'
import type { PathCounts } from './count.ts'

/** Counts measured for one kernel design. */
export interface MeasuredDesign { readonly design: string; readonly counts: PathCounts }

const counts = v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(1)))
const schema = v.strictObject({
  format: v.literal('remapcheck-cost-baseline'), version: v.literal(1),
  /** Design -> path -> unit -> how many. */
  designs: v.record(v.string(), v.record(v.string(), counts)),
})
export interface Baseline {
  readonly format: 'remapcheck-cost-baseline'; readonly version: 1
  readonly designs: Readonly<Record<string, PathCounts>>
}
export const emptyBaseline: Baseline = { format: 'remapcheck-cost-baseline', version: 1, designs: {} }

/** One unit of one path that is counted otherwise than recorded; 0 where it is not counted. */
export interface CountChange {
  readonly design: string; readonly path: string; readonly unit: string
  readonly from: number; readonly to: number
}

/** @throws CostError naming `where` and the field when the text is not a baseline. */
export function loadBaseline(text: string, where: string): Baseline {
  const bad = badJson(text)
  if (bad !== null) throw new CostError(`${where}${bad.place}: ${bad.problem}`)
  const parsed = v.safeParse(schema, JSON.parse(text))
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  throw new CostError(`${where}: ${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`)
}

/** The baseline with the measured designs recorded anew; other designs stay. */
export function recorded(baseline: Baseline, measured: readonly MeasuredDesign[]): Baseline {
  const designs = { ...baseline.designs, ...Object.fromEntries(measured.map(m => [m.design, m.counts])) }
  return { ...baseline, designs: Object.fromEntries(Object.entries(designs).sort(([a], [b]) => a < b ? -1 : 1)) }
}

/** One line a path, so that a change of counts is one line of a commit. */
export function showBaseline(baseline: Baseline): string {
  const designs = Object.entries(baseline.designs).map(([design, paths]) => {
    const lines = Object.entries(paths)
      .map(([path, units]) => `      ${JSON.stringify(path)}: ${JSON.stringify(units)}`)
    return `    ${JSON.stringify(design)}: {\n${lines.join(',\n')}\n    }`
  })
  const all = designs.length > 0 ? `\n${designs.join(',\n')}\n  ` : ''
  return `{\n  "format": "${baseline.format}",\n  "version": ${baseline.version},\n  "designs": {${all}}\n}\n`
}

/** Writes the file whole or not at all. @throws what the file system throws; the old file is then as it was. */
export function writeBaseline(file: string, baseline: Baseline): void {
  writeWhole(file, showBaseline(baseline))
}

/** What differs for the measured designs: changed, new and vanished units, in the order of the measured paths. */
export function changesFrom(baseline: Baseline, measured: readonly MeasuredDesign[]): readonly CountChange[] {
  return measured.flatMap(({ design, counts: now }) => {
    const before = baseline.designs[design] ?? {}
    return union(now, before).flatMap(path => {
      const [was, is] = [before[path] ?? {}, now[path] ?? {}]
      return union(is, was).map(unit => ({ design, path, unit, from: was[unit] ?? 0, to: is[unit] ?? 0 }))
        .filter(c => c.from !== c.to)
    })
  })
}
const union = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])]
