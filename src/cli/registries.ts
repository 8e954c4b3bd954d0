/** Everything that has a name here: `list` shows it, `explain` looks it up. All of it is derived from the
 *  registries. */
import { alarmKinds } from '../audit/alarms.ts'
import { exitClasses } from '../exit.ts'
import { productOf } from '../model/index.ts'
import type { Args, Fairness } from '../model/index.ts'
import { claimsOnBoots } from '../logs/verdicts/index.ts'
import type { ListName } from '../report/list.ts'
import { claims } from '../../properties/index.ts'
import { boundNames, bounds, boundSpecs, showBounds } from '../../spec/bounds.ts'
import { clauses } from '../../spec/clauses.ts'
import { paths, profiles, units } from '../../spec/costs/index.ts'
import { iommuOf } from '../../spec/iommus.ts'
import { designs, everyDesign } from '../../spec/designs.ts'
import { systems, systemsOf } from '../../spec/systems.ts'
import { migrations } from '../../spec/kernel/migration.ts'
import * as stepModules from '../../spec/steps.ts'
import type { Protocol, Step } from '../../spec/kernel/design.ts'
import { actionsIn } from '../../spec/machine.ts'
import { allScopes } from '../../spec/scopes.ts'
import { stateParts, stateWords } from '../../spec/state-words.ts'
import { faultReasons } from '../../spec/vtd/index.ts'
import { errorCodes } from './error-codes.ts'
import { allExports, stepLists, stepsText } from './exports.ts'
import { terms } from './glossary.ts'
import { layoutId, layouts, layoutTitle } from './layouts.ts'

/** The steps of the vocabulary, and those that a built-in design has of its own, by name. */
export const steps: ReadonlyMap<string, Step> = new Map(
  [...(Object.values(stepModules) as readonly (Step | Protocol | unknown)[]).flat(),
    ...everyDesign.flatMap(({ protocols }) => Object.values(protocols).flat())]
    .filter((one): one is Step => typeof one === 'object' && one !== null && 'then' in one && 'says' in one)
    .map(step => [step.name, step]))

export interface KnownAction {
  readonly says: string
  /** Who takes it. */
  readonly agents: readonly string[]
  readonly params: readonly string[]
  readonly path: string
  readonly fair: Fairness
  /** Built-in designs whose machines have it. */
  readonly designs: readonly string[]
}

/** Bounds under which a machine has every action that no standard scope shows. */
const everything = bounds({ cpus: 2, callers: 2, devices: 2, domains: 2, frames: 2, iovas: 2, levels: 2, tables: 1,
  readOnly: 1, reassign: 1, ports: 1, sources: 2, vectors: 2, migrate: 1, hostile: 1, interruptDrain: 0 })

let known: ReadonlyMap<string, KnownAction> | undefined
/** The actions of the built-in designs, by the names that traces use. */
export const knownActions = (): ReadonlyMap<string, KnownAction> => known ??= findActions()

function findActions(): ReadonlyMap<string, KnownAction> {
  const found = new Map<string, KnownAction>()
  for (const design of everyDesign) {
    const b = { ...everything, ...iommuOf(design).weakest }
    for (const { name, agent, params, path, fair, ...action } of actionsIn(design, b)) {
      const { says, agents, designs: of } = found.get(name)
        ?? { says: action.says ?? '', agents: [] as readonly string[], designs: [] as readonly string[] }
      const taking = typeof agent === 'string' ? [agent] : productOf(params).map(args => agent(args as Args))
      found.set(name, {
        says, agents: [...new Set([...agents, ...taking])], params: Object.keys(params), path, fair,
        designs: of.includes(design.name) ? of : [...of, design.name],
      })
    }
  }
  return found
}

export interface Registry {
  readonly name: ListName
  readonly says: string
  readonly rows: () => readonly (readonly string[])[]
}

