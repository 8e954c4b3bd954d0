/** The flags of `check`, and what they come to: which designs in which scopes, by which driver, within which limits. */
import { boundsOf, changesIn, checkCapabilities } from '../check/bounds-text.ts'
import { withWitnesses } from '../check/run-scopes.ts'
import type { Plan } from '../check/run-scopes.ts'
import type { Subject } from '../check/subject.ts'
import { regressionFolder } from '../check/violations.ts'
import { suggest, usage } from '../errors.ts'
import { claimsOf } from '../../properties/index.ts'
import { unnamedDesigns } from '../../spec/designs.ts'
import { iommus } from '../../spec/iommus.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { scopesFor } from '../../spec/scopes.ts'
import type { Scope } from '../../spec/scopes.ts'
import { bytes, isName, matching, seconds, wholeNumber } from './args.ts'
import type { Flags } from './args.ts'
import { claimsOption, colorOption, fullOption, reportOptions } from './shared-flags.ts'
import { iommuNamed, subjectsOf } from './designs.ts'
import { fitting, onEachIommu } from './each-iommu.ts'
import type { OnEach } from './each-iommu.ts'
import { isPath } from './paths.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'

export const checkOptions = {
  iommu: { value: 'NAME',
    says: `the one IOMMU that built-in designs are on: ${iommus.map(({ name }) => name).join(', ')}; all: each, as `
      + 'without this flag' },
  scope: { value: 'NAME', says: 'only this scope; several with commas' },
  bounds: { value: 'NAME=N,…',
    says: 'use these bounds instead of the scopes; with --scope, change those of the scope' },
  property: { value: 'GLOB', says: 'only properties of this name; several with commas' },
  ...claimsOption,
  driver: { value: 'exhaustive|random', says: 'every state (the default), or random runs' },
  seed: { value: 'N', says: 'seed of the random runs, decimal or 0x…' },
  runs: { value: 'N', says: 'random runs for each design and scope (1000)' },
  length: { value: 'N', says: 'most ops of a random run (100)' },
  time: { value: '30s',
    says: 'stop after this time, and report what was found; searches get equal shares of what is left' },
  all: { says: 'take the built-in designs with each way to move an interrupt, where none is named; and search on past '
    + 'an unexpected violation: else a search with 100,000 states ends at its first' },
  bail: { says: 'end the run with the search that finds the first unexpected violation' },
  deep: { says: 'raise the bounds of each scope in turn, until the time (5m) or memory runs out' },
  states: { value: 'N', says: 'stop a search after this many states' },
  memory: { value: 'SIZE', says: 'stop a search when its states fill this memory: 500MB, 2GB (4GiB)' },
  workers: { value: 'N',
    says: 'threads of one search (1); counts and traces stay the same; claims about endless runs use one thread' },
  symmetry: {
    optional: 'NAMES',
    says: 'merge states that differ only in the names of interchangeable ids: of all such ids, or of these (with '
      + 'commas); skips claims about endless runs',
  },
  checkpoint: {
    value: 'FILE',
    says: 'save the search to FILE every 3 minutes and when it stops (one design, one scope)',
  },
  resume: { value: 'FILE', says: 'continue the search that FILE holds' },
  stats: { says: 'show what each search did: sizes, depths, which actions fired and which never did' },
  watch: { says: 'run again when your module changes, or one that it imports' },
  save: { says: `save unexpected counterexamples in ${regressionFolder} (random runs always do)` },
  'save-known': { value: 'DIR', says: 'write the shortest trace of each known violation to DIR' },
  ...fullOption, ...reportOptions, ...colorOption,
} as const
export type CheckFlags = Flags<typeof checkOptions>

/** Flags that one driver has no use for, and why. */
const onlyRandom = ['seed', 'runs', 'length'] as const
const onlyExhaustive = {
  states: 'random runs have no such limit', memory: 'random runs have no such limit',
  workers: 'random runs are one thread',
  symmetry: 'random runs do not compare states',
  deep: 'random runs prove nothing at any bounds', all: 'random runs always go on',
  checkpoint: 'random runs cannot be continued', resume: 'random runs cannot be continued',
} as const satisfies Partial<Record<keyof typeof checkOptions, string>>

const leastMemory = 16e6, mostMemory = 4 * 2 ** 30
const mostWorkers = 64

export async function planOf(flags: CheckFlags, operands: readonly string[], io: Io): Promise<Plan> {
  const driver = driverOf(flags)
  if (flags.watch && !operands.some(isPath))
    throw usage('--watch', 'watches modules of your own, and none is named', 'remapcheck check ./mine.mjs --watch')
  const number = (flag: 'seed' | 'runs' | 'length' | 'states' | 'workers', least: number,
    most: number): number | undefined =>
    flags[flag] === undefined ? undefined : wholeNumber(`--${flag}`, flags[flag], least, most)
  const { taken, iommu, all, unnamed } = designsAsked(flags, operands)
  const found = await subjectsOf(io, taken.flatMap(({ names }) => names),
    { claims: flags.claims, machines: true, iommu, unnamed })
  const chosen = scopesOf(flags, found.map(({ design }) => design)), properties = propertiesAsked(flags, found)
  const { subjects, leftOut } = fitting(found, taken, { scopes: chosen, properties })
  checkMachines(flags, subjects)
  checkEnds(flags)
  if (flags.bounds !== undefined && flags.scope === undefined) checkCapabilities(chosen[0]!.bounds, subjects)
  checkOneSearch(flags,
    subjects.reduce((sum, { design }) => sum + chosen.filter(({ appliesTo }) => appliesTo(design)).length, 0))
  return {
    subjects, left: operands.length > 0 ? [] : all.filter(one => !unnamed.includes(one)).map(({ name }) => name),
    leftOut,
    scopes: chosen, full: flags.scope === undefined && flags.bounds === undefined && properties === null, properties,
    named: namedIn(flags),
    driver, seed: number('seed', -(2 ** 31), 2 ** 32 - 1) ?? Math.floor(Math.random() * 2 ** 31),
    runs: number('runs', 1, 1e9), length: number('length', 1, 1e5),
    limits: {
      maxStates: number('states', 1, 2 ** 31), workers: number('workers', 1, mostWorkers),
      maxMemory: flags.memory === undefined ? undefined : bytes('--memory', flags.memory, leastMemory, mostMemory),
    },
    checkpoint: flags.checkpoint === undefined ? null : placed(io, flags.checkpoint),
    resume: flags.resume === undefined ? null : placed(io, flags.resume),
    symmetry: typeof flags.symmetry === 'string' ? flags.symmetry.split(',') : flags.symmetry ?? false,
    maxSeconds: flags.time === undefined ? undefined : seconds('--time', flags.time),
    all: flags.all ?? false, bail: flags.bail ?? false,
  }
}

