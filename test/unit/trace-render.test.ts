/** What a failure looks like, letter by letter: test/golden/*.txt. `npx vitest run -u=all` accepts a change. */
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { theme } from '../../src/text/theme.ts'
import { renderLanes, renderTrace } from '../../src/trace/render.ts'
import type { RenderOptions } from '../../src/trace/render.ts'
import { replay } from '../../src/trace/replay.ts'
import type { Trace } from '../../src/trace/format.ts'
import { placed, toyTrace } from '../golden/toy.ts'

const saved = 'traces/regressions/no-access-after-unmap-toy-deferred-3f9a.json'
const clause = (id: string): string | null =>
  id === 'TOY:2/hit' ? 'A request that hits the IOTLB uses the entry it finds, stale or not.' : null
const plain: RenderOptions = { theme: theme(false), clause }
const render = (trace: Trace, options: Partial<RenderOptions> = {}): string =>
  renderTrace(replay(placed, trace), trace, { ...plain, ...options })
const golden = (name: string): string => `../golden/${name}.txt`

const sixOps = toyTrace({
  ops: [
    { action: 'map', args: { page: 1, frame: 0, write: false } }, ...toyTrace().ops.slice(0, 2),
    { action: 'dma', args: { device: 0, page: 0, write: false } }, ...toyTrace().ops.slice(2),
  ],
})
const diverged = toyTrace({
  specHash: '000000000000', found: { driver: 'exhaustive', shortest: true },
  note: 'found before unmap waited for the queue',
  ops: [...toyTrace().ops.slice(0, 3), { action: 'queue.process', args: {} }, toyTrace().ops[3]!,
    { action: 'fly', args: { height: 3 } }],
})

describe('a failure', () => {
  it('at 80 columns', async () => {
    await expect(render(toyTrace(), { saved, shortest: 4 })).toMatchFileSnapshot(golden('failure-80'))
  })
  it('at 140 columns', async () => {
    await expect(render(toyTrace(), { saved, theme: theme(false, 140) })).toMatchFileSnapshot(golden('failure-140'))
  })
  it('with whole states',
    async () => { await expect(render(toyTrace(), { full: true })).toMatchFileSnapshot(golden('failure-full')) })
  it('that is not reproduced', async () => { await expect(render(diverged)).toMatchFileSnapshot(golden('diverged')) })
  it('with labels for ids, found by hand, of a property reached', async () => {
    const names = { frame: (id: number) => `0x${(id * 4096 + 8192).toString(16)}`,
      device: (id: number) => `00:0${id + 2}.0` }
    const trace = toyTrace({ property: 'a-dma-lands', found: { driver: 'hand', shortest: false } })
    await expect(render(trace, { names })).toMatchFileSnapshot(golden('reached'))
  })

  it('with the place of the claim as its reader finds it', () => {
    expect(render(toyTrace())).toContain('(toy/no-access-after-unmap.ts:1)')
    expect(render(toyTrace(), { place: at => `node_modules/${at}` })).toContain('(node_modules/toy/')
  })
  it('of six ops takes at most 25 lines of 120 columns, and no line is wider than the screen', () => {
    expect(render(sixOps, { saved, theme: theme(false, 120) }).trimEnd().split('\n').length).toBeLessThanOrEqual(25)
    for (const width of [80, 100, 120])
      for (const line of render(sixOps, { theme: theme(false, width) }).split('\n'))
        expect(line.length).toBeLessThanOrEqual(width)
  })

  it('says the same with colour as without, marks the violating op, and nothing trails', () => {
    const text = render(toyTrace(), { saved })
    const colored = render(toyTrace(), { saved, theme: theme(true) })
    expect(colored).not.toBe(text)
    expect(stripVTControlCharacters(colored)).toBe(text)
    expect(text.split('\n').filter(line => line.includes('← violates')))
      .toEqual([expect.stringMatching(/^ {2}4 {2}device0 {2}dma /)])
    expect(text).not.toMatch(/ $/m)
  })

  it('of the initial state is marked there', () => {
    const broken = { ...placed, initialWorld: replay(placed, toyTrace()).steps[2]!.after,
      properties: placed.properties.map(property =>
        property.kind === 'always' ? { ...property, judge: () => ({ because: 'never' }) } : property) }
    const trace = toyTrace({ ops: [], property: 'queue-has-room' })
    expect(renderTrace(replay(broken, trace), trace, plain)).toMatch(/^ {2}0 {2}start {2}← violates$/m)
  })
})

describe('lanes', () => {
  it('are columns of agents', async () => {
    await expect(renderLanes(replay(placed, sixOps), plain)).toMatchFileSnapshot(golden('lanes'))
  })
  it('of an empty trace are none',
    () => { expect(renderLanes(replay(placed, toyTrace({ ops: [] })), plain).trim()).toBe('') })
})
