/** Everything that has a name here: `list` shows it, `explain` looks it up. All of it is derived from the registries. */
import { exitClasses } from '../exit.ts'
import { claims } from '../../properties/index.ts'
import { boundNames, boundSpecs, showBounds } from '../../spec/bounds.ts'
import { clauses } from '../../spec/clauses.ts'
import { profiles } from '../../spec/costs/index.ts'
import { designs, migrations } from '../../spec/kernel/index.ts'
import * as stepModules from '../../spec/kernel/steps/index.ts'
import type { Protocol, Step } from '../../spec/kernel/design.ts'
import { scopes } from '../../spec/scopes.ts'

/** The steps of the vocabulary, by name. */
export const steps: ReadonlyMap<string, Step> = new Map(
  (Object.values(stepModules) as readonly (Step | Protocol | unknown)[]).flat()
    .filter((one): one is Step => typeof one === 'object' && one !== null && 'then' in one && 'says' in one)
    .map(step => [step.name, step]))

export interface Registry { readonly name: string; readonly says: string; readonly rows: () => readonly (readonly string[])[] }

/** Rows are what people read; their first cell is the name. */
export const registries: readonly Registry[] = [
  { name: 'designs', says: 'built-in kernel designs', rows: () => designs.map(({ name, says }) => [name, says]) },
  { name: 'migrations', says: 'ways to move an interrupt: DESIGN+NAME', rows: () => migrations.map(({ name, says }) => [name, says]) },
  { name: 'properties', says: 'what is claimed of them', rows: () => claims.map(({ property }) => [property.name, property.claim]) },
  { name: 'scopes', says: 'the small worlds they are checked in',
    rows: () => scopes.map(({ name, says, bounds }) => [name, `${says} (${showBounds(bounds)})`]) },
  { name: 'bounds', says: 'sizes and switches of a world', rows: () => boundNames.map(name => {
    const { least, most, standard, says } = boundSpecs[name]
    return [name, `${least}..${most}`, `${says} (${standard})`]
  }) },
  { name: 'steps', says: 'what protocols are made of', rows: () => [...steps.values()].map(({ name, says }) => [name, says]) },
  { name: 'clauses', says: 'rules of the manuals that the model follows',
    rows: () => Object.entries(clauses).map(([id, { section, says }]) => [id, section, says]) },
  { name: 'profiles', says: 'prices for `cost`', rows: () => Object.entries(profiles).map(([id, { title }]) => [id, title]) },
  { name: 'exits', says: 'exit codes', rows: () => exitClasses.map(({ code, name, meaning }) => [String(code), name, meaning]) },
]

/** The table of exit codes in Markdown, for README. */
export const exitTable = (): string =>
  ['| code | class | meaning |', '| ---: | --- | --- |', ...exitClasses.map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`)].join('\n') + '\n'
