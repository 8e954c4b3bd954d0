/** A broken design takes no longer than it must: what is found is said at once, and leaves time for the rest. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onCountedClock } from '../clock.ts'
import { inSequence, run } from './run.ts'

const leaky = resolve('test/cli/fixtures/leaky.ts'), stays = `${leaky}~migrateInterrupt/submitWait+pollStatus`
interface Exploration { states: number; complete: boolean; stopped: string | null }
interface Document {
  designs: {
    verdicts: { property: string; standing: string; ops: number | null }[]
    scopes: { scope: string; bounds: string; exploration: Exploration }[]
  }[]
  notBegun: string[]
}
const documentOf = async (line: string): Promise<Document> => JSON.parse((await run(`${line} --json`)).out) as Document
const scopesOf = async (line: string) => (await documentOf(line)).designs.flatMap(({ scopes }) =>
  scopes.map(({ scope, exploration: { states, complete, stopped } }) => ({ scope, states, complete, stopped })))
let dir = ''
beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'remapcheck-broken-')) })
afterAll(() => { rmSync(dir, { recursive: true, force: true }) })

describe('a violation', () => {
  it('is said when it is found, once for all scopes, before the report', async () => {
    let said = ''
    const { err, out, code } = await run(`check ${leaky} --scope mapping,permissions --property no-*`,
      { onWrite: () => { said = 'printed' } })
    expect([said, code]).toEqual(['printed', 1])
    expect(err).toMatch(inSequence(/^\S+leaky\.ts:4:\d+: hint: unmap of 'leaky': no step releases [^✗]*/,
      /✗ no-dma-escape {2}leaky, scope mapping, 10 ops: device 0, of domain 0, .*\n/,
      /(?:✗ .*\n)+$/))
    expect(err.match(/no-dma-escape/g)).toHaveLength(1)
    expect(out).toMatch(/✗ no-dma-escape +leaky/)
  })
  it('that is known is not', async () => {
    expect((await run('check ring0-deferred-early --scope mapping --property no-dma-escape')).err).toBe('')
  })
  it('ends a large search, which says that the rest is open; --all goes on to the end', async () => {
    const line = `check ${stays} --scope interrupts`
    const [found] = await scopesOf(line)
    expect([found!.stopped, found!.complete]).toEqual(['violation', false])
    expect(found!.states).toBeGreaterThanOrEqual(100_000)
    const { out, code } = await run(line)
    expect(code).toBe(1)
    expect(out).toMatch(inSequence(/1 of 1 search ended at a violation \(--all goes on\)[^]*/,
      /not decided, for a search ended at a violation \(--all goes on\)\n {2}leaky[^]*no-misdelivery[^]*✗ violated/))
    const lengths = ({ designs: [design] }: Document) =>
      design!.verdicts.filter(({ property }) => ['no-lost-edge', 'nothing-left-behind'].includes(property))
    const all = await documentOf(`${line} --all`)
    expect(all.designs[0]!.scopes[0]!.exploration).toMatchObject({ complete: true, stopped: null })
    expect(lengths(await documentOf(line))).toEqual(lengths(all))
  })
  it('leaves small searches as they are', async () => {
    const line = `check ${leaky} --scope table-lock`
    expect(await scopesOf(line)).toEqual(await scopesOf(`${line} --all`))
  })
  it('ends the run with --bail: scopes and designs that come later are not begun', async () => {
    const { designs, notBegun } = await documentOf(`check ring0-strict ${leaky} no-iommu --scope ports,mapping,hostile `
      + '--bail')
    expect(designs.map(({ scopes }) => scopes.map(({ scope }) => scope))).toEqual([['mapping', 'hostile'], ['mapping']])
    expect(notBegun).toEqual(['no-iommu'])
    expect(designs[1]!.verdicts.filter(({ property, standing }) => property.startsWith('no-') && standing === 'fine'))
      .toEqual([])
  })
  it('leaves a search that was kept, and --all goes on with it', async () => {
    const kept = join(dir, 'kept'), line = `check ${stays} --scope interrupts`
    const { out } = await run(`${line} --checkpoint ${kept}`)
    const goOn = /^resume {2}npx remapcheck (.*)$/m.exec(out)![1]!.replaceAll("'", '')
    expect(goOn).toMatch(/ --resume \S+ --all$/)
    expect((await run(goOn.replace(`--checkpoint ${kept} `, ''))).out).toContain('every reachable one')
  })
})

it('--time is shared: each search may take an equal part of what is left', async () => {
  const found = await onCountedClock(2e6, () =>
    scopesOf('check driver-server ring0-strict --scope mapping,interrupts --time 1000h'))
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
