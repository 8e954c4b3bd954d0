/** What the command line touches of the outside, so that tests can give it another. */
import type { Readable } from 'node:stream'
import { isAbsolute, relative, resolve } from 'node:path'
import { printable } from '../errors.ts'
import { wrapMessage } from '../text/layout.ts'
import { themeFor } from '../text/theme.ts'
import type { Theme } from '../text/theme.ts'

export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}
export interface Io {
  /** Without node and script. */
  readonly argv: readonly string[]
  readonly stdout: Stream
  readonly stderr: Stream
  /** The process' own where not given. */
  readonly stdin?: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Milliseconds, for progress; those of `performance` where not given. */
  readonly now?: () => number
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Called with each file of the user's that is loaded as a module. */
  readonly loaded?: (file: string) => void
}

/** Where a path of the user lies. Unchanged while it is relative to this process' folder, so that messages show what
 *  was typed. */
export const placed = (io: Io, path: string): string =>
  isAbsolute(path) || io.cwd === process.cwd() ? path : resolve(io.cwd, path)
/** A path for people: relative to their folder when it is below it. */
export const shown = (io: Io, path: string): string => {
  const short = relative(io.cwd, resolve(io.cwd, path))
  return short.startsWith('..') ? path : short
}

export const themeOf = (io: Io, flags: { readonly 'no-color'?: boolean | undefined }): Theme =>
  themeFor(io.stdout, io.env, flags['no-color'] ? false : undefined)

/** Columns of a terminal; what is no terminal gets lines as long as they are. */
export const widthOf = ({ isTTY, columns }: Stream): number => isTTY === true ? columns ?? 80 : Infinity

/** What goes on, on stderr: one line that is written over on a terminal, elsewhere a line now and then; and what stays
 *  to be read, at once. */
export interface Spinner { say(text: string): void; note(text: string): void; end(): void }
const shownText = (text: string): string => text.split('\n').map(printable).join('\n')
const between_ms = 10_000
export function spinner(io: Io): Spinner {
  const { now = () => performance.now() } = io
  if (io.stderr.isTTY !== true) {
    let last = now()
    return {
      say: text => {
        if (now() - last < between_ms) return
        last = now()
        io.stderr.write(`${text}\n`)
      },
      note: text => { io.stderr.write(`${shownText(text)}\n`) },
      end: () => {},
    }
  }
  let said = ''
  return {
    say: text => {
      said = `\r\x1b[2K${text.slice(0, (io.stderr.columns ?? 80) - 1)}`
      io.stderr.write(said)
    },
    note: text => {
      const shown = shownText(text), width = io.stderr.columns ?? 80
      const fits = shown.split('\n').every(line => line.length <= width)
      io.stderr.write(`\r\x1b[2K${fits ? shown : wrapMessage(shown, width)}\n${said}`)
    },
    end: () => { if (said !== '') io.stderr.write('\r\x1b[2K') },
  }
}
