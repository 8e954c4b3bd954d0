/** `explain` and `list` know every name that a user meets: exports, numbers of faults, codes of messages, words. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systems, systemsNamed } from '../../spec/systems.ts'
import { errorCodes } from '../../src/cli/error-codes.ts'
import { allExports } from '../../src/cli/exports.ts'
import { located } from '../../src/cli/samples.ts'
import type { Io } from '../../src/cli/io.ts'
import { run } from './run.ts'

describe('explain', () => {
  it('knows every name that a public module exports, and says what it is', async () => {
    const modules = { 'remapcheck': '../../src/index.ts', 'remapcheck/spec': '../../spec/index.ts',
      'remapcheck/properties': '../../properties/index.ts' }
    for (const [from, path] of Object.entries(modules))
      for (const name of Object.keys(await import(path) as object))
        expect(allExports.filter(one => one.name === name && one.from === from).map(({ says }) => says), name)
          .toEqual([expect.stringMatching(/./)])
    expect((await run('explain awaitInvalidation')).out)
      .toMatch(/list of steps[^]*submitWait, pollStatus[^]*from 'remapcheck\/spec'[^]*1 +submitWait/)
    expect((await run('explain without')).out).toContain('without(design, call, ...steps)')
  })
  it('finds the design of a system by any of its names', async () => {
    for (const { names, designs } of systems) for (const name of names)
      expect(systemsNamed(name).flatMap(one => one.designs), name).toEqual(expect.arrayContaining([...designs]))
    const words = ['pistachio', 'IO server', 'l4linux', 'futex', 'mbuf', 'microkernels', 'L4RE Io', 'FreeBSD 9']
    for (const word of words)
      expect(systemsNamed(word).length, word).toBeGreaterThan(0)
    for (const word of ['i', 'nothing', 'escaped', '']) expect(systemsNamed(word), word).toEqual([])
    expect((await run('explain IOKit')).out)
      .toMatch(/IOKit[^]*darbat-like: drivers are threads[^]*remapcheck check darbat-like/)
    expect((await run('list designs')).out).toMatch(/driver-server[^]*Stands for:\s+sigma0/)
  })
  it('says all meanings of a number, and asks which is meant', async () => {
    const meant = async (id: string): Promise<string[]> =>
      (await run(`explain ${id}`)).out.split('\n').filter(line => /^\S+ {2}\S/.test(line))
        .map(line => line.split(' ')[0]!)
    expect(await meant('06')).toEqual(['06h'])
    expect(await meant('12')).toEqual(['0ch'])
    expect(await meant('38')).toEqual(['38h', '26h'])
    expect(await meant('5')).toEqual(['05h', '5'])
    expect(await meant('0x38')).toEqual(['38h'])
    expect((await run('explain 38')).out).toMatch(/^38 has 2 meanings\./)
    expect((await run('explain 99')).err).toContain('`remapcheck list faults exits`')
  })
  it('codes of messages, and words of reports by word or mark', async () => {
    expect((await run('explain E-DESIGN-SHAPE')).out).toMatch(/^E-DESIGN-SHAPE {2}code of a message\n {2}means/)
    expect((await run('explain witness')).out).toMatch(/^witness {2}word of the glossary/)
    expect((await run(['explain', '✗'])).out).toMatch(/^violated/)
    const codes = ['src', 'bin'].flatMap(part => readdirSync(part, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts')).flatMap(name => [...readFileSync(join(part, name), 'utf8')
      .matchAll(/'(E-[A-Z]+(?:-[A-Z]+)*)'/g)].map(found => found[1]!)))
    expect([...new Set(codes)].filter(code => !Object.hasOwn(errorCodes, code))).toEqual([])
  })
})

describe('a page or file that a text names', () => {
  it('is named by a path that leads there from the folder of the user', () => {
    const text = 'see docs/designs.md, docs/nowhere.md, my/docs/designs.md'
    const at = (cwd: string): string => located({ cwd } as Io, text)
    expect(at(process.cwd())).toBe(text)
    expect(at(dirname(process.cwd())))
      .toBe(text.replace('docs/designs', `${basename(process.cwd())}/docs/designs`))
    expect(at('/nowhere/at/all')).toBe(text.replace('docs/designs', `${process.cwd()}/docs/designs`))
  })
})
