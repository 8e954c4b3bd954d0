/** `check`: verdicts, streams, exit codes, saved traces, a user's own designs, interruption. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claims } from '../../properties/index.ts'
import { everyDesign, unnamedDesigns } from '../../spec/designs.ts'
import { abortedAfter } from '../clock.ts'
import { inSequence, run } from './run.ts'

const propertiesOf = (name: string): string[] => {
  const { property, witnesses } = claims.find(claim => claim.property.name === name)!
  return [property.name, ...witnesses.map(witness => witness.property.name)]
}
const fixture = (name: string): string => resolve('test/cli/fixtures', name)
let cwd = ''
beforeEach(() => { cwd = mkdtempSync(join(tmpdir(), 'remapcheck-check-')) })
afterEach(() => { rmSync(cwd, { recursive: true, force: true }) })
interface Document {
  exit: { code: number; name: string }
  left: string[]
  designs: { design: string; scopes: {
    scope: string
    bounds: string
    exploration: { states: number; complete: boolean }
    failure?: { code: string; below: string[] }
  }[];
  verdicts: { property: string; standing: string; ops: number | null }[] }[]
}

describe('check', () => {
  it('names tool and driver first and the command last; known violations are no failure', async () => {
    const { code, out, err } = await run('check no-iommu --scope mapping', { cwd })
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^remapcheck \d+\.\d+\.\d+ {2}exhaustive {2}1 design {2}1 scope$/)
    expect(lines.at(-1)).toBe('repeat  npx remapcheck check no-iommu --scope mapping')
    expect(out).toMatch(/✗ no-dma-escape +no-iommu[^]*dma\.land device0 +← violates/)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(readdirSync(cwd)).toEqual([])
  })
  it('is deterministic: the same bytes twice', async () => {
    const [one, other] = [await run('check no-iommu --scope interrupts'),
      await run('check no-iommu --scope interrupts')]
    expect(one.out).toBe(other.out)
  })
  it('keeps within 80 and 120 columns', async () => {
    for (const columns of [48, 80, 120]) {
      const { out } = await run('check ring0-strict@vtd+source-unmasked no-iommu --scope hostile,together,mapping '
        + '--states 400', { columns })
      expect(Math.max(...out.split('\n').filter(line => !line.startsWith('repeat')).map(line => line.length)))
        .toBeLessThanOrEqual(columns)
    }
  })
  it('gives one JSON document, with every design in order, and those that are left to --all', async () => {
    const { code, out, err } = await run('check --scope hostile --json', { cwd })
    const document = JSON.parse(out) as Document, taken = document.designs.map(({ design }) => design)
    expect(taken).toEqual(unnamedDesigns(undefined).usual.map(({ name }) => name))
    expect([...taken, ...document.left].toSorted()).toEqual(everyDesign.map(({ name }) => name).toSorted())
    for (const name of ['no-iommu', 'l4re-io', 'l4re-io@amdvi']) expect(taken).toContain(name)
    for (const name of ['ring0-strict+table-switch', 'ring0-strict@amdvi+source-masked'])
      expect(document.left).toContain(name)
    expect(document.designs.every(({ scopes }) => scopes.every(({ exploration }) => exploration.states > 0))).toBe(true)
    expect(document.exit).toEqual({ code, name: 'holds' })
    expect(err).toBe('')
  })
  it('takes bounds in place of the scopes, and a migration', async () => {
    const { code, out } =
      await run('check ring0-register+source-unmasked --bounds cpus=2,devices=2,sources=2,vectors=2,migrate=1 --json')
    const [design] = (JSON.parse(out) as Document).designs
    expect(design!.scopes.map(({ scope, bounds }) => [scope, bounds]))
      .toEqual([['custom', 'cpus=2,devices=2,sources=2,vectors=2,migrate=1']])
    expect(design!.verdicts.find(({ property }) => property === 'no-lost-edge'))
      .toMatchObject({ standing: 'known', ops: 6 })
    expect(code).toBe(0)
  })
  it('asks an edit of a design that shares its memory with another, whatever the driver', async () => {
    for (const how of ['', '--symmetry', '--driver random --seed 3']) {
      const { code, out } =
        await run('check ring0-strict+source-masked~detach/invalidateContext --scope old-hardware --property '
          + `no-dma-escape ${how}`, { cwd })
      expect({ how, code }).toEqual({ how, code: 1 })
      expect(out).toContain('✗ no-dma-escape')
    }
  })
  it('judges only the properties asked for, with their witnesses', async () => {
    const { out } = await run('check ring0-strict --iommu vtd --scope mapping --property no-dma-* --json')
    expect((JSON.parse(out) as Document).designs[0]!.verdicts.map(({ property }) => property))
      .toEqual(propertiesOf('no-dma-escape'))
  })
  it('says what is named and not asked, and is no green run then; a pattern may find nothing', async () => {
    const line = 'check ring0-strict --iommu vtd --property no-dma-escape'
    const { code, out } = await run(`${line},no-lost-edge --scope permissions,ports`)
    expect(code).toBe(4)
    expect(out).toMatch(inSequence(/scope ports was not asked: none of these designs has what it is about\n/,
      /property no-lost-edge was not asked: no scope of these is about it\n/))
    expect((await run(`${line},no-lost-* --scope permissions`)).code).toBe(0)
    const { out: document } = await run(`${line},calls-can-end --scope permissions --symmetry --json`)
    expect(JSON.parse(document)).toMatchObject({ exit: { code: 4 },
      notAsked: [{ kind: 'property', name: 'calls-can-end', because: 'this search does not judge it' }] })
  })
  it('takes several properties, with commas', async () => {
    const { out } = await run('check ring0-strict --iommu vtd --scope mapping --property no-dma-*,wait-ends --json')
    expect((JSON.parse(out) as Document).designs[0]!.verdicts.map(({ property }) => property))
      .toEqual([...propertiesOf('no-dma-escape'), ...propertiesOf('wait-ends')])
    expect((await run('check --property no-dma-escape,wait-end')).err)
      .toMatch(/'wait-end'.*\n.*did you mean 'wait-ends'/)
  })
  it('cites the rule of a refusal, and names its reason as manuals and logs do', async () => {
    const { out } = await run('check test/cli/fixtures/clearing.ts --scope hostile-move --property no-lost-edge')
    expect(out).toMatch(/fault +VTD:table-15\/not-present: /)
    expect(out).toContain('» rejected device0 source0 reason 22h')
    expect(out).not.toContain('irr-merge')
  })
  it('shows what a step writes into a register of its call', async () => {
    const { out } = await run('check test/cli/fixtures/registers.ts --scope mapping --property no-dma-escape')
    expect(out).toMatch(/unmap\/forgets cpu0 +- kernel\.calls\[cpu0\]\.write/)
    expect(out).not.toMatch(/calls\[cpu0\]\.step/)
  })
  it('says incomplete when states or time run out', async () => {
    expect(await run('check ring0-strict --iommu vtd --scope mapping --states 50'))
      .toMatchObject({ code: 6, out: expect.stringContaining('stopped by states') as string })
    expect(await run('check ring0-strict --iommu vtd --scope mapping --time 0.001ms'))
      .toMatchObject({ code: 6, out: expect.stringContaining('stopped by time') as string })
  })
  it('prints what it had found when it is interrupted', async () => {
    const { code, out } = await run('check ring0-strict driver-server --iommu vtd', { cwd, signal: abortedAfter(1000) })
    expect(code).toBe(130)
    expect(out).toMatch(/^remapcheck[^]*ring0-strict[^]*not started\n {2}driver-server\n[^]*interrupted: [^]*repeat/)
  })
  it('shows progress on a terminal only, on stderr only', async () => {
    const { out, err } = await run('check no-iommu --scope mapping', { tty: true })
    expect(err).toContain('scope mapping')
    expect(err.endsWith('\r\x1b[2K')).toBe(true)
    expect(out).not.toContain('\x1b')
  })
  it('colours when asked, and says the same', async () => {
    const colored = await run('check no-iommu --scope hostile', { env: { FORCE_COLOR: '1' } })
    expect(colored.out).toContain('\x1b[')
    const plain = await run('check no-iommu --scope hostile --no-color', { env: { FORCE_COLOR: '1' } })
    expect(plain.out).not.toContain('\x1b[')
  })
})

describe('random runs', () => {
  const line = `check ${fixture('leaky.ts')} --scope mapping --driver random --runs 300`
  it('print the seed, save what they find, and replay it first the next time', async () => {
    const first = await run(`${line} --seed 0x5`, { cwd })
    expect(first.code).toBe(1)
    expect(first.out).toMatch(/^remapcheck \S+ {2}random {2}seed 5 /)
    const saved = readdirSync(join(cwd, 'traces', 'regressions'))
    expect(saved.length).toBeGreaterThan(0)
    for (const name of saved) expect(first.out).toContain(name)
    const next = await run(`check ${fixture('leaky.ts')} --scope hostile`, { cwd })
    expect(next).toMatchObject({
      code: 1,
      out: expect.stringContaining(`saved counterexamples replayed first: ${saved.length}, of which ${saved.length} `
        + 'still violate') as string,
    })
    const files = join(cwd, 'traces', 'regressions')
    expect(await run(`replay ${files} --design ${fixture('leaky.ts')}`)).toMatchObject({ code: 0 })
    expect(await run(`replay ${files} --design ${fixture('leaky.ts')} --expect holds`)).toMatchObject({ code: 1 })
    // What the design does not have it cannot do: that shows nothing.
    for (const name of saved)
      writeFileSync(join(files, name), readFileSync(join(files, name), 'utf8').replaceAll('freeFrame', 'freeFrames'))
    const foreign = await run(`replay ${files} --design ${fixture('leaky.ts')} --expect holds`)
    expect(foreign).toMatchObject({ code: 4,
      out: expect.stringContaining("no action 'unmap/freeFrames'") as string })
    const later = await run(`check ${fixture('leaky.ts')} --scope hostile`, { cwd })
    expect(later.err.replace(/\s+/g, ' ')).toMatch(/nothing: the design has not what it does \(unmap\/freeFrames: no/)
    expect(later.out).not.toContain('replayed first')
  })
  it('draw a seed where none is given, and say it in the command that repeats them', async () => {
    const { out } = await run('check no-iommu --scope hostile --driver random --runs 5', { cwd })
    const seed = /seed (\d+)/.exec(out)![1]!
    expect(out.trimEnd().endsWith(`--seed ${seed}`)).toBe(true)
  })
})

describe('a design of the user', () => {
  it('is judged as a built-in one, with the whole trace; saved on request', async () => {
    const { code, out } = await run(`check ${fixture('leaky.ts')} no-iommu --bounds frames=1,iovas=1 --save`, { cwd })
    expect(code).toBe(1)
    expect(out).toMatch(/✗! {2,}/)
    expect(out)
      .toMatch(/unmap\/freeFrame cpu0[^]*← violates[^]*repeat +npx remapcheck replay \S+\.json --design \S+leaky\.ts/)
    expect(existsSync(join(cwd, 'traces', 'regressions'))).toBe(true)
  })
  it('has its failing step named, with the way there', async () => {
    const { code, err } = await run(`check ${fixture('broken.ts')} --scope mapping`)
    expect(code).toBe(2)
    expect(err)
      .toMatch(inSequence(
        /^broken\.ts:5:\d+, design 'throwing': recipe of map\/throwsHere\(cpu=0\) .* threw: no such register /,
        /\[E-DESIGN-STEP\]\n {2}→ fix the step; these 2 ops lead there:\n/,
        / {6}1 {2}map\(cpu=0.*\n {6}2 {2}map\/throwsHere\(cpu=0\)\n[^]*> 5 \| const throws/))
  })
  it('has what was found before a step failed, and the other scopes', async () => {
    const { code, out } = await run(`check ${fixture('broken.ts')} --scope mapping,interrupts,hostile --json`)
    const { designs } = JSON.parse(out) as Document
    expect(code).toBe(2)
    expect(designs[0]!.scopes.map(({ scope, failure, exploration: { complete } }) =>
      [scope, failure?.code, failure?.below.filter(line => /^\d+ {2}/.test(line)).length, complete])).toEqual([
      ['mapping', 'E-DESIGN-STEP', 2, false], ['interrupts', undefined, undefined, true],
      ['hostile', undefined, undefined, true],
    ])
    const standingOf = (name: string) => designs[0]!.verdicts.find(({ property }) => property === name)?.standing
    expect(['no-forged-interrupt', 'no-lost-edge', 'no-dma-escape'].map(standingOf)).toEqual(['fine', 'fine', 'open'])
  })
  it('has a value outside its domain named with action and field', async () => {
    const { code, err } = await run(`check ${fixture('straying.ts')} --scope mapping`)
    expect(code).toBe(2)
    expect(err).toMatch(/design 'straying': map\/straysHere\(cpu=0\) .* leaves the domain: .*frame: 99/)
  })
})
