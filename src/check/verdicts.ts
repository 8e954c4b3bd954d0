/** Verdicts of designs by group of claims, and the longest wait of an edge: what `compare` takes from the searches. */
import type { Outcome } from '../explore/result.ts'
import type { Broken, GroupVerdict, LongestWait } from '../report/compare.ts'
import type { DesignReport } from '../report/check.ts'
import type { ReportOf } from '../report/report.ts'
import type { WaitOfDesign } from '../report/worst.ts'
import { thousands } from '../text/count.ts'
import type { StoredTrace } from '../trace/store.ts'
import { questions } from '../../properties/index.ts'
import type { Question } from '../../properties/index.ts'
import { fullName, iommuNameOf } from '../../spec/designs.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { sharedWith } from '../../spec/sharing.ts'
import type { Part } from '../../spec/sharing.ts'
import type { Subject } from './subject.ts'
import { evidenceOf } from './violations.ts'

/** One claim in one scope. */
export interface Judged {
  readonly scope: string
  readonly property: string
  readonly outcome: Outcome
  /** Steps of the counterexample; null where it is not violated. */
  readonly ops: number | null
}

export const judgedIn = ({ scopes }: DesignReport): readonly Judged[] => scopes.flatMap(({ scope, exploration }) =>
  exploration.results.map(({ property, outcome, violation }) =>
    ({ scope, property, outcome, ops: violation?.ops.length ?? null })))

/** The design itself, and those at which parts of it are checked. */
export function withBases(designs: readonly Design[]): readonly Design[] {
  const bases = designs.flatMap(design => (['memory', 'interrupts'] as const).flatMap(part =>
    sharedWith(design, part) ?? []))
  return [...new Set([...designs, ...bases])]
}

/** Claims about a part that another design has too are asked there. */
const partOf: Readonly<Record<Question['about'], Part>> = { isolation: 'memory', interrupts: 'interrupts',
  progress: 'interrupts' }

export function groupVerdict(design: Design, group: Question['about'], judged: ReadonlyMap<string, readonly Judged[]>,
  traces: readonly StoredTrace[]): GroupVerdict {
  const names: readonly string[] = [
    ...questions.filter(({ about }) => about === group)
      .flatMap(one => one.claims.map(({ property }) => property.name)),
    // what a design claims of its own is about what it adds: shown with isolation
    ...group === 'isolation' ? design.claims.map(({ property }) => property.name) : [],
  ]
  const base = sharedWith(design, partOf[group])
  const rows = [...judged.get(design.name) ?? [], ...base === null ? [] : judged.get(base.name) ?? []]
    .filter(({ property }) => names.includes(property))
  const broken = names.flatMap((property): Broken[] => {
    const found = rows.find(row => row.property === property && row.outcome === 'violated')
    if (found === undefined) return []
    const stored = traces.find(({ trace }) => trace.design === design.name && trace.property === property)
    const name = fullName(design.name, iommuNameOf(design))
    return [{ property, scope: found.scope, ops: found.ops ?? 0,
      at: stored?.path ?? `npx remapcheck check '${name}' --scope ${found.scope} --property ${property}` }]
  })
  if (broken.length > 0) return { standing: 'violated', broken, says: '' }
  if (rows.length === 0) return { standing: 'none', broken, says: unaskedText(design, group) }
  return { standing: rows.some(({ outcome }) => outcome === 'incomplete') ? 'open' : 'holds', broken, says: '' }
}

const things = { isolation: 'DMA', interrupts: 'interrupts', progress: 'interrupts' } as const
function unaskedText({ scopes }: Design, group: Question['about']): string {
  const names = (scopes ?? []).map(scope => typeof scope === 'string' ? scope : scope.name)
  return `${group} not asked: none of its scopes${names.length === 0 ? '' : ` (${names.join(', ')})`} has `
    + things[group]
}

/** What a design breaks, taken again: found at the design itself, or where a part that it shares is checked. */
export function brokenEvidence(subjects: readonly Subject[], reports: readonly DesignReport[]):
ReportOf<'compare'>['evidence'] {
  const taken = evidenceOf(subjects)
  return (name, { property, scope }) => {
    const design = subjects.find(one => one.design.name === name)!.design
    for (const { name: of } of withBases([design])) {
      const at = reports.find(one => one.design === of)?.scopes.find(one => one.scope === scope)
      const violation = at?.exploration.results.find(one => one.property === property)?.violation ?? null
      if (at !== undefined && violation !== null) return taken({ design: of }, { violation, in: at })
    }
    return null
  }
}

export function longestWait({ found, stopped }: WaitOfDesign): LongestWait | null {
  if (found === null) return { cycles: null, says: `not decided, stopped by ${stopped}` }
  if (!found.begins) return null
  if (found.unbounded !== null) {
    const { ops, loop, cost } = found.unbounded
    const round = ops.slice(loop).map(({ action }) => action).join(' → ')
    return { cycles: null, says: `unbounded: ${thousands(cost)} cycles more for each round of ${round}` }
  }
  if (found.greatest === null) return { cycles: null, says: 'it never ends' }
  return { cycles: found.greatest.cost, says: '' }
}
