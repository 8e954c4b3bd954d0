/** Places in a module of a user, and excerpts of it: what a message about a step or a list of steps points at. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Place { readonly file: string; readonly line: number; readonly column: number }

/** Where in the module, or in one beside it, the error or one that caused it was thrown: the innermost frame that is of
 *  the user. Null where no frame is. */
export function placeOfError(cause: unknown, module: string): Place | null {
  const file = resolve(module), frames: Place[] = []
  for (let at = cause; at instanceof Error; at = at.cause) frames.unshift(...framesOf(at))
  const isOwn = (path: string): boolean => path.startsWith(dirname(file) + sep) && existsSync(path)
    && !path.includes(`${sep}node_modules${sep}`)
  return frames.find(frame => frame.file === file) ?? frames.find(frame => isOwn(frame.file)) ?? null
}

/** Of a stack, and of the line that a module which cannot be parsed or linked begins its stack with. */
function framesOf({ stack = '' }: Error): Place[] {
  return stack.split('\n').flatMap((text, i, lines): Place[] => {
    const found = /(file:\/\/[^\s()]+?|[/\\][^\s()]+?|[A-Z]:[/\\][^\s()]+?):(\d+)(?::(\d+))?\)?$/.exec(text)
    if (found === null || !/^\s+at /.test(text) && i > 0) return []
    const caret = found[3] === undefined ? (lines[2]?.indexOf('^') ?? -1) + 1 : Number(found[3])
    const url = found[1]!.replace(/\?.*$/, '')
    return [{ file: url.startsWith('file:') ? fileURLToPath(url) : url, line: Number(found[2]),
      column: Math.max(1, caret) }]
  })
}

/** The first place of a text in the module, from a line on. */
export function placeOfText(module: string, text: RegExp, from = 1): Place | null {
  const file = resolve(module)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const at = lines.findIndex((line, i) => i + 1 >= from && text.test(line))
  return at < 0 ? null : { file, line: at + 1, column: text.exec(lines[at]!)!.index + 1 }
}

/** `mine.mjs:3:12`: the module by the name that the user gave, another file by its own; without a place the name. */
export function shownAt(module: string, place: Place | null): string {
  if (place === null) return module
  return `${place.file === resolve(module) ? module : basename(place.file)}:${place.line}:${place.column}`
}

/** The line with those around it, and a mark below. */
export function excerpt(place: Place | null): string[] {
  if (place === null) return []
  const lines = readFileSync(place.file, 'utf8').split('\n')
  const first = Math.max(0, place.line - 1 - around), last = Math.min(lines.length, place.line + around)
  const digits = String(last).length
  return lines.slice(first, last).flatMap((text, i) => {
    const line = first + i + 1, isIt = line === place.line
    return [`${isIt ? '>' : ' '} ${String(line).padStart(digits)} | ${text}`.trimEnd(),
      ...isIt ? [`  ${' '.repeat(digits)} | ${' '.repeat(place.column - 1)}^`] : []]
  })
}
const around = 2
