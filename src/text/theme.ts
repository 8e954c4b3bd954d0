/** Colour and width of what is printed. Colour repeats what marks and words say; it is never the only signal. */
import { Chalk } from 'chalk'

export interface Theme {
  /** Columns that a line may take. */
  readonly width: number
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

/** Below 40 columns nothing can be read; a terminal that is narrower wraps. */
const leastWidth = 40

export function theme(color: boolean, width = 80): Theme {
  const paint = new Chalk({ level: color ? 1 : 0 })
  return { width: Math.max(leastWidth, width), good: paint.green, bad: paint.red, warn: paint.yellow, dim: paint.dim,
    strong: paint.bold }
}

export interface Screen { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }

/** The theme of a stream. A flag decides before FORCE_COLOR (off when 0 or false), that before NO_COLOR (when not
 *  empty), as Node does itself (nodejs.org/api/tty.html, getColorDepth); without any, colour is for terminals. */
export function themeFor(screen: Screen, env: Readonly<Record<string, string | undefined>>, flag?: boolean): Theme {
  return theme(flag ?? colorOf(screen, env), screen.isTTY ? screen.columns : undefined)
}

/** Whether to write colours where no flag decides. */
export function colorOf(screen: Screen, env: Readonly<Record<string, string | undefined>>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env
  if (force !== undefined) return force !== '0' && force !== 'false'
  return !no && screen.isTTY === true && env['TERM'] !== 'dumb'
}
