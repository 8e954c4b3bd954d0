/** `compare`: designs side by side, and the answer that the numbers give. */
import { join } from 'node:path'
import { compareDesigns } from '../../check/compare.ts'
import { measureDesign } from '../../check/measure.ts'
import { explore } from '../../check/run-scopes.ts'
import type { Subject } from '../../check/subject.ts'
import { brokenEvidence, judgedIn, longestWait, withBases } from '../../check/verdicts.ts'
import { worstOf } from '../../check/worst-case.ts'
import { usage } from '../../errors.ts'
import type { ExitName } from '../../exit.ts'
import { exitOf as exitOfCheck } from '../../report/check.ts'
import type { CheckReport } from '../../report/check.ts'
import type { CompareReport } from '../../report/compare.ts'
import type { ReportOf } from '../../report/report.ts'
import { loadTraces } from '../../trace/store.ts'
import { waitOfMovingEdge } from '../../../spec/costs/index.ts'
import { scopesFor } from '../../../spec/scopes.ts'
import { sharedWith } from '../../../spec/sharing.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { planOf } from '../check-flags.ts'
import { priced, pricedLater } from '../cost-forms.ts'
import { subjectsOf } from '../designs.ts'
import { shown, spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { packageRoot, version } from '../package.ts'
import { print } from '../print.ts'
import { profileNamed, usualProfile } from '../profiles.ts'
import { colorOption, iommuOption, reportOptions } from '../shared-flags.ts'

const options = {
  ...iommuOption, profile: { value: 'NAME|FILE', says: 'prices of another machine (see list profiles)' },
  ...reportOptions, ...colorOption,
} as const

export const compare = {
  name: 'compare', operands: '[DESIGN…]', options, run: runCompare,
  says: 'Designs side by side: isolation, interrupts, cycles, waits and throughput, with each counterexample; then '
    + 'what the numbers answer to the question whether userland drivers can match ring 0.',
  examples: [
    ['remapcheck compare', 'all built-in designs'],
    ['remapcheck compare ring0-strict polling-longlived', 'two of them'],
    ['remapcheck compare --profile desktop-2015-meltdown', 'on another machine'],
  ],
} as const satisfies Command<typeof options>

async function runCompare(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(compare, args)
  const subjects = await subjectsOf(io, operands, { iommu: flags.iommu })
  const profile = profileNamed(io, flags.profile ?? usualProfile(subjects))
  const given = new Map(subjects.map(one => [one.design, one]))
  const all: readonly Subject[] = withBases(subjects.map(({ design }) => design))
    .map(design => given.get(design) ?? { design, path: null })
  checkNames(all)
  const line = spinner(io)
  let report: CompareReport, evidence: ReportOf<'compare'>['evidence'], searched: ReportOf<'compare'>['searched']
  let isCut = false
  try {
    const watch = { signal: io.signal, say: line.say, note: line.note, version, command: 'remapcheck compare' }
    const reports = await explore({ ...await planOf({}, [], io), subjects: all,
      scopes: scopesFor(all.map(({ design }) => design)) }, watch)
    searched = { designs: reports.map(({ path, ...one }) =>
      path === undefined ? one : { ...one, path: shown(io, path) }), named: operands.length > 0 }
    const waits = await pricedLater(profile.id, () => worstOf(all, profile, watch, [waitOfMovingEdge]))
    const waitOf = new Map(waits.waits.flatMap(({ designs }) => designs.map(one => [one.design, one])))
    const traces = loadTraces([join(packageRoot, 'traces', 'known')])
      .map(({ path, trace }) => ({ trace, path: shown(io, path) }))
    evidence = brokenEvidence(all, reports)
    isCut = io.signal.aborted || reports.length < all.length
    report = priced(profile.id, () => compareDesigns(subjects.map(subject => {
      const wait = waitOf.get((sharedWith(subject.design, 'interrupts') ?? subject.design).name)
      return { design: subject.design, path: subject.path === null ? null : shown(io, subject.path),
        counts: measureDesign(subject).counts, wait: wait === undefined ? null : longestWait(wait) }
    }), new Map(reports.map(one => [one.design, judgedIn(one)])), traces, profile))
  } finally { line.end() }
  return await print(io, flags,
    { kind: 'compare', compare: report, searched, evidence, exit: isCut ? 'interrupted' : exitOf(report, searched) })
}

/** Reports know designs by their names. @throws UserError E-DESIGN where a user's own has that of a built-in one that
 *  is searched too. */
function checkNames(all: readonly Subject[]): void {
  const names = all.map(({ design }) => design.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw usage(twice, 'a built-in design of this name is searched too, for a part that is the same in both',
      'give your own another name', 'DESIGN')
}

/** As `check`; what is not shown in the table is no success either. */
export function exitOf({ designs }: CompareReport, searched: Pick<CheckReport, 'designs' | 'named'>): ExitName {
  const exit = exitOfCheck({ ...searched, regressions: [], notAsked: [], interrupted: false })
  const isOpen = designs.some(({ isolation, interrupts, progress }) =>
    [isolation, interrupts, progress].some(({ standing }) => standing === 'open'))
  return exit === 'holds' && isOpen ? 'incomplete' : exit
}
