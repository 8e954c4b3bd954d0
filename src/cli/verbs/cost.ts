/** `cost`: counts what each path of a design takes, prices it, and holds it to budgets and to the recorded counts. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validateCosts } from '../../check/cost-validation.ts'
import { measureDesign } from '../../check/measure.ts'
import type { Subject } from '../../check/subject.ts'
import { worstOf } from '../../check/worst-case.ts'
import {
  checkBudgets, costReport, emptyBaseline, loadBaseline, recorded, writeBaseline,
} from '../../cost/index.ts'
import type { Baseline, MeasuredDesign } from '../../cost/index.ts'
import type { ExitName } from '../../exit.ts'
import type { ReportOf } from '../../report/report.ts'
import { usage } from '../../errors.ts'
import { budgets } from '../../../properties/budgets/budgets.ts'
import { profiles, sources, vocabulary } from '../../../spec/costs/index.ts'
import { everyDesign } from '../../../spec/designs.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { composed, explained, priced, pricedLater, throughputOf, timed } from '../cost-forms.ts'
import { colorOption, iommuOption, reportOptions } from '../shared-flags.ts'
import { subjectsOf } from '../designs.ts'
import { spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { isClone, packageRoot } from '../package.ts'
import { print } from '../print.ts'
import { workloadOptions } from '../workload.ts'
import { profileNamed, usualProfile } from '../profiles.ts'

const options = {
  ...iommuOption,
  profile: { value: 'NAME|FILE', says: 'prices of another machine (see list profiles; default: one with the IOMMU)' },
  update: { says: 'record the counts as they are now' },
  explain: { value: 'PATH', says: 'the price of a path, line by line down to the published figures' },
  throughput: { says: 'Gb/s of each design by bytes of a packet and cores, and what binds' },
  link: { value: 'GBPS', says: 'of --throughput: the link, 10 to 400 (100)' },
  pages: { value: '4k|2m|1g', says: 'of --throughput and --timed: pages of memory that stays mapped (4k)' },
  timed: { says: 'times of calls, interrupts and DMA in random workloads: median, p99, most' },
  ...workloadOptions,
  validate: { says: 'the model beside each published table that it can compose, with the errors' },
  worst: { says: 'the most and the least that a wait takes, over all behaviours of a small machine' },
  full: { says: 'with --validate and compose: how each number is composed' },
  ...reportOptions, ...colorOption,
} as const

export const cost = {
  name: 'cost', operands: '[DESIGN…] | compose FILE', options, run: runCost,
  says: 'Count the work of map, unmap, DMA and interrupts in each design, price it in cycles, and check budgets and '
    + 'recorded counts.',
  examples: [
    ['remapcheck cost', 'all built-in designs'],
    ['remapcheck cost ring0-strict ring0-deferred', 'two of them'],
    ['remapcheck cost --profile ./prices.json', 'at prices of your own'],
    ['remapcheck cost --explain unmap ring0-strict', 'where each cycle comes from'],
    ['remapcheck cost compose ./my-counts.json', 'counts of your own, beside numbers of your own'],
    ['remapcheck cost --throughput ring0-strict', 'Gb/s for 64 to 9000 bytes, on 1 to 64 cores'],
    ['remapcheck cost --timed ring0-strict --seed 7', 'how long a call and an interrupt take beside others'],
    ['remapcheck cost --validate', 'how near the model comes to published numbers'],
    ['remapcheck cost --update', 'accept a change of counts'],
    ['remapcheck cost --worst ring0-strict', 'the most and the least that an interrupt and an unmap take'],
  ],
} as const satisfies Command<typeof options>

async function runCost(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(cost, args)
  checkForm(flags, operands)
  if (flags.validate) return await print(io, flags, validateCosts())
  if (operands[0] === 'compose')
    return await print(io, flags, composed(io, operands[1]!, flags.profile, name => profileNamed(io, name)))
  const subjects = await subjectsOf(io, operands, { iommu: flags.iommu })
  const profile = profileNamed(io, flags.profile ?? usualProfile(subjects))
  if (flags.update && subjects.some(({ path }) => path !== null))
    throw usage('--update', 'records built-in designs only', 'leave your own designs out')
  if (flags.explain !== undefined) return await print(io, flags, explained(subjects, profile, flags.explain))
  if (flags.timed)
    return await print(io, flags, { kind: 'timed', exit: 'holds', timed: timed(subjects, profile, flags) })
  if (flags.throughput) return await print(io, flags, throughputOf(subjects, profile, flags))
  if (flags.worst) {
    const line = spinner(io)
    let found: ReportOf<'worst'>
    try {
      found = await pricedLater(profile.id,
        () => worstOf(subjects, profile, { signal: io.signal, say: line.say }))
    } finally { line.end() }
    return await print(io, flags, found)
  }
  const measured = subjects.map(measureDesign)
  const before = baselineOf(subjects, measured)
  const baseline = flags.update ? recorded(before, measured) : before
  const own = budgets.filter(({ design }) => subjects.some(one => one.design.name === design))
  const report = priced(profile.id, () => ({
    costs: costReport(measured, profile, sources, vocabulary),
    budgets: checkBudgets(measured, own, baseline, profiles),
  }))
  if (flags.update) update(io, baseline)
  const exit: ExitName = report.budgets.holds ? 'holds' : 'over-budget'
  return await print(io, flags, { kind: 'cost', exit, measured, ...report })
}

/** Flags that make `cost` another report: one at a time. */
const forms = ['explain', 'throughput', 'timed', 'validate', 'worst', 'update'] as const
function checkForm(flags: { readonly [K in (typeof forms)[number]]?: unknown } & { readonly profile?: string },
  operands: readonly string[]): void {
  const [first, second] = forms.filter(name => flags[name] !== undefined)
  const isCompose = operands[0] === 'compose'
  if (isCompose && operands.length !== 2)
    throw usage('compose', `takes one file, given ${operands.length - 1}`, 'remapcheck cost compose FILE')
  if (first !== undefined && (isCompose || second !== undefined))
    throw usage(`--${first}`, `is another report than ${isCompose ? 'compose' : `--${second}`}`, 'give one of them')
  if (flags.validate !== undefined && (operands.length > 0 || flags.profile !== undefined))
    throw usage('--validate', 'takes no designs and no profile: each published number has its own',
      'remapcheck cost --validate')
}

export const baselineFile = (): string => join(packageRoot, 'properties', 'budgets', 'baseline.json')

/** A design that is not built in has nothing recorded: its counts are compared with themselves. */
function baselineOf(subjects: readonly Subject[], measured: readonly MeasuredDesign[]): Baseline {
  const file = baselineFile()
  const stored = existsSync(file) ? loadBaseline(readFileSync(file, 'utf8'), file) : emptyBaseline
  return recorded(stored, measured.filter((_, i) => !everyDesign.includes(subjects[i]!.design)))
}

function update(io: Io, baseline: Baseline): void {
  if (!isClone)
    throw usage('--update', 'the recorded counts belong to the package',
      'clone the repository and update properties/budgets/baseline.json there')
  try { writeBaseline(baselineFile(), baseline) } catch (cause) {
    throw usage('--update', `${baselineFile()} cannot be written: ${(cause as Error).message}`,
      'make the file writable, or free space', 'BASELINE')
  }
  io.stderr.write(`recorded in ${baselineFile()}\n`)
}
