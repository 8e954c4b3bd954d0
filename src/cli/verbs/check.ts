/** `check`: which designs isolate DMA and keep interrupts, at which bounds, and the shortest way to what fails. */
import type { ExitName } from '../../exit.ts'
import { exitOf } from '../../report/check.ts'
import type { CheckReport, DesignReport } from '../../report/check.ts'
import { checkJson } from '../../report/json.ts'
import { checkText } from '../../report/text.ts'
import type { Detail } from '../../report/text.ts'
import { renderTrace } from '../../trace/render.ts'
import { claims } from '../../../properties/index.ts'
import { scopes } from '../../../spec/scopes.ts'
import type { Scope } from '../../../spec/scopes.ts'
import { matching, parse, seconds, shellWord, suggest, usage, wholeNumber } from '../args.ts'
import type { Flags, Verb } from '../args.ts'
import { subjectsOf } from '../designs.ts'
import type { Subject } from '../designs.ts'
import { explore, withWitnesses } from '../explore.ts'
import type { Plan } from '../explore.ts'
import { spinner, themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { boundsOf, regressionFolder, replayOf, replayRegressions, saved, traceOf } from '../keep.ts'
import { tool, version } from '../package.ts'
import { colorOption, fullOption, jsonOption, traceStyle } from '../common.ts'

const options = {
  scope: { value: 'NAME', says: 'only this scope; several with commas' },
  bounds: { value: 'NAME=N,…', says: 'these bounds in place of the scopes' },
  property: { value: 'GLOB', says: 'only properties of this name' },
  driver: { value: 'exhaustive|random', says: 'every state (the default), or random runs' },
  seed: { value: 'N', says: 'of the random runs, decimal or 0x' },
  runs: { value: 'N', says: 'random runs for each design and scope (1000)' },
  length: { value: 'N', says: 'most ops of a random run (100)' },
  time: { value: '30s', says: 'stop after this time, with what was found' },
  states: { value: 'N', says: 'most states of one search' },
  save: { says: `keep unexpected counterexamples in ${regressionFolder} (random runs always do)` },
  'save-known': { value: 'DIR', says: 'write the shortest trace of each known violation to DIR' },
  ...fullOption, ...jsonOption, ...colorOption,
} as const

export const check = {
  name: 'check', operands: '[DESIGN…]', options,
  says: 'Explore kernel designs in small worlds and judge every claim. DESIGN is a name, NAME+MIGRATION, or the path of your own module.',
  examples: [
    ['remapcheck check', 'all built-in designs'],
    ['remapcheck check ring0-deferred', 'one, with the whole trace of each violation'],
    ['remapcheck check ./mine.mjs --scope mapping', 'your own design in one scope'],
    ['remapcheck check driver-server --bounds cpus=2,frames=3,iovas=2', 'at bounds of your own'],
    ['remapcheck check --driver random --seed 7 --time 30s', 'random runs for 30 seconds'],
  ],
} as const satisfies Verb<typeof options>

export async function runCheck(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(check, args)
  const plan = await planOf(flags, operands, io)
  const line = spinner(io)
  let report: CheckReport
  try {
    const regressions = replayRegressions(io, plan.subjects)
    const found = await explore(plan, { signal: io.signal, say: line.say })
    const designs = found.map((one, i) => kept(io, flags, plan, one, plan.subjects[i]!))
    report = {
      tool, version, seed: plan.driver === 'random' ? plan.seed : null, regressions, designs,
      claims: claims.map(({ property }) => property.name), interrupted: io.signal.aborted,
      repeat: repeatOf(args, plan),
    }
  } finally { line.end() }
  const theme = themeOf(io, flags)
  io.stdout.write(flags.json ? checkJson(report) : checkText(report, theme, detailOf(io, flags, plan.subjects)))
  return exitOf(report)
}

async function planOf(flags: Flags<typeof options>, operands: readonly string[], io: Io): Promise<Plan> {
  const { driver = 'exhaustive', property } = flags
  if (driver !== 'exhaustive' && driver !== 'random')
    throw usage('--driver', `no driver is named '${driver}'`, suggest(driver, ['exhaustive', 'random'], 'there are exhaustive, random'))
  for (const name of ['seed', 'runs', 'length'] as const)
    if (flags[name] !== undefined && driver === 'exhaustive') throw usage(`--${name}`, 'only random runs have one', 'add --driver random')
  if (flags.states !== undefined && driver === 'random') throw usage('--states', 'random runs have no such limit', 'use --runs or --time')
  const number = (flag: 'seed' | 'runs' | 'length' | 'states', least: number, most: number): number | undefined =>
    flags[flag] === undefined ? undefined : wholeNumber(`--${flag}`, flags[flag], least, most)
  const names = claims.flatMap(claim => [claim.property.name, ...claim.witnesses.map(witness => witness.property.name)])
  return {
    subjects: await subjectsOf(io, operands),
    scopes: scopesOf(flags), full: flags.scope === undefined && flags.bounds === undefined && property === undefined,
    properties: property === undefined ? null : withWitnesses(matching('--property', property, names)),
    driver, seed: number('seed', -(2 ** 31), 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 31),
    runs: number('runs', 1, 1e9), length: number('length', 1, 1e5), maxStates: number('states', 1, 2 ** 31),
    maxSeconds: flags.time === undefined ? undefined : seconds('--time', flags.time),
  }
}

function scopesOf(flags: Flags<typeof options>): readonly Scope[] {
  if (flags.bounds !== undefined) {
    if (flags.scope !== undefined) throw usage('--bounds', 'stands in place of the scopes', 'give --scope or --bounds')
    return [{ name: 'custom', says: 'bounds of the command line', bounds: boundsOf(flags.bounds), on: () => true }]
  }
  const known = scopes.map(({ name }) => name)
  const names = flags.scope?.split(',') ?? known
  for (const name of names)
    if (!known.includes(name)) throw usage('--scope', `no scope is named '${name}'`, suggest(name, known, `there are ${known.join(', ')}`), 'SCOPE')
  return scopes.filter(({ name }) => names.includes(name))
}

function kept(io: Io, flags: Flags<typeof options>, plan: Plan, report: DesignReport, subject: Subject): DesignReport {
  const save = flags.save || plan.driver === 'random'
  const one = save ? saved(io, regressionFolder, 'unexpected', report, subject) : report
  return flags['save-known'] === undefined ? one : saved(io, flags['save-known'], 'known', one, subject)
}

/** The whole trace of what nobody expected, and of everything when one design was asked. */
function detailOf(io: Io, flags: Flags<typeof options>, subjects: readonly Subject[]): Detail {
  const theme = themeOf(io, flags)
  return (report, overall) => {
    const subject = subjects.find(({ design }) => design.name === report.design)
    if (subject === undefined || (overall.standing === 'known' && subjects.length > 1 && !flags.full)) return null
    const trace = traceOf(subject, overall)
    const path = report.saved[overall.property]
    return renderTrace(replayOf(subject, trace, trace.property), trace, {
      ...traceStyle, theme, full: flags.full ?? false, ...path === undefined ? {} : { saved: path },
      ...subject.path === null ? {} : { replayFlags: `--design ${subject.path}` },
    })
  }
}

/** The command line, with the seed that was drawn. */
function repeatOf(args: readonly string[], plan: Plan): string {
  const seed = plan.driver === 'random' && !args.some(arg => arg.startsWith('--seed')) ? ['--seed', String(plan.seed)] : []
  return ['npx remapcheck check', ...[...args, ...seed].map(word => shellWord(word))].join(' ')
}
