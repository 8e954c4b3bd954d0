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
import { iommuOf, iommuOfStep } from '../../spec/iommus.ts'
import { designs, everyDesign, onlyElsewhere } from '../../spec/designs.ts'
import { systems, systemsOf } from '../../spec/systems.ts'
import { migrations } from '../../spec/kernel/migration.ts'
import * as stepModules from '../../spec/steps.ts'
import type { Protocol, Step } from '../../spec/kernel/design.ts'
import { actionsIn } from '../../spec/machine.ts'
import { allScopes } from '../../spec/scopes.ts'
import { stateParts, stateWords } from '../../spec/state-words.ts'
import { faultReasons as refusals } from '../../spec/amdvi/index.ts'
import { faultReasons } from '../../spec/vtd/index.ts'
import { errorCodes } from './error-codes.ts'
import { allExports, stepLists, stepsText } from './exports.ts'
import { terms } from './glossary.ts'
import { layoutId, layouts, layoutTitle, manualOf } from './layouts.ts'

/** The steps of the vocabulary, and those that a built-in design has of its own, by name. */
export const steps: ReadonlyMap<string, Step> = new Map(
  [...(Object.values(stepModules) as readonly (Step | Protocol | unknown)[]).flat(),
    ...everyDesign.flatMap(({ protocols }) => Object.values(protocols).flat())]
    .filter((one): one is Step => typeof one === 'object' && one !== null && 'then' in one && 'says' in one)
    .map(step => [step.name, step]))

/** Which IOMMU's unit it drives, where it drives one. */
const ofVendor = (step: Step): string => {
  const on = iommuOfStep(step)
  return on === null ? '' : ` (${on.title})`
}

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

/** What people read of each list; the first cell of a row is the name. */
export const registries: Readonly<Record<ListName, () => readonly (readonly string[])[]>> = {
  designs: () => [...designs, ...onlyElsewhere()].map(({ name, says }) => {
    const names = systemsOf(name).flatMap(one => one.names)
    return [name, names.length === 0 ? says : `${says}. Stands for: ${names.join(', ')}`]
  }),
  systems: () => systems.flatMap(({ names, designs: by }) => names.map(name => [name, by.join(', ')])),
  migrations: () => migrations.map(({ name, says }) => [name, says]),
  properties: () => claims.map(({ property }) => [property.name, property.claim]),
  scopes: () => allScopes().map(({ name, says, bounds }) =>
    [name, `${says} (${showBounds(bounds).replaceAll(',', ', ')})`]),
  bounds: () => boundNames.map(name => {
    const { least, most, standard, says } = boundSpecs[name]
    return [name, `${least}..${most}`, `${says} (${standard})`]
  }),
  steps: () => [...[...steps.values()].map(step => [step.name, step.says + ofVendor(step)]),
    ...[...stepLists].map(([name, list]) => [name, `in this order: ${stepsText(list)}`])],
  state: () => stateParts().map(([path]) => [`s.${path}`, stateWords[path] ?? '']),
  exports: () => allExports.map(({ name, from, kind, says }) => [name, `${says} (${kind}, ${from})`]),
  actions: () => [...knownActions()].map(([name, { says }]) => [name, says]),
  clauses: () => Object.entries(clauses).map(([id, { section, says }]) => [id, section, says]),
  layouts: () => layouts.map(of => [layoutId(of), `${manualOf(of)} ${of.section}`, layoutTitle(of)]),
  profiles: () => Object.entries(profiles).map(([id, { title }]) => [id, title]),
  units: () => Object.entries(units),
  paths: () => Object.entries(paths),
  verdicts: () => claimsOnBoots.map(({ claim, says }) => [claim, says]),
  alarms: () => Object.entries(alarmKinds).map(([code, { severity, says }]) => [code, severity, says]),
  faults: () => [...faultReasons.map(({ code, condition, says }) => [faultCode(code), condition, says]),
    ...refusals.map(({ code, cause, says }) => [faultCode(code), cause, says])],
  errors: () => Object.entries(errorCodes),
  terms: () => terms().map(({ term, meaning }) => [term, meaning]),
  exits: () => exitClasses.map(({ code, name, meaning }) => [String(code), name, meaning]),
}

/** `05h`, as manuals write it. */
export const faultCode = (code: number): string => `${code.toString(16).padStart(2, '0')}h`

/** The table of exit codes in Markdown, for docs/ci.md. */
export const exitTable = (): string =>
  ['| code | class | meaning |', '| ---: | --- | --- |',
    ...exitClasses.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`)].join('\n') + '\n'
