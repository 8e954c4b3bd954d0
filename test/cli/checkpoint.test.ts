/** `check --checkpoint` and `--resume`: a search that is stopped goes on; what does not fit is told. */
import {
  copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claims } from '../../properties/index.ts'
import { ring0Strict } from '../../spec/index.ts'
import { codeOf } from '../../src/check/code.ts'
import { abortedAfter } from '../clock.ts'
import { run } from './run.ts'

let cwd = '', file = ''
const line = 'check ring0-strict --iommu vtd --scope together'
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'remapcheck-checkpoint-'))
  file = join(cwd, 'kept')
  await run(`${line} --states 3000 --checkpoint ${file}`)
})
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })
const verdicts = (text: string): unknown => {
  const { designs } = JSON.parse(text) as {
    designs: {
      verdicts: unknown
      scopes: { exploration: { states: number; transitions: number; depth: number; complete: boolean } }[]
    }[]
  }
  return designs.map(({ verdicts: of, scopes }) =>
    [of,
      scopes.map(({ exploration: { states, transitions, depth, complete } }) => ({ states, transitions, depth,
        complete }))])
}

describe('a search that was stopped', () => {
  it('says how it goes on, and does: to the verdicts and counts of one that was not', async () => {
    const cut = await run(`${line} --states 2000 --checkpoint ${file}`)
    expect(cut.code).toBe(6)
    const goOn = /^resume {2}npx remapcheck (.*)$/m.exec(cut.out)![1]!
    // with the same limit it would end where it began
    expect(goOn).toBe(`${line} --checkpoint ${file} --resume ${file}`)
    expect(readdirSync(cwd)).toEqual(['kept'])
    // Less is stopped at once, and loses nothing.
    expect((await run(`${goOn} --states 2000`)).code).toBe(6)
    const [whole, resumed] = [await run(`${line} --json`), await run(`${line} --json --resume ${file}`)]
    expect(resumed.code).toBe(0)
    expect(verdicts(resumed.out)).toEqual(verdicts(whole.out))
  })
  it('by Ctrl-C too', async () => {
    const kept = join(cwd, 'interrupted')
    expect(await run(`${line} --checkpoint ${kept}`, { signal: AbortSignal.abort() })).toMatchObject({ code: 130 })
    const cut = await run('check driver-server@vtd --bounds cpus=2,callers=2,devices=2,domains=2,frames=3,iovas=2 '
      + `--checkpoint ${kept}`, { signal: abortedAfter(1000) })
    expect(cut).toMatchObject({ code: 130, out: expect.stringContaining(`--resume ${kept}`) as string })
    expect(existsSync(kept)).toBe(true)
  })
  it('and one that ended has nothing to go on with', async () => {
    expect((await run(`${line} --resume ${file} --checkpoint ${file}`)).out).not.toContain('resume  npx')
  })
})

