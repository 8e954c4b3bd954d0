/** `init`: writes a small project of one's own, that of examples/starter. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { ExitName } from '../../exit.ts'
import { usage, UserError } from '../../errors.ts'
import { shellWord } from '../../text/shell.ts'
import { makeFolder } from '../../trace/folders.ts'
import { writeWhole } from '../../whole.ts'
import { parse } from '../args.ts'
import type { Command } from '../args.ts'
import { colorOption } from '../shared-flags.ts'
import { placed, themeOf } from '../io.ts'
import type { Io } from '../io.ts'
import { isClone, packageRoot, tool, version } from '../package.ts'

const options = colorOption

export const init = {
  name: 'init', operands: '[DIR]', options, run: runInit,
  says: 'Write a small npm project: a kernel design, its tests, a claim of its own, and a workflow for CI. Overwrites '
    + 'nothing. DIR is this folder where not given.',
  examples: [
    ['remapcheck init my-kernel', 'a folder with a design; then: npm install && npm test'],
    ['remapcheck init', 'the same in this folder'],
  ],
} as const satisfies Command<typeof options>

async function runInit(args: readonly string[], io: Io): Promise<ExitName> {
  const { flags, operands } = parse(init, args)
  if (operands.length > 1) throw usage('init', `takes one folder, given ${operands.length}`, 'remapcheck init DIR')
  const { strong } = themeOf(io, flags)
  const name = operands[0] ?? '.'
  const folder = resolve(placed(io, name))
  const files = filesOf(folder)
  const there = [...files.keys()].find(path => existsSync(join(folder, path)))
  if (there !== undefined)
    throw usage(join(name, there), 'is there already; init overwrites nothing',
      'name a new folder: remapcheck init DIR', 'INIT-EXISTS')
  try {
    for (const [path, text] of files) {
      makeFolder(dirname(join(folder, path)))
      writeWhole(join(folder, path), text)
    }
  } catch (cause) {
    throw new UserError({ code: 'E-INIT-WRITE', subject: name,
      problem: `cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      next: 'name a folder that can be written, or free space' })
  }
  const commands = [
    ...name === '.' ? [] : [`cd ${shellWord(name)}`],
    ...isClone ? [`npm install --save-dev ${tool}-${version}.tgz    # what npm pack makes of this clone`] : [],
    'npm install', 'npm test', 'npm run check',
  ]
  io.stdout.write([...[...files.keys()].map(path => `written  ${join(name, path)}`), '', strong('next'),
    ...commands.map(line => `  ${line}`)].join('\n') + '\n')
  return 'holds'
}

/** Paths below the folder, and what will stand there. */
function filesOf(folder: string): ReadonlyMap<string, string> {
  const starter = join(packageRoot, 'examples', 'starter')
  const paths = readdirSync(starter, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    .map(entry => relative(starter, join(entry.parentPath, entry.name))).toSorted()
  return new Map(paths.map(path => {
    const text = readFileSync(join(starter, path), 'utf8')
    // npm leaves files of that name out of packages.
    return [path === 'gitignore' ? '.gitignore' : path, path === 'package.json' ? manifestOf(text, folder) : text]
  }))
}

function manifestOf(text: string, folder: string): string {
  const manifest = JSON.parse(text) as { name: string; devDependencies: Record<string, string> }
  const name = basename(folder).toLowerCase().replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '')
  return JSON.stringify({ ...manifest, name: name || manifest.name,
    devDependencies: { ...manifest.devDependencies, [tool]: ownRange(folder) } }, null, 2) + '\n'
}

/** How the project that has this package installed names it: by its version, or by the file or address it came from. */
function ownRange(folder: string): string {
  const project = dirname(dirname(packageRoot))
  let text: string
  try { text = readFileSync(join(project, 'package.json'), 'utf8') } catch { return `^${version}` }
  const { dependencies = {}, devDependencies = {} } = JSON.parse(text) as Record<string, Record<string, string>>
  const range = devDependencies[tool] ?? dependencies[tool]
  if (range === undefined || !range.includes(':')) return `^${version}`
  return range.startsWith('file:')
    ? `file:${relative(folder, resolve(project, range.slice('file:'.length))).replaceAll('\\', '/')}` : range
}
