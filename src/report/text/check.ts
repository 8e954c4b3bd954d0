/** The report of `check` for people: one table of verdicts, the scopes they hold in, and each violation once. */
import { printable } from '../../errors.ts'
import { exitClasses } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { notAskedText, overallOf, unjudgedOf } from '../check.ts'
import type { CheckReport, DesignReport, Overall, Standing } from '../check.ts'
import { untold } from '../coverage.ts'
import type { ReportOf } from '../report.ts'
import type { View } from '../view.ts'
import { climbLines } from './climb.ts'
import { counted, thousands } from '../../text/count.ts'
import { hang, packLines, wrapWords } from '../../text/layout.ts'
import { silentLines, statsLines, symmetryLines } from './stats.ts'
import { designCount, isOne, leftOutTexts } from '../with-iommus.ts'
import { iommuOf } from '../../../spec/iommus.ts'
import { tableLines } from './table.ts'
import type { Theme } from '../../text/theme.ts'
import { wholeTrace } from './trace.ts'

/** Ready to print. First line: what was run; last line: the command that repeats it. */
export function checkText({ check: report, exit, evidence }: ReportOf<'check'>, view: View): string {
  const { seed, designs, repeat } = report
  const { theme, stats, program: { tool, version } } = view
  const scopes = new Set(designs.flatMap(design => design.scopes.map(({ scope }) => scope)))
  const iommus = new Set(designs.flatMap(({ iommu }) => iommu ?? []))
  const drivers = [...new Set(designs.flatMap(design => design.scopes.map(({ exploration }) => exploration.driver)))]
  const { code, meaning } = exitClasses.find(row => row.name === exit)!
  const [mark, tone] = endOf(exit, theme)
  const head = [
    { text: `${tool} ${version}`, paint: theme.strong }, ...drivers.map(text => ({ text })),
    ...(seed === null ? [] : [{ text: `seed ${seed}` }]),
    { text: counted(designCount(designs.map(({ design }) => design)), 'design') },
    ...iommus.size > 1 ? [{ text: counted(iommus.size, 'IOMMU') }] : [], { text: counted(scopes.size, 'scope') },
  ]
  return [
    ...packLines(head, theme.width), '',
    ...tableLines(report, theme), '',
    ...scopeLines(designs, theme), '',
    ...sections([climbLines(report.climbs, theme), symmetryLines(designs, theme),
      stats ? statsLines(report, theme) : [], silentLines(designs, theme)]),
    ...sections([regressionLines(report, theme), ...violationBlocks(report, evidence, view),
      failureLines(report, theme), problemLines(report, theme), endedLines(report, theme),
      untoldLines(report, theme), notBegunLines(report, theme), leftLines(report, theme),
      leftOutTexts(report).flatMap(text => hang('', 2, wrapWords(text, theme.width - 2)))]),
    ...hang('', 2, wrapWords(`${mark} ${exit}: ${meaning} (exit ${code})`, theme.width - 2)).map(line => tone(line)),
    ...report.goOn === null ? [] : [`resume  ${report.goOn}`],
    `repeat  ${repeat}`,
  ].join('\n') + '\n'
}

function endOf(exit: ExitName, theme: Theme): [mark: string, paint: Theme['bad']] {
  if (exit === 'holds') return ['✓', theme.good]
  return exit === 'incomplete' || exit === 'interrupted' ? ['…', theme.warn] : ['✗', theme.bad]
}

/** An empty line after each block that has lines. */
const sections = (blocks: readonly (readonly string[])[]): string[] =>
  blocks.flatMap(lines => lines.length === 0 ? [] : [...lines, ''])