const namedIn = ({ scope, property }: CheckFlags): Plan['named'] =>
  ({ scopes: scope?.split(',') ?? [], properties: property?.split(',').filter(isName) ?? [] })

/** Names of claims, with their witnesses; null for all. @throws UserError where one is of none. */
function propertiesAsked({ property }: CheckFlags, subjects: readonly Subject[]): Plan['properties'] {
  if (property === undefined) return null
  const claims = [...new Set(subjects.flatMap(({ design }) => claimsOf(design)))]
  const names = claims.flatMap(claim => [claim.property.name, ...claim.witnesses.map(witness => witness.property.name)])
  return withWitnesses(claims, property.split(',').flatMap(one => matching('--property', one, names)))
}

/** @throws UserError where there is no such driver, or it has no use for one of the flags. */
function driverOf(flags: CheckFlags): Plan['driver'] {
  const { driver = 'exhaustive' } = flags
  if (driver !== 'exhaustive' && driver !== 'random')
    throw usage('--driver', `no driver is named '${driver}'`,
      suggest(driver, ['exhaustive', 'random'], 'there are exhaustive, random'))
  for (const name of onlyRandom)
    if (flags[name] !== undefined && driver === 'exhaustive')
      throw usage(`--${name}`, 'only random runs use it', 'add --driver random')
  for (const [name, because] of Object.entries(onlyExhaustive))
    if (flags[name as keyof typeof onlyExhaustive] !== undefined && driver === 'random')
      throw usage(`--${name}`, because, 'leave it out; --runs and --time limit random runs')
  return driver
}

/** @throws UserError where bounds are asked of a machine, which has none. */
function checkMachines(flags: CheckFlags, subjects: readonly Subject[]): void {
  const machine = subjects.find(one => one.machine !== undefined)
  const flag = (['bounds', 'scope', 'deep'] as const).find(name => flags[name] !== undefined)
  if (machine === undefined || flag === undefined) return
  throw usage(`--${flag}`, `'${machine.design.name}' is a machine, and has no bounds`, `leave --${flag} out`, 'MACHINE')
}

/** @throws UserError where one flag would end at a violation what another lets go on. */
function checkEnds({ all, bail, deep }: CheckFlags): void {
  if (bail && all) throw usage('--bail', 'cannot be combined with --all', 'give one of the two')
  if (bail && deep) throw usage('--bail', '--deep ends each scope at a violation', 'leave one of the two out')
}

/** Which designs: `taken` by the command line, else `unnamed`, of `all` that there are on the IOMMU. */
function designsAsked(flags: CheckFlags, operands: readonly string[]): { readonly taken: readonly OnEach[]
  readonly iommu: string | undefined; readonly all: readonly Design[]; readonly unnamed: readonly Design[] } {
  const iommu = flags.iommu === 'all' ? undefined : flags.iommu
  const { usual, all } = unnamedDesigns(iommu === undefined ? undefined : iommuNamed(iommu))
  return { iommu, all, unnamed: flags.all ? all : usual,
    taken: operands.map(name => iommu === undefined ? onEachIommu(name) : { names: [name], leftOut: [] }) }
}

/** @throws UserError where a file is to keep one search and there are several. */
function checkOneSearch(flags: CheckFlags, searches: number): void {
  for (const name of ['checkpoint', 'resume'] as const) {
    if (flags[name] !== undefined && flags.deep)
      throw usage(`--${name}`, 'saves one search, and --deep runs many', 'leave --deep out, and give --bounds')
    if (flags[name] !== undefined && searches !== 1)
      throw usage(`--${name}`, `saves one search, and this command runs ${searches}`,
        'name one design, one IOMMU with --iommu, and one scope with --scope or --bounds')
  }
}

function scopesOf(flags: CheckFlags, designs: readonly Design[]): readonly Scope[] {
  if (flags.bounds !== undefined && flags.scope === undefined)
    return [{ name: 'custom', says: 'bounds of the command line', bounds: boundsOf(flags.bounds),
      appliesTo: () => true }]
  const scopes = scopesFor(designs), known = scopes.map(({ name }) => name)
  const names = flags.scope?.split(',') ?? known
  for (const name of names)
    if (!known.includes(name))
      throw usage('--scope', `no scope is named '${name}'`, suggest(name, known, `there are ${known.join(', ')}`),
        'SCOPE')
  const changes = flags.bounds === undefined ? {} : changesIn(flags.bounds)
  return scopes.filter(({ name }) => names.includes(name))
    .map(scope => ({ ...scope, bounds: { ...scope.bounds, ...changes }, changes }))
}
