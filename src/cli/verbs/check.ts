/** `check`: which designs isolate DMA and keep interrupts, at which bounds, and the shortest way to what fails. */
import { existsSync } from 'node:fs'
import { climb } from '../../check/deepen.ts'
import { hintMessages } from '../../check/hints.ts'
import { checkNames, explore } from '../../check/run-scopes.ts'
import type { Plan, Watch } from '../../check/run-scopes.ts'
import type { Subject } from '../../check/subject.ts'
import { evidenceOf, regressionFolder, replayRegressions, saveViolations } from '../../check/violations.ts'
import { UserError } from '../../errors.ts'
import type { ExitName } from '../../exit.ts'
import { exitOf, notAskedOf } from '../../report/check.ts'
import type { CheckReport, DesignReport } from '../../report/check.ts'
import { leftOutTexts } from '../../report/with-iommus.ts'
import { wrapMessage } from '../../text/layout.ts'
import { shellWord } from '../../text/shell.ts'
import { claimsOf, questions } from '../../../properties/index.ts'
import { clauses } from '../../../spec/clauses.ts'
import { iommuOf, iommus } from '../../../spec/iommus.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { placed, shown, spinner, widthOf } from '../io.ts'
import type { Io } from '../io.ts'
import { version } from '../package.ts'
import { filesLoaded } from '../designs.ts'
import { checkOptions, planOf } from '../check-flags.ts'
import type { CheckFlags } from '../check-flags.ts'
import { outputsOf } from '../outputs.ts'
import { print } from '../print.ts'

export const check = {
  name: 'check', operands: '[DESIGN…]', options: checkOptions, run: runCheck,
  says: 'Explore kernel designs in small configurations, and judge every claim. DESIGN is a name, NAME+MIGRATION, '
    + 'or the path of your own module. A name takes the design on each IOMMU that has it and what the flags ask for; '
    + 'NAME@IOMMU, or --iommu, takes one.',
  examples: [
    ['remapcheck check', 'the built-in designs, on each IOMMU'],
    ['remapcheck check --all', 'with each way to move an interrupt'],
    ['remapcheck check ring0-deferred', 'one, on each IOMMU, with the whole trace of each violation'],
    ['remapcheck check ring0-deferred --iommu amdvi', 'the same on AMD-Vi alone'],
    ['remapcheck check ./mine.mjs --scope mapping', 'your own design in one scope'],
    ['remapcheck check driver-server --bounds cpus=2,frames=3,iovas=2', 'at bounds of your own'],
    ['remapcheck check ring0-strict --deep --symmetry --time 10m', 'raise its bounds for ten minutes'],
    ['remapcheck check --driver random --seed 7 --time 30s', 'random runs for 30 seconds'],
  ],
} as const satisfies Command<typeof checkOptions>