describe('is refused aloud', () => {
  /** What is said, where the exit code is that of a mistake. */
  const refusal = async (words: string): Promise<string> => {
    const { code, err } = await run(words)
    return code === 2 ? err : `exit ${code}`
  }
  it('of several searches, and by random runs', async () => {
    expect(await refusal(`check ring0-strict@vtd --checkpoint ${file}`))
      .toMatch(/--checkpoint: saves one search, and this command runs 12/)
    expect(await refusal(`check ring0-strict driver-server --scope together --resume ${file}`))
      .toMatch(/--resume: saves one search/)
    for (const flag of ['checkpoint', 'resume'])
      expect(await refusal(`${line} --driver random --${flag} ${file}`))
        .toMatch(new RegExp(`--${flag}: random runs cannot be continued`))
  })
  it('for another design, other bounds, properties or symmetry, with the command that made it', async () => {
    expect(await refusal(`check driver-server@vtd --scope together --resume ${file}`))
      .toMatch(/a search of design ring0-strict, not driver-server .*\n.*it with: npx remapcheck check ring0-strict/)
    expect(await refusal(`check ring0-strict@vtd --scope mapping --resume ${file}`)).toMatch(/a search at bounds /)
    expect(await refusal(`${line} --property no-* --resume ${file}`))
      .toMatch(/another machine: its state, actions or properties differ/)
    expect(await refusal(`${line} --symmetry --resume ${file}`)).toMatch(/symmetry of none, not of all names/)
  })
  it('for other code of a step, a claim, or a file that was loaded', async () => {
    const mine = join(cwd, 'mine.mjs')
    writeFileSync(mine, "import { replaced, ring0Strict } from 'remapcheck/spec'\n"
      + 'const unmap = ring0Strict.protocols.unmap.map((step, i) => i === 1 ? { ...step, then: () => {} } : step)\n'
      + 'export default { ...ring0Strict, protocols: { ...ring0Strict.protocols, unmap } }\n')
    expect(await refusal(`check ${mine} --scope together --resume ${file}`))
      .toMatch(/a search of other code: a step or a claim, .*\n.*start the search again/)
    const code = (design: typeof ring0Strict, files: readonly string[] = []): string =>
      codeOf({ design, path: mine }, files)
    const unmap = ring0Strict.protocols.unmap!, [claim] = claims
    const other = { ...claim!, property: { ...claim!.property, judge: () => true as const } } as typeof claim
    const all = [
      ring0Strict, { ...ring0Strict, protocols: { ...ring0Strict.protocols, unmap: unmap.toReversed() } },
      { ...ring0Strict, claims: [claim!] }, { ...ring0Strict, claims: [other!] },
    ].map(design => code(design))
    expect(new Set([...all, code(ring0Strict, [file]), code(ring0Strict, [mine])]).size).toBe(6)
    expect(code({ ...ring0Strict })).toBe(all[0])
  })
  it('where the file is none, of another version, damaged or cut off', async () => {
    const other = join(cwd, 'other')
    expect(await refusal(`${line} --resume ${other}`)).toMatch(/cannot be read/)
    expect(await refusal(`${line} --resume package.json`)).toMatch(/package\.json: is no checkpoint/)
    const bytes = readFileSync(file)
    const wrong = (change: (bytes: Buffer) => Buffer): void => { writeFileSync(other, change(Buffer.from(bytes))) }
    wrong(all => all.subarray(0, all.length - 3))
    expect(await refusal(`${line} --resume ${other}`)).toMatch(/damaged or incomplete/)
    wrong(all => { all[all.length >> 1]! ^= 1; return all })
    expect(await refusal(`${line} --resume ${other}`)).toMatch(/damaged/)
    wrong(all => Buffer.concat([Buffer.from('remapcheck-checkpoint/9 '), all.subarray(24)]))
    expect(await refusal(`${line} --resume ${other}`)).toMatch(/format 9/)
    wrong(all => all.subarray(0, 10))
    expect(await refusal(`${line} --resume ${other}`)).toMatch(/is no checkpoint/)
  })
  it('where it cannot be written, before the search', async () => {
    expect(await refusal(`${line} --checkpoint ${join(cwd, 'none', 'x')}`)).toMatch(/cannot be written/)
    mkdirSync(join(cwd, 'folder'))
    expect(await refusal(`${line} --checkpoint ${join(cwd, 'folder')}`)).toMatch(/cannot be written/)
  })
})

it('a write that fails leaves the file that was there, and the report', async () => {
  const folder = join(cwd, 'locked'), kept = join(folder, 'kept')
  mkdirSync(folder)
  copyFileSync(file, kept)
  // The name that an unfinished file would have is taken by a folder as soon as the search has begun.
  const before = readFileSync(kept)
  const signal = abortedAfter(1000, () => { mkdirSync(`${kept}.${process.pid}.unfinished`) })
  const { code, out, err } =
    await run(`check driver-server@vtd --bounds cpus=2,callers=2,devices=2,domains=2,frames=3,iovas=2 `
      + `--checkpoint ${kept}`, { signal })
  expect({ code, err }).toEqual({ code: 130, err: expect.stringContaining('cannot be written') as string })
  expect(out).toContain('interrupted')
  expect(readFileSync(kept)).toEqual(before)
})
