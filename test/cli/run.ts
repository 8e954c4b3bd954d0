/** Runs a command line within the test's own process, with captured streams. */
import type { Readable } from 'node:stream'
import { errorCodes } from '../../src/cli/error-codes.ts'
import { main } from '../../src/cli/main.ts'
import { wrongIn } from '../documents.ts'

export interface Ran { readonly code: number; readonly out: string; readonly err: string }
export interface Around {
  readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal
  readonly columns?: number
  /** Called with what goes to stdout. */
  readonly onWrite?: (text: string) => void
  /** What comes by stdin. */
  readonly stdin?: Readable
  /** Makes stderr a terminal. */
  readonly tty?: boolean
}

/** Each document is held against its schema. `line` is split at spaces; words with spaces are given as a list. The
 *  clock stands still: no progress is told but on a terminal. */
export async function run(line: string | readonly string[], around: Around = {}): Promise<Ran> {
  let out = '', err = ''
  const code = await main({
    argv: typeof line === 'string' ? line.split(' ').filter(word => word !== '') : line,
    stdout: { write: text => { around.onWrite?.(text); out += text },
      ...around.columns === undefined ? {} : { isTTY: true, columns: around.columns } },
    stderr: { write: text => { err += text }, isTTY: around.tty ?? false, columns: 80 },
    env: around.env ?? { NO_COLOR: '1' }, now: () => 0, cwd: around.cwd ?? process.cwd(),
    signal: around.signal ?? new AbortController().signal,
    ...around.stdin === undefined ? {} : { stdin: around.stdin },
  })
  const unexplained = [...err.matchAll(/\[(E-[A-Z-]+)\]/g)].map(found => found[1]!)
    .find(one => !Object.hasOwn(errorCodes, one))
  if (unexplained !== undefined) throw new Error(`src/cli/error-codes.ts does not know ${unexplained}`)
  if (out.startsWith('{') && !out.startsWith('{\n  "$schema"')) {
    const wrong = wrongIn(JSON.parse(out))
    if (wrong !== null)
      throw new Error(`the document of '${typeof line === 'string' ? line : line.join(' ')}' is not as its schema `
        + `says: ${wrong}`)
  }
  return { code, out, err }
}

/** What a process of its own wrote to stderr, less the lines of progress that it wrote because it took so long. */
export const withoutProgress = (err: string): string =>
  err.replace(/^(?:\S+ \S+|(?:\S+, )?scope (?:\d+ of \d+ )?\S+)(?:: [\d,]+ states?, .*)?\n/gm, '')

/** One pattern of several that follow each other. */
export const inSequence = (...parts: readonly RegExp[]): RegExp =>
  new RegExp(parts.map(({ source }) => source).join(''))
