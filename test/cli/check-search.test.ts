/** `check`: threads, memory, symmetry, what the searches did; and which driver takes which flag. */
import { describe, expect, it } from 'vitest'
import { checkOptions } from '../../src/cli/check-flags.ts'
import { run } from './run.ts'

interface Result { property: string; outcome: string; vacuous: boolean }
interface Document {
  designs: { neverFired: string[]; neverExercised: string[]; scopes: { scope: string; exploration: {
    coverage: { actions: Record<string, { fired: number }>; clauses: Record<string, number> }
    states: number; transitions: number; depth: number; results: Result[]
    engine: {
      symmetry: { scalarset: string }[]
      refused: { scalarset: string; because: string }[]
      workers: number
      levels: number[]
      bytes: number
    } } }[] }[]
}
const documentOf = async (line: string): Promise<Document> => JSON.parse((await run(`${line} --json`)).out) as Document
const explorationsOf =
  async (line: string) => (await documentOf(line)).designs.flatMap(({ scopes }) =>
    scopes.map(({ exploration }) => exploration))

describe('symmetry', () => {
  it('stores fewer states, gives the same verdicts, and says which names it used', async () => {
    const line = 'check ring0-strict@vtd --scope mapping --property no-*'
    const [[plain], [reduced]] = [await explorationsOf(line), await explorationsOf(`${line} --symmetry`)]
    expect(reduced!.states).toBeLessThan(plain!.states / 4)
    expect(reduced!.results.map(({ property, outcome }) => [property, outcome]))
      .toEqual(plain!.results.map(({ property, outcome }) => [property, outcome]))
    expect((await run(`${line} --symmetry`)).out)
      .toMatch(/states merged[^]*device \(2\), domain \(2\), frame \(2\)/)
  })
  it('leaves out names that something tells apart, and says what does', async () => {
    const line = 'check ring0-strict@vtd --bounds cpus=2,devices=2,sources=2,vectors=2,migrate=1,frames=0,iovas=0 '
      + '--property no-lost-edge'
    const [found] = await explorationsOf(`${line} --symmetry`)
    expect(found!.engine.refused.map(({ scalarset }) => scalarset)).toContain('cpu')
    expect((await run(`${line} --symmetry`)).out).toMatch(/left\s+out\s+cpu:\s+\w+\(/)
    expect(await run(`${line} --symmetry=cpu`))
      .toMatchObject({
        code: 2,
        err: expect.stringMatching(/--symmetry: .*tells the ids of scalarset 'cpu' apart[^]*leave 'cpu' out/) as string,
      })
  })
  it('of names uses those where they are, and knows them', async () => {
    const found = await explorationsOf('check ring0-strict@vtd --scope mapping,hostile-move --property no-* '
      + '--symmetry=frame')
    expect(found.map(({ engine }) => engine.symmetry.map(({ scalarset }) => scalarset))).toEqual([['frame'], []])
    expect(await run('check ring0-strict@vtd --scope mapping --symmetry=devise'))
      .toMatchObject({ code: 2, err: expect.stringContaining("did you mean 'device'?") as string })
    expect(await run('check ring0-strict@vtd --scope mapping --symmetry=')).toMatchObject({ code: 2 })
  })
})

describe('threads and memory', () => {
  it('do not change counts', async () => {
    const line = 'check ring0-strict@vtd --scope interrupts --property no-*'
    const [one] = await explorationsOf(line)
    const [two] = await explorationsOf(`${line} --workers 2 --memory 64MB`)
    const said = (of: NonNullable<typeof one>) => ({ ...of, seconds: 0, engine: null })
    expect(said(two!)).toEqual(said(one!))
    expect([two!.engine.workers, two!.engine.levels]).toEqual([2, one!.engine.levels])
  })
  it('end the search in time', async () => {
    const cut = await run('check driver-server@vtd --bounds cpus=2,callers=2,devices=3,domains=3,frames=4,iovas=2 '
      + '--memory 16MB')
    expect(cut).toMatchObject({ code: 6, out: expect.stringMatching(/cut short[^]*stopped by memory/) as string })
    expect(cut.out).not.toContain('✓')
  })
  it('are told when they make no sense', async () => {
    for (const line of ['--workers 0', '--workers two', '--memory 500', '--memory 1MB', '--memory 80GB'])
      expect(await run(`check ring0-strict@vtd ${line}`), line)
        .toMatchObject({ code: 2, err: expect.stringContaining(line.split(' ')[0]!) as string })
  })
})

describe('what the searches did', () => {
  it('is in the JSON document, and with --stats in the report', async () => {
    const line = 'check ring0-strict@vtd --scope mapping'
    const { designs: [design] } = await documentOf(line)
    const [{ exploration }] = design!.scopes as [Document['designs'][0]['scopes'][0]]
    expect(exploration.engine.levels.reduce((sum, n) => sum + n, 0)).toBe(exploration.states)
    expect(exploration.engine.levels).toHaveLength(exploration.depth + 1)
    expect(design!.neverFired).toEqual([])
    expect(design!.neverExercised).toContain('VTD:9.9/source-validation')
    const { out } = await run(`${line} --stats`)
    for (const label of ['size', 'storage', 'learnt', 'states by depth', 'fired', 'never fired', 'clauses', 'vacuous',
      'clauses never']) expect(out).toMatch(new RegExp(`^    ${label} `, 'm'))
    expect(out).toContain(exploration.transitions.toLocaleString('en-US'))
    expect((await run(line)).out).not.toContain('never fired')
  })
  it('names actions that never fired without being asked, and claims that mean nothing', async () => {
    const cut = await run('check ring0-strict@vtd --scope mapping --states 30')
    expect(cut.out).toMatch(/actions that never fired in these searches\n {2}ring0-strict: [^:]*unmap\/freeFrame/)
    const [exploration] = await explorationsOf('check ring0-strict@vtd --scope mapping --states 30')
    expect(exploration!.results.filter(({ vacuous }) => vacuous).map(({ property }) => property))
      .toContain('no-dma-escape')
    expect(exploration!.engine.levels.reduce((sum, n) => sum + n, 0)).toBe(30)
  })
})

describe('each driver', () => {
  const values: Record<string, string> = { seed: '1', runs: '1', length: '9', states: '9', memory: '1GB', workers: '2' }
  it.each(['seed', 'runs', 'length'])('exhaustive refuses --%s aloud', async flag => {
    expect(await run(`check no-iommu --${flag} ${values[flag]}`))
      .toMatchObject({ code: 2, err: expect.stringMatching(`--${flag}: only random runs`) as string })
  })
  it.each(['states', 'memory', 'workers', 'symmetry', 'deep'])('random refuses --%s aloud', async flag => {
    const word = `--${flag}${values[flag] === undefined ? '' : ` ${values[flag]}`}`
    expect(await run(`check no-iommu --driver random ${word}`))
      .toMatchObject({ code: 2, err: expect.stringMatching(`--${flag}: random runs`) as string })
  })
  it('takes all others', () => {
    expect(Object.keys(checkOptions)).toEqual(expect.arrayContaining(Object.keys(values)))
  })
})
