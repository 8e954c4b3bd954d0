/** What a page that one hands on shows of this machine: no folder of it. */
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Io } from './io.ts'
import { packageRoot, tool } from './package.ts'
import { shellWord } from '../text/shell.ts'

/** The command line that makes a report again. */
export const repeatOf = ({ argv }: Io): string => ['npx', tool, ...argv.map(word => shellWord(word))].join(' ')

/** Paths below the working folder and in this package become relative to it, of all others that the command line names
 *  the last part is left. */
export function handedOn(io: Io): (text: string) => string {
  const named = io.argv.flatMap(word => word.replace(/^--[\w-]+=/, '').split(','))
    .filter(word => isAbsolute(word) || word.startsWith('..'))
    .flatMap(word => [word, resolve(io.cwd, word)])
    .filter(path => relative(io.cwd, path).startsWith('..') || isAbsolute(relative(io.cwd, path)))
  const changes = [
    ...named.map(path => [path, /[*?]/.test(path) ? '' : basename(path)] as const),
    ...named.map(path => [folderOf(path), ''] as const),
    ...[io.cwd, packageRoot].flatMap(path => [[`${path}${sep}`, ''], [path, '.']] as const),
    [homedir(), '~'] as const,
  ].filter(([path]) => dirname(path) !== path && path !== sep)
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([path, less]) => [new RegExp(`(?<![\\w.~/\\\\-])${escaped(path)}${ends(path)}`, 'g'), less] as const)
  return text => changes.reduce((before, [path, less]) => before.replace(path, less), text)
}
/** Of a pattern: what comes before its first star. */
const folderOf = (path: string): string => `${dirname(path.replace(/[*?].*$/, 'x'))}${sep}`
const ends = (path: string): string => path.endsWith(sep) ? '' : '(?![\\w-])'
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
