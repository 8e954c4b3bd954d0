/** Verdicts of designs by group of claims, and the longest wait of an edge: what `compare` takes from the searches. */
import type { Broken, GroupVerdict, LongestWait } from '../report/compare.ts'
import { isBlank, standingOf } from '../report/check.ts'
import type { DesignReport, Standing } from '../report/check.ts'
import { whyOf } from '../report/findings/check.ts'
import type { ReportOf } from '../report/report.ts'
import type { WaitOfDesign } from '../report/worst.ts'
import { thousands } from '../text/count.ts'
import { shellWord } from '../text/shell.ts'
import type { StoredTrace } from '../trace/store.ts'
import { questions } from '../../properties/index.ts'
import type { Question } from '../../properties/index.ts'
import { fullName, iommuNameOf } from '../../spec/designs.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { editedName } from '../../spec/kernel/edits.ts'
import { sharedWith } from '../../spec/sharing.ts'
import type { Part } from '../../spec/sharing.ts'
import type { Subject } from './subject.ts'
import { evidenceOf } from './violations.ts'

/** One claim, or witness of one, in one scope. */
export interface Judged {
  readonly scope: string
  readonly property: string
  readonly standing: Standing
  /** Steps of the counterexample; null where it is not violated. */
  readonly ops: number | null
}
export interface JudgedDesign {
  readonly rows: readonly Judged[]
  /** Why there may be claims that no row is of; null where there are none. */
  readonly missing: string | null
}

export function judgedIn(report: DesignReport): JudgedDesign {
  const blank = report.scopes.find(isBlank)
  const ended = report.cutShort === true ? notAsked.missing : null
  return {
    rows: report.scopes.flatMap(({ scope, exploration }) => exploration.results.map(result => ({ scope,
      property: result.property, standing: standingOf(result, exploration, report),
      ops: result.violation?.ops.length ?? null }))),
    missing: blank === undefined ? ended : `${blank.failure!.problem} (scope ${blank.scope})`,
  }
}
/** Of a design that the run did not come to. */
const notAsked: JudgedDesign = { rows: [], missing: 'the run ended before the last scope' }

/** The design itself, and those at which parts of it are checked. */
export function withBases(designs: readonly Design[]): readonly Design[] {
  const bases = designs.flatMap(design => (['memory', 'interrupts'] as const).flatMap(part =>
    sharedWith(design, part) ?? []))
  return [...new Set([...designs, ...bases])]
}

/** Claims about a part that another design has too are asked there. */
const partOf: Readonly<Record<Question['about'], Part>> = { isolation: 'memory', interrupts: 'interrupts',
  progress: 'interrupts' }

export function groupVerdict(subject: Pick<Subject, 'design' | 'path'>, group: Question['about'],
  judged: ReadonlyMap<string, JudgedDesign>, traces: readonly StoredTrace[]): GroupVerdict {
  const { design } = subject, base = sharedWith(design, partOf[group])
  const claims = [
    ...questions.filter(({ about }) => about === group).flatMap(one => one.claims),
    // what a design claims of its own is about what it adds: shown with isolation
    ...group === 'isolation' ? design.claims : [],
  ]
  const names: readonly string[] = claims.flatMap(({ property, witnesses }) =>
    [property, ...witnesses.map(witness => witness.property)].map(({ name }) => name))
  const asked = [design, ...base === null ? [] : [base]].map(({ name }) => judged.get(name) ?? notAsked)
  const rows = asked.flatMap(one => one.rows).filter(({ property }) => names.includes(property))
  const broken = names.flatMap((property): Broken[] => {
    const found = rows.find(row => row.property === property && isBroken(row))
    return found === undefined ? [] : [brokenBy(subject, found, traces)]
  })
  if (broken.length > 0) return { standing: 'violated', broken, says: '' }
  const missing = asked.flatMap(one => one.missing ?? [])[0]
  if (missing !== undefined) return { standing: 'open', broken, says: `${group} not decided: ${missing}` }
  if (rows.length === 0) return { standing: 'none', broken, says: unaskedText(design, group) }
  const open = rows.find(({ standing }) => standing !== 'fine')
  return open === undefined ? { standing: 'holds', broken, says: '' }
    : { standing: 'open', broken, says: `${open.property}: ${whyOf(open.standing, open.scope)}` }
}

const isBroken = ({ standing }: Judged): boolean => standing === 'known' || standing === 'unexpected'
function brokenBy({ design, path }: Pick<Subject, 'design' | 'path'>, { property, scope, ops, standing }: Judged,
  traces: readonly StoredTrace[]): Broken {
  // The saved ones are of built-in designs; a user's own may have the name of one.
  const stored = path !== null ? undefined
    : traces.find(({ trace }) => trace.design === design.name && trace.property === property)
  const edit = editedName(design.name)
  const own = (file: string): string => edit === null ? file : `${file}~${edit.edits}`
  const asked = path === null ? fullName(design.name, iommuNameOf(design)) : own(path)
  return { property, scope, ops: ops ?? 0, known: standing === 'known',
    at: stored?.path ?? `npx remapcheck check ${shellWord(asked, true)} --scope ${scope} --property ${property}` }
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