export async function runCheck(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(check, args)
  const plan = await planOf(flags, operands, io)
  for (const text of plan.subjects.flatMap(subject => hintMessages(subject, plan)))
    io.stderr.write(`${wrapMessage(text, widthOf(io.stderr))}\n`)
  // A report as text says it itself, a form for machines perhaps nowhere.
  if (!outputsOf(flags).some(({ reporter }) => reporter === 'text'))
    for (const text of leftOutTexts(plan)) io.stderr.write(`${wrapMessage(text, widthOf(io.stderr))}\n`)
  const line = spinner(io)
  let report: CheckReport
  let unwritten: UserError | null = null
  try {
    const regressions = replayRegressions(placed(io, regressionFolder), plan.subjects, line.note)
    checkNames(plan)
    const watch: Watch = { signal: io.signal, say: line.say, note: line.note, version, files: filesLoaded(),
      command: wordsOf(without(args, '--resume')) }
    const { designs: found, climbs } = flags.deep ? await climb(plan, watch)
      : { designs: await explore(plan, watch), climbs: [] }
    // What was found is worth more than its file: it is printed whether or not that can be written.
    const designs = found.map((each, i) => {
      const subject = plan.subjects[i]!
      const one = subject.path === null ? each : { ...each, path: shown(io, subject.path) }
      try { return saveFindings(io, flags, plan, one, subject) } catch (cause) {
        if (!(cause instanceof UserError)) throw cause
        unwritten ??= cause
        return one
      }
    })
    const claims = [...new Set(plan.subjects.flatMap(({ design }) => claimsOf(design)))]
    report = {
      seed: plan.driver === 'random' ? plan.seed : null, regressions, designs,
      claims: [...new Set(claims.map(({ property }) => property.name))], clauses: clausesFor(plan),
      questions: questions.map(({ asks, claims: of }) => ({ asks, claims: of.map(({ property }) => property.name) })),
      left: plan.left, leftOut: plan.leftOut,
      notAsked: found.length < plan.subjects.length ? [] : notAskedOf(plan.named, designs),
      witnesses: Object.fromEntries(claims.map(({ property, witnesses }) =>
        [property.name, witnesses.map(witness => witness.property.name)])),
      named: operands.length > 0, interrupted: io.signal.aborted,
      notBegun: plan.subjects.slice(found.length).map(({ design }) => design.name), repeat: repeatOf(args, plan),
      goOn: goOnOf(args, plan, designs), climbs,
    }
  } finally { line.end() }
  const exit = await print(io, flags,
    { kind: 'check', exit: exitOf(report), check: report, evidence: evidenceOf(plan.subjects),
      says: Object.fromEntries(plan.subjects.flatMap(({ design }) =>
        claimsOf(design).map(({ property: { name, claim } }) => [name, claim]))) })
  if (unwritten !== null) throw unwritten as UserError
  return exit
}

/** Those of the manuals that some design of the plan is about. */
function clausesFor({ subjects }: Plan): readonly string[] {
  const asked = new Set(subjects.map(({ design }) => iommuOf(design)))
  const others = new Set(iommus.filter(one => !asked.has(one)).flatMap(one => Object.keys(one.clauses)))
  return Object.keys(clauses).filter(id => !others.has(id))
}

function saveFindings(io: Io, flags: CheckFlags, plan: Plan, report: DesignReport, subject: Subject): DesignReport {
  const save = flags.save || plan.driver === 'random'
  const one = save ? saveViolations(placed(io, regressionFolder), 'unexpected', report, subject) : report
  const known = flags['save-known']
  return known === undefined ? one : saveViolations(placed(io, known), 'known', one, subject)
}

/** The command line, with the seed that was drawn. */
function repeatOf(args: readonly string[], plan: Plan): string {
  const seed = plan.driver === 'random' && !args.some(arg => arg.startsWith('--seed'))
    ? ['--seed', String(plan.seed)] : []
  return wordsOf([...args, ...seed])
}
/** The command that goes on where this one stopped, without the limit that was reached; null where nothing was kept, or
 *  nothing is left. */
function goOnOf(args: readonly string[], { checkpoint }: Plan, designs: readonly DesignReport[]): string | null {
  const stopped = designs.flatMap(({ scopes }) => scopes.map(({ exploration }) => exploration.stopped))
    .find(by => by !== null && by !== 'mistake')
  if (checkpoint === null || stopped === undefined || !existsSync(checkpoint)) return null
  const unlimited = stopped === 'states' || stopped === 'memory' ? without(args, `--${stopped}`) : args
  const on = stopped === 'violation' ? ['--all'] : []
  return wordsOf([...without(unlimited, '--resume'), '--resume', checkpoint, ...on])
}
function without(args: readonly string[], flag: string): readonly string[] {
  const at = args.findIndex(arg => arg === flag || arg.startsWith(`${flag}=`))
  return at < 0 ? args : args.toSpliced(at, args[at] === flag ? 2 : 1)
}
const wordsOf = (args: readonly string[]): string =>
  ['npx remapcheck check', ...args.map(word => shellWord(word))].join(' ')
