/** A broken design takes no longer than it must: what is found is said at once, and leaves time for the rest. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onCountedClock } from '../clock.ts'
import { run } from './run.ts'

const leaky = resolve('test/cli/fixtures/leaky.ts'), stays = `${leaky}~migrateInterrupt/submitWait+pollStatus`
interface Exploration { states: number; complete: boolean; stopped: string | null }
interface Document {
  designs: {
    verdicts: { property: string; standing: string; ops: number | null }[]
    scopes: { scope: string; bounds: string; exploration: Exploration }[]
  }[]
  notBegun: string[]
  goOn: string | null
}
const documentOf = async (line: string): Promise<Document> => JSON.parse((await run(`${line} --json`)).out) as Document
const scopesOf = async (line: string) => (await documentOf(line)).designs.flatMap(({ scopes }) =>
  scopes.map(({ scope, exploration: { states, complete, stopped } }) => ({ scope, states, complete, stopped })))
let dir = ''
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'remapcheck-broken-')) })
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

describe('a violation', () => {
  it('is said on stderr when it is found, once for all scopes', async () => {
    const { err, out, code } = await run(`check ${leaky} --scope table-lock,old-hardware --property no-*`)
    expect(code).toBe(1)
    expect(err).toMatch(/^\S+leaky\.ts:4:\d+: hint: [^✗]*(?:✗ no-.*\n)+$/)
    expect(err).toMatch(/^✗ no-dma-escape {2}leaky, scope table-lock, 18 ops: device 0, of domain 0, read .*\n/m)
    expect(err.match(/no-dma-escape/g)).toHaveLength(1)
    expect(out).toMatch(/✗ no-dma-escape +leaky/)
  })
  it('that is known is not', async () => {
    expect((await run('check ring0-deferred-early --iommu vtd --scope mapping --property no-dma-escape')).err).toBe('')
  })
  it('ends a large search, which can be kept, and goes on with --all', async () => {
    const kept = join(dir, 'kept')
    const cut = await documentOf(`check ${stays} --scope interrupts --checkpoint ${kept}`)
    const { exploration } = cut.designs[0]!.scopes[0]!
    expect(exploration).toMatchObject({ complete: false, stopped: 'violation' })
    expect(exploration.states).toBeGreaterThanOrEqual(100_000)
    const standings = ({ designs: [design] }: Document) => Object.fromEntries(
      design!.verdicts.map(({ property, standing, ops }) => [property, `${standing} ${ops}`]))
    expect(standings(cut)).toMatchObject({ 'no-misdelivery': 'open null', 'calls-can-end': 'open null' })
    const goOn = cut.goOn!.replace('npx remapcheck ', '').replaceAll("'", '')
    expect(goOn).toMatch(/ --resume \S+ --all$/)
    const most = exploration.states + 1
    const { out } = await run(`${goOn.replace(` --checkpoint ${kept}`, '')} --states ${most}`)
    const further = JSON.parse(out) as Document
    expect(further.designs[0]!.scopes[0]!.exploration).toMatchObject({ states: most, stopped: 'states' })
    for (const claim of ['no-lost-edge', 'nothing-left-behind'])
      expect(standings(further)[claim]).toBe(standings(cut)[claim])
  })
  it('leaves small searches as they are', async () => {
    const line = `check ${leaky} --scope table-lock`
    expect(await scopesOf(line)).toEqual(await scopesOf(`${line} --all`))
  })
  it('ends the run with --bail: scopes and designs that come later are not begun', async () => {
    const { designs, notBegun } = await documentOf(`check ring0-strict@vtd ${leaky} no-iommu `
      + '--scope ports,mapping,hostile --bail')
    expect(designs.map(({ scopes }) => scopes.map(({ scope }) => scope))).toEqual([['mapping', 'hostile'], ['mapping']])
    expect(notBegun).toEqual(['no-iommu'])
    expect(designs[1]!.verdicts.filter(({ property, standing }) => property.startsWith('no-') && standing === 'fine'))
      .toEqual([])
  })
})

it('--time is shared: each search may take an equal part of what is left', async () => {
  const found = await onCountedClock(2e6, () =>
    scopesOf('check driver-server ring0-strict --iommu vtd --scope mapping,interrupts --time 1000h'))
  expect(found.map(({ stopped }) => stopped)).toContain('time')
  for (const { states } of found) expect(states).toBeGreaterThan(1)
})

it('--bounds with --scope changes the bounds of the scopes', async () => {
  const { designs: [design] } = await documentOf('check ring0-strict --scope mapping,permissions --bounds cm=1,queue=2')
  expect(design!.scopes.map(({ scope, bounds }) => [scope, bounds])).toEqual([
    ['mapping', 'cpus=2,callers=2,devices=2,domains=2,frames=2,iovas=1,queue=2,cm=1'],
    ['permissions', 'frames=2,iovas=2,queue=2,readOnly=1,cm=1'],
  ])
})
