/** `check --deep`: bounds are raised one after the other; the largest decided and the first not finished are told. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Climb } from '../../src/report/check.ts'
import { boundNames, boundSpecs, bounds, ladder, raised } from '../../spec/bounds.ts'
import { abortedAfter } from '../clock.ts'
import { inSequence, run } from './run.ts'

interface Document {
  exit: { name: string }; climbs: Climb[]
  designs: { scopes: { scope: string; bounds: string; exploration: { states: number; complete: boolean } }[] }[]
}
const documentOf = async (line: string): Promise<Document> => JSON.parse((await run(`${line} --json`)).out) as Document

describe('the ladder', () => {
  it('raises one bound by one, and nothing that is off or too large', () => {
    const from = bounds({ frames: 1, iovas: 1 })
    expect(raised(from, 'frames')).toEqual(bounds({ frames: 2, iovas: 1 }))
    expect(raised(from, 'sources')).toBeNull()
    expect(raised(from, 'callers')).toBeNull() // more than cpus
    expect(raised(bounds({ frames: boundSpecs.frames.most, iovas: 1 }), 'frames')).toBeNull()
  })
  it('has no switch and no capability on it', () => {
    expect(ladder.filter(name => boundSpecs[name].most === 1)).toEqual([])
    expect(boundNames).toEqual(expect.arrayContaining([...ladder]))
  })
})

describe('check --deep', () => {
  it('says the largest bounds decided and the first not finished; the verdicts are those of the largest', async () => {
    const { climbs: [climb], designs, exit } =
      await documentOf('check ring0-strict@vtd --deep --scope permissions --states 20000 --time 1000h --property no-*')
    expect(climb).toMatchObject({ design: 'ring0-strict', scope: 'permissions', from: 'frames=2,iovas=2,readOnly=1',
      ended: 'unfinished', unfinished: { stopped: 'states', states: 20000 } })
    expect(climb!.rungs).toBeGreaterThan(1)
    const [scope] = designs[0]!.scopes
    expect([scope!.bounds, scope!.exploration.states, scope!.exploration.complete])
      .toEqual([climb!.proved!.bounds, climb!.proved!.states, true])
    // The rung that was not finished is one above.
    const frames = (text: string): number => text.split(',').reduce((sum, part) => sum + Number(part.split('=')[1]), 0)
    expect(frames(climb!.unfinished!.bounds)).toBe(frames(climb!.proved!.bounds) + 1)
    expect(exit.name).toBe('holds')
  })
  it('in words', async () => {
    const { out } = await run('check no-iommu --deep --scope together --states 40000 --time 1000h')
    expect(out.replace(/\s+/g, ' '))
      .toMatch(inSequence(/the largest bounds decided no-iommu together [^:]*: [\d,]+ states in [\d.]+ s, /,
        /\d steps? above the scope not finished: [^:]*, stopped by states after 40,000 states/))
    expect(Math.max(...out.split('\n').slice(0, -2).map(line => line.length))).toBeLessThanOrEqual(80)
  })
  it('ends where a claim is violated that should hold, and tells it', async () => {
    const found = await documentOf(`check ${resolve('test/cli/fixtures/leaky.ts')} --deep --scope mapping --time `
      + '1000h --property no-dma-escape')
    expect(found.climbs[0]).toMatchObject({ ended: 'violated' })
    expect(found.exit.name).toBe('violated')
  })
  it('tells of a step that fails above what was proved, and is no green run', async () => {
    const { climbs, designs, exit } = await documentOf(`check ${resolve('test/cli/fixtures/fails-above.ts')} --deep `
      + '--time 1000h --property no-*')
    expect(climbs[0]).toMatchObject({ proved: { bounds: 'frames=1,iovas=1' }, unfinished: { stopped: 'mistake' } })
    expect(designs[0]!.scopes).toMatchObject([{ bounds: 'frames=1,iovas=1', exploration: { complete: true },
      failure: { code: 'E-DESIGN-STEP', problem: expect.stringContaining('only one frame') as string } }])
    expect(exit.name).toBe('usage')
  })
  it('without time has shown nothing', async () => {
    const { climbs, exit } = await documentOf('check ring0-strict@vtd --deep --scope mapping --time 0.001ms')
    expect(climbs[0]).toMatchObject({ proved: null, rungs: 0, unfinished: { stopped: 'time' } })
    expect(exit.name).toBe('incomplete')
  })
  it('and Ctrl-C gives what there is', async () => {
    expect(await run('check driver-server --iommu vtd --deep', { signal: abortedAfter(500) }))
      .toMatchObject({ code: 130, out: expect.stringMatching(/the largest bounds decided[^]*Ctrl-C/) as string })
  })
  it('is refused by random runs, and with what is of one search', async () => {
    expect(await run('check no-iommu --deep --driver random'))
      .toMatchObject({ code: 2, err: expect.stringContaining('--deep: random runs prove nothing') as string })
    expect(await run('check no-iommu --deep --scope ports --checkpoint x'))
      .toMatchObject({ code: 2, err: expect.stringContaining('--deep runs many') as string })
  })
})
