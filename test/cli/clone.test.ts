/** A clone runs its sources bundled: always those that are there, as the very modules that a design of a user
 *  imports. */
import { spawnSync } from 'node:child_process'
import {
  cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { claims } from '../../properties/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'remapcheck-clone-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })
const runs = (root: string,
  ...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [join(root, 'bin/remapcheck.js'), ...args],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined } })

/** A clone with a program of one line. */
function clone(name: string): { readonly root: string; readonly edit: (path: string, text: string) => void } {
  const root = join(folder, name)
  const edit = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    utimesSync(join(root, path), 1e9, 1e9)
  }
  cpSync('bin', join(root, 'bin'), { recursive: true })
  for (const path of ['package.json', 'package-lock.json', 'spec/index.ts', 'properties/index.ts'])
    edit(path, path.endsWith('.ts') ? 'export {}\n' : '{ "type": "module" }\n')
  mkdirSync(join(root, 'node_modules'))
  for (const one of ['esbuild', 'tsx']) symlinkSync(resolve('node_modules', one), join(root, 'node_modules', one))
  return { root, edit }
}
const says = (word: string): string =>
  `import { word } from './word.ts'\nexport const runProcess = async (): Promise<void> => { process.stdout.write(word `
    + `+ '${word}') }\n`

describe('a clone', () => {
  const { root, edit } = clone('edited')
  const cache = join(root, 'node_modules/.cache/remapcheck')
  it('runs what its sources say now, whatever their dates and sizes, and keeps what was used last', () => {
    edit('src/cli/process.ts', says('a'))
    const old = Array.from({ length: 9 }, (_, i) => `${i}`.repeat(32))
    for (const [i, name] of old.entries()) {
      mkdirSync(join(cache, name), { recursive: true })
      utimesSync(join(cache, name), 1e9 + i, 1e9 + i)
    }
    for (const word of ['1', '2', '1']) {
      edit('src/cli/word.ts', `export const word: string = '${word}'\n`)
      expect(runs(root)).toMatchObject({ status: 0, stdout: `${word}a`, stderr: '' })
    }
    expect(readdirSync(cache)).toHaveLength(8)
    expect(old.filter(name => existsSync(join(cache, name)))).toEqual(old.slice(3))
  })
  it('uses a bundle again that fits', () => {
    const before = readdirSync(cache)
    const [folder] = before.map(one => join(cache, one)).filter(one =>
      readdirSync(one).some(name => readFileSync(join(one, name), 'utf8').includes('"1"')))
    writeFileSync(join(folder!, 'process.js'), "export const runProcess = () => { process.stdout.write('kept') }\n")
    expect(runs(root)).toMatchObject({ status: 0, stdout: 'kept' })
    expect(readdirSync(cache)).toEqual(before)
  })
  it('runs where nothing can be kept', () => {
    const locked = clone('locked')
    locked.edit('node_modules/.cache', 'not a folder')
    locked.edit('src/cli/process.ts', says('b'))
    locked.edit('src/cli/word.ts', "export const word: string = '7'\n")
    expect(runs(locked.root)).toMatchObject({ status: 0, stdout: '7b', stderr: '' })
  })
  it('without its packages says so', () => {
    const bare = clone('bare')
    bare.edit('src/cli/process.ts', says('c'))
    rmSync(join(bare.root, 'node_modules'), { recursive: true })
    expect(runs(bare.root))
      .toMatchObject({ status: 2, stdout: '',
        stderr: 'remapcheck: this is a clone without its packages\n  → npm ci\n' })
  })
})

it('a design of a user gets the modules of the program by name and by path; properties know where they stand', () => {
  const design = join(folder, 'mine.mjs')
  const of = (path: string): string => JSON.stringify(resolve(path))
  writeFileSync(design, `import * as spec from 'remapcheck/spec'
import { claims, propertiesFor } from 'remapcheck/properties'
import { ring0Strict } from ${of('spec/designs.ts')}
import { machine } from ${of('src/model/index.ts')}
import * as index from 'remapcheck'
const places = claims.map(({ property }) => property.at)
const other = spec.designNamed('ring0-strict@amdvi')
places.push(propertiesFor(other, spec.bounds({ frames: 1, iovas: 1 }))[0].at)
process.stderr.write(JSON.stringify([spec.ring0Strict === ring0Strict, machine === index.machine, places]))
export default { ...ring0Strict, name: 'mine' }
`)
  const { status, stderr } = runs(process.cwd(), 'explain', design)
  expect({ status, said: JSON.parse(stderr) as unknown })
    .toEqual({ status: 0,
      said: [true, true, [...claims, claims[0]!].map(({ property }) => property.at)] })
})