/** What the verdicts hold for: each scope once, with its bounds and the sizes of its state spaces. */
function scopeLines(designs: readonly DesignReport[], theme: Theme): string[] {
  const all = designs.flatMap(design => design.scopes)
  // Scopes of two designs may share a name and not the bounds.
  const keyOf = ({ scope, bounds }: DesignReport['scopes'][number]): string => `${scope} ${bounds}`
  const names = [...new Set(all.map(({ scope }) => scope))]
  const kinds = names.flatMap(name => [...new Set(all.filter(({ scope }) => scope === name).map(keyOf))])
  const indent = Math.max(...all.map(({ scope }) => scope.length)) + 4
  return [theme.strong('within these bounds'), ...kinds.flatMap(kind => {
    const runs = all.filter(one => keyOf(one) === kind)
    const { scope: name, says, bounds } = runs[0]!
    // The hardware that a scope is about is that of the IOMMU.
    const isSplit = kinds.filter(one => one.startsWith(`${name} `)).length > 1
    const on = isSplit ? designs.filter(({ scopes }) => scopes.some(one => keyOf(one) === kind)) : []
    const [iommu, ...others] = new Set(on.map(one => one.iommu))
    const where = iommu === undefined || others.length > 0 ? '' : `, on ${iommuOf({ iommu }).title}`
    return hang(`  ${name.padEnd(indent - 2)}`, indent, [
      ...wrapWords(`${says}${where}`, theme.width - indent),
      ...wrapWords(bounds.replaceAll(',', ', '), theme.width - indent).map(line => theme.dim(line)),
      ...sizes(runs.map(run => run.exploration)).flatMap(line => wrapWords(line, theme.width - indent)),
    ])
  })]
}

function sizes(runs: readonly DesignReport['scopes'][number]['exploration'][]): string[] {
  const range = (of: readonly number[]): string => {
    const [low, high] = [Math.min(...of), Math.max(...of)]
    return low === high ? thousands(low) : `${thousands(low)} to ${thousands(high)}`
  }
  const random = runs.flatMap(({ random: facts }) => facts === null ? [] : [facts])
  const searched = runs.filter(run => run.random === null)
  const decided = searched.filter(run => !run.complete && run.stopped === null).length
  const brokenAt = searched.filter(run => run.stopped === 'violation').length
  const failed = searched.filter(run => run.stopped === 'mistake').length
  const cut = searched.filter(run => run.stopped !== null).length - brokenAt - failed
  const of = (some: number): string => `${some} of ${counted(searched.length, 'search', 'es')}`
  const left = [
    ...decided === 0 ? [] : [`${of(decided)} ended early: every claim it judged is violated`],
    ...brokenAt === 0 ? [] : [`${of(brokenAt)} ended at a violation (--all goes on)`],
    ...failed === 0 ? [] : [`${of(failed)} ended where a step or a claim failed`],
    ...cut === 0 ? [] : [`${of(cut)} cut short`],
  ]
  return [
    ...searched.length === 0 ? []
      : [`${range(searched.map(run => run.states))} ${searched.every(run => run.states === 1) ? 'state' : 'states'}, `
        + `${left.length === 0 ? 'every reachable one' : left.join(', ')}`],
    ...random.length === 0 ? []
      : [`${range(random.map(facts => facts.runs))} random runs, ${range(random.map(facts => facts.ops))} ops, `
        + `${range(random.map(facts => Math.round(100 * facts.refused / Math.max(1, facts.ops))))} % refused`],
  ]
}

function regressionLines({ regressions }: CheckReport, theme: Theme): string[] {
  const broken = regressions.filter(({ because }) => because !== null)
  if (regressions.length === 0) return []
  return [
    theme.strong(`saved counterexamples replayed first: ${regressions.length}, `
      + `of which ${broken.length} still violate`),
    ...broken.flatMap(({ path, design, property, because }) => [
      `  ${theme.bad('✗')} ${design}  ${property}`, ...hang('      ', 6, wrapWords(because!, theme.width - 6)),
      `      ${printable(path)}`]),
  ]
}

const violationsOf = (design: DesignReport, standing: Standing): Overall[] =>
  overallOf(design).filter(one => one.violation !== null && one.standing === standing)

