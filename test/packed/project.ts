/** The packed package, installed in an empty project: what `npm pack` makes, beside the packages of this clone. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll } from 'vitest'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }

export interface Ran { readonly status: number | null; readonly stdout: string; readonly stderr: string }
export interface Project {
  readonly folder: string
  readonly write: (path: string, text: string) => void
  /** The installed program. */
  readonly remapcheck: (...args: readonly string[]) => Ran
  /** A file below node_modules, run by node. */
  readonly node: (path: string, ...args: readonly string[]) => Ran
}

/** Once for a suite: packing builds. */
export function packed(): (name: string, more?: readonly string[] | 'all') => Project {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'remapcheck-packed-')))
  afterAll(() => { rmSync(base, { recursive: true, force: true }) })
  execFileSync('npm', ['pack', '--silent', '--pack-destination', base], { stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync('tar', ['xzf', readdirSync(base).find(name => name.endsWith('.tgz'))!], { cwd: base })
  return (name, more = []) => {
    const folder = join(base, name), modules = join(folder, 'node_modules')
    mkdirSync(modules, { recursive: true })
    // A package of its own, as npm installs it: node looks where it really lies.
    execFileSync('cp', ['-r', join(base, 'package'), join(modules, 'remapcheck')])
    const all = readdirSync('node_modules').filter(one => !one.startsWith('.'))
    for (const one of more === 'all' ? all : [...Object.keys(dependencies), 'pure-rand', ...more])
      symlinkSync(resolve('node_modules', one), join(modules, one))
    const node: Project['node'] = (path, ...args) =>
      spawnSync(process.execPath, [join(modules, path), ...args], { cwd: folder, encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: undefined } })
    return {
      folder, node, remapcheck: (...args) => node('remapcheck/bin/remapcheck.js', ...args),
      write: (path, text) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      },
    }
  }
}
