/** Trace files on disk: written whole or not at all, never over another trace, and read with a place for every
 *  mistake. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { UserError } from '../errors.ts'
import { fitsPath } from '../glob.ts'
import { writeWhole } from '../whole.ts'
import { makeFolder } from './folders.ts'
import { formatTrace, limit_bytes, parseTrace, tooLarge, tooLargeNext } from './format.ts'
import type { Trace } from './format.ts'

export interface StoredTrace { readonly path: string; readonly trace: Trace }

/** Writes the trace into `dir` as `<property>-<design>-<digest>.json` and gives the path. A trace with the same design,
 *  bounds, property and ops is the same trace: it is not written twice, and the older file stands.
 *  @throws UserError E-TRACE-WRITE when the folder or file cannot be written. */
export function saveTrace(dir: string, trace: Trace): string {
  const { design, property } = trace
  const digest = digestOf(trace)
  for (let digits = 4; ; digits += 4) {
    const path = join(dir, `${fileName(property)}-${fileName(design)}-${digest.slice(0, digits)}.json`)
    if (!existsSync(path)) { write(dir, path, formatTrace(trace)); return path }
    if (digits >= digest.length || holdsSame(path, digest)) return path
  }
}
const fileName = (name: string): string => name.replace(/[^A-Za-z0-9_-]+/g, '-')

function holdsSame(path: string, digest: string): boolean {
  try { return digestOf(loadTrace(path)) === digest } catch { return false } // whatever stands there is not this trace
}
function digestOf({ design, bounds, property, ops, loop }: Trace): string {
  return createHash('sha256')
    .update(JSON.stringify([design, bounds, property, ops, ...loop === undefined ? [] : [loop]])).digest('hex')
}

function write(dir: string, path: string, text: string): void {
  try {
    makeFolder(dir)
    writeWhole(path, text)
  } catch (cause) {
    const next = 'make the folder writable, free space, or name another folder'
    throw new UserError({ code: 'E-TRACE-WRITE', subject: dir, problem: `cannot write a trace here (${errno(cause)})`,
      next })
  }
}

/** @throws UserError E-TRACE-FILE when it cannot be read, E-TRACE-BINARY when it is no text, and those of
 *  `parseTrace`. */
export function loadTrace(path: string): Trace {
  const bytes = readBytes(path)
  const binary = (problem: string, next: string): never => {
    throw new UserError({ code: 'E-TRACE-BINARY', subject: path, problem, next })
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) binary('compressed by gzip', 'unpack it first: gunzip')
  if (bytes.includes(0)) binary('binary, not text', 'give a trace: a JSON file in UTF-8')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch { return binary('not text in UTF-8', 'save it in UTF-8') }
  return parseTrace(text, path)
}

function readBytes(path: string): Buffer {
  const fail = (problem: string, next: string, code = 'FILE'): never => {
    throw new UserError({ code: `E-TRACE-${code}`, subject: path, problem, next })
  }
  try {
    const about = statSync(path)
    if (!about.isFile())
      fail(about.isDirectory() ? 'a folder, not a file' : 'not a regular file', 'give the path of a trace file')
    if (about.size > limit_bytes) fail(tooLarge(about.size), tooLargeNext, 'SIZE')
    return readFileSync(path)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const reason = errno(cause)
    if (reason === 'ENOENT' || reason === 'ENOTDIR')
      return fail('no such file', 'check the path, or list what there is: ls traces/known')
    return fail(`cannot be read (${reason})`,
      reason === 'EACCES' ? 'make it readable: chmod u+r' : 'check the file and its file system')
  }
}
const errno = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? String(cause)

/** The traces at the given paths, in order: a file is itself, a folder its `*.json` and those of its folders, and a
 *  pattern (`*` and `?` within a name, `**` for any folders) what it matches. Each file comes once.
 *  @throws UserError E-TRACE-NONE when a folder or pattern gives none, and those of `loadTrace`. */
export function loadTraces(places: readonly string[]): StoredTrace[] {
  const paths = new Set(places.flatMap(place => findTraces(place)))
  return [...paths].map(path => ({ path, trace: loadTrace(path) }))
}

/** Paths of the trace files at one place, without reading them. @throws UserError E-TRACE-NONE, as `loadTraces`. */
export function findTraces(place: string): string[] {
  if (isFolder(place))
    return some(filesBelow(place).filter(path => path.endsWith('.json')), place, 'no *.json in this folder')
  if (existsSync(place) || !/[*?]/.test(place)) return [place]
  const fixed = place.split(/[\\/]/)
  const base = fixed.slice(0, fixed.findIndex(part => /[*?]/.test(part))).join(sep)
  const top = /^[\\/]/.test(place) ? sep : '.'
  const root = base === '' ? top : base
  const pattern = fixed.slice(fixed.findIndex(part => /[*?]/.test(part)))
  return some(isFolder(root) ? filesBelow(root).filter(path => fitsPath(pattern, relative(root, path).split(sep))) : [],
    place, 'no file matches this pattern')
}

function some(paths: string[], subject: string, problem: string): string[] {
  if (paths.length > 0) return paths
  throw new UserError({ code: 'E-TRACE-NONE', subject, problem,
    next: 'check the path, or write traces with `remapcheck check`' })
}

/** Files of a folder and the folders in it, in the order of their names; what is hidden is left out. */
function filesBelow(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true }).filter(entry => !entry.name.startsWith('.'))
  entries.sort((a, b) => a.name < b.name ? -1 : 1)
  return entries.flatMap(entry => entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)])
}
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