function violationBlocks(report: CheckReport, evidence: ReportOf<'check'>['evidence'], view: View): string[][] {
  const { theme } = view
  const { designs } = report
  return (['unexpected', 'known'] as const).map(standing => {
    const blocks = designs.map(design => ({ design, found: violationsOf(design, standing) }))
      .filter(({ found }) => found.length > 0)
    if (blocks.length === 0) return []
    const title = standing === 'known' ? 'known violations' : 'unexpected violations'
    const paint = standing === 'known' ? theme.warn : theme.bad
    return [theme.strong(title), ...blocks.flatMap(({ design, found }) => {
      const whole = found.map(one =>
        isShownWhole(one, report, view) ? wholeTrace(evidence(design, one), view, view.full, design.saved[one.property])
          : null)
      return whole.every(text => text !== null) ? whole.flatMap(text => ['', ...text.trimEnd().split('\n')])
        : [`  ${design.design}`, ...found.flatMap(one => shortForm(one, theme, paint, design))]
    })]
  })
}

/** The trace of what is unexpected, and of everything when one design was asked. */
const isShownWhole = ({ standing }: Overall, report: CheckReport, { full }: View): boolean =>
  standing !== 'known' || isOne(report) || full

/** Which, why, and the way there. */
function shortForm({ property, violation, in: scope }: Overall, theme: Theme, paint: Theme['bad'],
  design: DesignReport): string[] {
  if (violation === null) return []
  const { ops, loop, shortest, because } = violation
  const names = (part: typeof ops): string => part.map(({ action }) => action).join(' → ')
  const way = loop === null || loop === ops.length ? names(ops)
    : [names(ops.slice(0, loop)), `for ever (${names(ops.slice(loop))})`].filter(text => text !== '').join(' → ')
  const below = (text: string): string[] => hang('        ', 8, wrapWords(text, theme.width - 8))
  const saved = design.saved[property]
  const upTo = loop === null ? '' : ' up to its loop'
  return [
    ...packLines([{ text: `    ✗ ${property}`, paint }, { text: `scope ${scope.scope}`, paint: theme.dim }],
      theme.width),
    ...below(because),
    ...below(`${counted(ops.length, 'op')}${shortest ? `, none shorter${upTo}` : ''}: ${way}`)
      .map(line => theme.dim(line)),
    ...(saved === undefined ? [] : [`        saved ${printable(saved)}`]),
  ]
}

const problems: readonly (readonly [Standing, string])[] = [
  ['lost', 'known violation no longer found: the model has lost a bug'],
  ['vacuous', 'never reached: the claim that needs it shows nothing'],
  ['open', 'not decided'],
]
/** Bounds can switch off the very parts that the claims are about. */
function problemLines(report: CheckReport, theme: Theme): string[] {
  const { designs } = report, none = unjudgedOf(report)
  const whose = none.length === designs.length ? '' : ` of ${none.map(({ design }) => design).join(', ')}`
  const why = none.every(({ scopes }) => scopes.length === 0)
    ? 'none of these scopes is about it; `remapcheck explain DESIGN` lists its own'
    : 'these bounds switch off every part that a claim is about'
  const unjudged = none.length === 0 ? []
    : wrapWords(`no claim was judged${whose}: ${why}`, theme.width).map(line => theme.bad(line))
  // Where nothing was judged at all, that says it.
  const notAsked = none.length === designs.length ? [] : report.notAsked.flatMap(one =>
    hang('', 2, wrapWords(notAskedText(one), theme.width - 2)).map(line => theme.bad(line)))
  return [...unjudged, ...notAsked, ...problems.flatMap(([standing, title]) => {
    const rows = designs.flatMap(design =>
      overallOf(design).filter(one => one.standing === standing && !isEnded(one)).flatMap(one =>
        hang('  ', 4, packLines([design.design, one.property, `(${whereOpen(one)})`].map(text => ({ text })),
          theme.width - 4))))
    return rows.length === 0 ? [] : [(standing === 'open' ? theme.warn : theme.bad)(title), ...rows]
  })]
}