/** Rows are what people read; their first cell is the name. */
export const registries: readonly Registry[] = [
  { name: 'designs', says: 'built-in kernel designs, and the systems that they stand for',
    rows: () => designs.map(({ name, says }) => {
      const names = systemsOf(name).flatMap(one => one.names)
      return [name, names.length === 0 ? says : `${says}. Stands for: ${names.join(', ')}`]
    }) },
  { name: 'systems', says: 'systems of the forum thread, and the designs that stand for them',
    rows: () => systems.flatMap(({ names, designs: by }) => names.map(name => [name, by.join(', ')])) },
  { name: 'migrations', says: 'ways to move an interrupt: DESIGN+NAME',
    rows: () => migrations.map(({ name, says }) => [name, says]) },
  { name: 'properties', says: 'what the checker claims of them',
    rows: () => claims.map(({ property }) => [property.name, property.claim]) },
  { name: 'scopes', says: 'the small configurations they are checked in',
    rows: () => allScopes().map(({ name, says, bounds }) =>
      [name, `${says} (${showBounds(bounds).replaceAll(',', ', ')})`]) },
  { name: 'bounds', says: 'sizes and switches of a configuration', rows: () => boundNames.map(name => {
    const { least, most, standard, says } = boundSpecs[name]
    return [name, `${least}..${most}`, `${says} (${standard})`]
  }) },
  { name: 'steps', says: 'what protocols are made of',
    rows: () => [...[...steps.values()].map(({ name, says }) => [name, says]),
      ...[...stepLists].map(([name, list]) => [name, `in this order: ${stepsText(list)}`])] },
  { name: 'state', says: 'what steps see as `s`, and claims as `state`',
    rows: () => stateParts().map(([path]) => [`s.${path}`, stateWords[path] ?? '']) },
  { name: 'exports', says: 'what a module of yours can import',
    rows: () => allExports.map(({ name, from, kind, says }) => [name, `${says} (${kind}, ${from})`]) },
  { name: 'actions', says: 'what traces consist of: steps of the calls, of hardware and of devices',
    rows: () => [...knownActions()].map(([name, { says }]) => [name, says]) },
  { name: 'clauses', says: 'rules of the manuals that the model follows',
    rows: () => Object.entries(clauses).map(([id, { section, says }]) => [id, section, says]) },
  { name: 'layouts', says: 'registers and structures, bit by bit',
    rows: () => layouts.map(of => [layoutId(of), of.section, layoutTitle(of)]) },
  { name: 'profiles', says: 'prices for `cost`',
    rows: () => Object.entries(profiles).map(([id, { title }]) => [id, title]) },
  { name: 'units', says: 'what `cost` counts', rows: () => Object.entries(units) },
  { name: 'paths', says: 'what the counts belong to', rows: () => Object.entries(paths) },
  { name: 'verdicts', says: 'what `validate` says about a boot',
    rows: () => claimsOnBoots.map(({ claim, says }) => [claim, says]) },
  { name: 'alarms', says: 'what `audit` warns about in a dump',
    rows: () => Object.entries(alarmKinds).map(([code, { severity, says }]) => [code, severity, says]) },
  { name: 'faults', says: 'fault reasons of VT-d, in hexadecimal',
    rows: () => faultReasons.map(({ code, condition, says }) => [faultCode(code), condition, says]) },
  { name: 'errors', says: 'codes of messages', rows: () => Object.entries(errorCodes) },
  { name: 'terms', says: 'words of reports and pages',
    rows: () => terms().map(({ term, meaning }) => [term, meaning]) },
  { name: 'exits', says: 'exit codes',
    rows: () => exitClasses.map(({ code, name, meaning }) => [String(code), name, meaning]) },
]

/** `05h`, as manuals write it. */
export const faultCode = (code: number): string => `${code.toString(16).padStart(2, '0')}h`

/** The table of exit codes in Markdown, for docs/ci.md. */
export const exitTable = (): string =>
  ['| code | class | meaning |', '| ---: | --- | --- |',
    ...exitClasses.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`)].join('\n') + '\n'
