/** Registries are the only lists: every design, claim and clause is in its registry, once, and every clause that is
 *  named exists. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { claims } from '../../properties/index.ts'
import type { Claim } from '../../spec/claim.ts'
import { apicClauses } from '../../spec/apic/clauses.ts'
import { clauses } from '../../spec/clauses.ts'
import { designs, everyDesign } from '../../spec/designs.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { actionsIn } from '../../spec/machine.ts'
import { scopes, scopesOn } from '../../spec/scopes.ts'
import { knownActions } from '../../src/cli/registries.ts'
import { amdviClauses } from '../../spec/amdvi/clauses.ts'
import { vtdClauses } from '../../spec/vtd/clauses.ts'
import { faultReasons as amdviReasons } from '../../spec/amdvi/faults.ts'
import { faultReasons as vtdReasons } from '../../spec/vtd/faults.ts'
import { readSources } from './sources.ts'

/** Values exported by the modules of a folder that pass the test. */
async function exportsOf<T>(folder: string, is: (value: object) => boolean): Promise<T[]> {
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.ts') && name !== 'index.ts' && !name.endsWith('.test.ts'))
  const modules = await Promise.all(names.map(name =>
    import(pathToFileURL(resolve(join(folder, name))).href) as Promise<Record<string, unknown>>))
  return modules.flatMap(module => Object.values(module))
    .filter(value => typeof value === 'object' && value !== null && is(value)) as T[]
}
const once = <T>(values: readonly T[]): void => {
  expect(values.filter((value, i) => values.indexOf(value) !== i)).toEqual([])
}

describe('registries', () => {
  it('hold every action that a design takes in a scope, with its agents', () => {
    const known = knownActions()
    for (const design of everyDesign) for (const { bounds } of scopesOn(design))
      for (const { name, params } of actionsIn(design, bounds)) {
        expect(known.get(name)?.designs, name).toContain(design.name)
        expect(known.get(name)!.params, name).toEqual(Object.keys(params))
      }
  })
  it('hold every design that a module of spec exports, once', async () => {
    const isDesign = (value: object): boolean => 'protocols' in value && 'remapsDma' in value
    const exported = [...await exportsOf<Design>('spec', isDesign), ...await exportsOf<Design>('spec/kernel', isDesign)]
    expect(exported.length).toBeGreaterThan(6)
    expect(exported.filter(design => !designs.includes(design)).map(({ name }) => name)).toEqual([])
    once(designs.map(({ name }) => name))
  })
  it('hold every claim that a module of properties exports, once', async () => {
    const folders = readdirSync('properties', { withFileTypes: true }).filter(entry => entry.isDirectory())
      .map(entry => join('properties', entry.name))
    const claimsIn = (folder: string): Promise<Claim[]> =>
      exportsOf<Claim>(folder, value => 'property' in value && 'witnesses' in value)
    const exported = (await Promise.all(folders.map(claimsIn))).flat()
    expect(exported.filter(claim => !claims.includes(claim)).map(({ property }) => property.name)).toEqual([])
    expect(exported.length).toBe(claims.length)
    const names = claims.map(({ property }) => property.name)
    once(names)
    expect(claims.flatMap(({ witnesses }) => witnesses.map(one => one.property.name))
      .filter(name => names.includes(name))).toEqual([])
  })
  it('hold each scope and each clause once', () => {
    once(scopes.map(({ name }) => name))
    expect(Object.keys(clauses)).toHaveLength(Object.keys(vtdClauses).length
      + Object.keys(amdviClauses).length + Object.keys(apicClauses).length)
  })
  it('know every property that a design gives up', () => {
    const names = claims.map(({ property }) => property.name)
    expect(designs.flatMap(({ givesUp }) => Object.keys(givesUp)).filter(name => !names.includes(name))).toEqual([])
  })
})

/** Rules of the manual that are stated, and that no code names yet. Leave the list when code does; join it only with a
 *  rule that explains. */
const notExercised = [
  // what hardware may do or need not: shown by what the model leaves possible
  'VTD:6/stale-context-tags', 'VTD:6/not-present-uncached', 'VTD:6/permission-increase', 'VTD:6/no-drain',
  'VTD:6/compatibility-undrained',
  'VTD:6.5.2.3/iotlb', // descriptors that no design submits
  'VTD:table-28/root-entry', 'VTD:table-28/domain-reuse', 'VTD:table-28/order', // changes that no design makes
]

const fromTables = [...vtdReasons, ...amdviReasons].map(({ clause }) => clause as string)

describe('clauses', () => {
  const strings = readSources(process.cwd())
    .filter(({ path }) => /^(?:spec|properties|src)\//.test(path) && !/(?:^|\/)clauses\.ts$/.test(path))
    .flatMap(source => source.strings)
  const named = new Set(strings.filter(text => /^(?:VTD|AMD|SDM|APM|PCI):\S+$/.test(text)))
  it('exist where they are named', () => {
    expect(named.size).toBeGreaterThan(60)
    expect([...named].filter(id => !Object.hasOwn(clauses, id))).toEqual([])
  })
  it('are named somewhere, but for those listed here; fault reasons come from their table', () => {
    expect(Object.keys(clauses).filter(id => !named.has(id) && !fromTables.includes(id)))
      .toEqual(notExercised.toSorted((a, b) =>
        Object.keys(clauses).indexOf(a) - Object.keys(clauses).indexOf(b)))
  })
})