/** Why a claim may have nothing to judge: steps that do something and do not say it. */
function untoldLines({ designs }: CheckReport, theme: Theme): string[] {
  const found = designs.flatMap(({ scopes }) => scopes.flatMap(({ exploration }) =>
    untold(exploration).map(({ call, what }) =>
      `no step of ${call} tells '${what}': emit.observe({ what: '${what}', … })`)))
  return found.length === 0 ? []
    : [theme.warn('the judge does not learn all that happens: its verdicts may rest on too little'),
      ...[...new Set(found)].flatMap(text => hang('  → ', 4, wrapWords(text, theme.width - 4)))]
}

/** What ends a search for all that it has not decided: it is mended first. */
const ends = {
  violation: 'not decided, for a search ended at a violation (--all goes on)',
  mistake: 'not decided, for what failed ended a search',
} as const
const isEndedBy = ({ standing, in: { exploration: { stopped } } }: Overall, by: keyof typeof ends): boolean =>
  standing === 'open' && stopped === by
const isEnded = (one: Overall): boolean => isEndedBy(one, 'violation') || isEndedBy(one, 'mistake')

/** They are many. */
function endedLines({ designs }: CheckReport, theme: Theme): string[] {
  return (['violation', 'mistake'] as const).flatMap(by => {
    const rows = designs.flatMap(design => {
      const names = overallOf(design).filter(one => isEndedBy(one, by)).map(({ property }) => property)
      return names.length === 0 ? []
        : [`  ${design.design}`, ...wrapWords(names.join(', '), theme.width - 4).map(line => `    ${line}`)]
    })
    return rows.length === 0 ? [] : [theme.warn(ends[by]), ...rows]
  })
}

/** The steps that lead there went to stderr when it failed, and stand in the document. */
function failureLines({ designs }: CheckReport, theme: Theme): string[] {
  const rows = designs.flatMap(({ scopes }) => {
    const failures = new Map(scopes.flatMap(({ failure }) => failure === undefined ? [] : [[failure.problem, failure]]))
    return [...failures.values()].flatMap(({ subject, problem, code, next }) => {
      const where = scopes.filter(one => one.failure?.problem === problem).map(({ scope }) => scope).join(', ')
      return [...hang('  ', 4, wrapWords(`${subject}: ${problem} [${code}]`, theme.width - 4)),
        ...hang('    → ', 6, wrapWords(next.replace(/:$/, ''), theme.width - 6)),
        ...wrapWords(`in ${where}`, theme.width - 4).map(line => `    ${line}`)]
    })
  })
  return rows.length === 0 ? [] : [theme.bad('what failed, and ended its scope'), ...rows]
}

function whereOpen({ property, standing, in: { scope, exploration } }: Overall): string {
  const { stopped, random, results } = exploration
  if (standing !== 'open') return scope
  if (stopped === null && random === null) return 'in scopes that were not started'
  if (stopped === null)
    return results.some(one => one.property === property && one.vacuous)
      ? `${scope}, the random runs came to nothing that it judges` : `${scope}, not found by the random runs`
  return `${scope}, stopped by ${stopped === 'interrupted' ? 'Ctrl-C' : stopped}`
}

function notBegunLines({ notBegun }: CheckReport, theme: Theme): string[] {
  return notBegun.length === 0 ? []
    : [theme.warn('not started'), ...wrapWords(notBegun.join(', '), theme.width - 2).map(line => `  ${line}`)]
}
function leftLines({ left }: CheckReport, theme: Theme): string[] {
  return left.length === 0 ? []
    : ['left to --all', ...wrapWords(left.join(', '), theme.width - 2).map(line => theme.dim(`  ${line}`))]
}
