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
import { suggest, usage } from '../../errors.ts'
import { budgets } from '../../../properties/budgets/budgets.ts'
import { loadProfile, profiles, sources, vocabulary } from '../../../spec/costs/index.ts'
import type { Profile } from '../../../spec/costs/index.ts'
import { everyDesign } from '../../../spec/designs.ts'
import { iommuOf } from '../../../spec/iommus.ts'
import { badJson } from '../../text/json-position.ts'
import { parse } from '../args.ts'
import { isPath } from '../paths.ts'
import type { Command } from '../args.ts'
import { composed, explained, priced } from '../cost-forms.ts'
import { colorOption, iommuOption, reportOptions } from '../shared-flags.ts'
import { subjectsOf } from '../designs.ts'
import { placed, spinner } from '../io.ts'
import type { Io } from '../io.ts'
import { isClone, packageRoot } from '../package.ts'
import { print } from '../print.ts'

const options = {
  ...iommuOption,
  profile: { value: 'NAME|FILE', says: 'prices of another machine (see list profiles; default: one with the IOMMU)' },
  update: { says: 'record the counts as they are now' },
  explain: { value: 'PATH', says: 'the price of a path, line by line down to the published figures' },
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
    return await print(io, flags, composed(io, operands[1]!, flags.profile, name => profileOf(io, name)))
  const subjects = await subjectsOf(io, operands, { iommu: flags.iommu })
  const profile = profileOf(io, flags.profile ?? usualProfile(subjects))
  if (flags.update && subjects.some(({ path }) => path !== null))
    throw usage('--update', 'records built-in designs only', 'leave your own designs out')
  if (flags.explain !== undefined) return await print(io, flags, explained(subjects, profile, flags.explain))
  if (flags.worst) {
    const line = spinner(io)
    let found: ReportOf<'worst'>
    try { found = await worstOf(subjects, profile, { signal: io.signal, say: line.say }) } finally { line.end() }
    return await print(io, flags, found)
  }
  const measured = subjects.map(measureDesign)
  const before = baselineOf(subjects, measured)
  const baseline = flags.update ? recorded(before, measured) : before
  const own = budgets.filter(({ design }) => subjects.some(one => one.design.name === design))
  const report = priced(flags.profile ?? '', () => ({
    costs: costReport(measured, profile, sources, vocabulary),
    budgets: checkBudgets(measured, own, baseline, { ...profiles, [profile.id]: profile }),
  }))
  if (flags.update) update(io, baseline)
  const exit: ExitName = report.budgets.holds ? 'holds' : 'over-budget'
  return await print(io, flags, { kind: 'cost', exit, measured, ...report })
}

/** Flags that make `cost` another report: one at a time. */
const forms = ['explain', 'validate', 'worst', 'update'] as const
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

/** Of a machine with the IOMMU that all designs are on; undefined, the first of all, where they are on several. */
function usualProfile(subjects: readonly Subject[]): string | undefined {
  const [name, other] = new Set(subjects.map(({ design }) => iommuOf(design).profile))
  return other === undefined ? name : undefined
}

function profileOf(io: Io, name: string | undefined): Profile {
  const known = Object.keys(profiles)
  if (name === undefined) return profiles[known[0]!]!
  if (Object.hasOwn(profiles, name)) return profiles[name]!
  const file = placed(io, name)
  if (!existsSync(file) && !isPath(name) && !name.endsWith('.json'))
    throw usage('--profile', `no profile is named '${name}'`,
      suggest(name, known, `there are ${known.join(', ')}; or give a file`), 'PROFILE')
  let source: string
  try { source = readFileSync(file, 'utf8') } catch (cause) {
    throw usage(name, `cannot be read (${String((cause as { code?: unknown }).code)})`,
      'give a profile in JSON, as spec/costs/xeon-2011-2016.json', 'PROFILE')
  }
  const bad = badJson(source)
  if (bad !== null) throw usage(name + bad.place, bad.problem, 'mend the file at this place', 'PROFILE')
  try { return loadProfile(source, name) } catch (cause) {
    const [, problem] = /^[^:]*: (.*)$/s.exec((cause as Error).message) ?? ['', (cause as Error).message]
    throw usage(name, problem!, 'compare with spec/costs/xeon-2011-2016.json', 'PROFILE')
  }
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
