/** Putting text into columns: pieces are measured plain and painted last. One character is one column. */

export interface Piece { readonly text: string; readonly paint?: (text: string) => string }

export const painted = ({ text, paint }: Piece): string => paint === undefined ? text : paint(text)

/** Pieces side by side while they fit into `width` (into `first` on the first line, which may stay empty), then on the
 *  next line. A piece longer than `width` takes several lines. */
export function packLines(pieces: readonly Piece[], width: number, gap = '  ', first = width): string[] {
  const lines = ['']
  let used = 0
  for (const piece of pieces) {
    const [text, ...more] = piece.text.length <= width ? [piece.text] as const
      : wrapWords(piece.text, width) as [string, ...string[]]
    const start = used === 0 ? 0 : used + gap.length
    if (more.length === 0 && start + text.length <= (lines.length === 1 ? first : width)) {
      lines[lines.length - 1] += (used === 0 ? '' : gap) + painted({ ...piece, text })
      used = start + text.length
    } else { lines.push(painted({ ...piece, text })); used = text.length }
    lines.push(...more.map(line => painted({ ...piece, text: line })))
    used = more.at(-1)?.length ?? used
  }
  return lines
}

/** Lines of whole words; a word longer than the width, such as a path, stays whole. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** A message (`UserError.text`) in lines of whole words: what is wrong, and what to do. What stands below them, such as
 *  an excerpt, stays as it is. */
export function wrapMessage(text: string, width: number): string {
  const [problem, next, ...below] = text.split('\n')
  return [
    ...hang('', 2, wrapWords(problem!, width - 2)),
    ...next === undefined ? [] : hang('  → ', 4, wrapWords(next.replace(/^ *→ /, ''), width - 4)), ...below,
  ].join('\n')
}

/** Lines of at most that width: a break comes after a space or a slash, and within a word only where the word is longer
 *  than a line. For columns, where what is too wide would shift the next one. */
export function fold(text: string, width: number): string[] {
  const lines = ['']
  for (const part of text.split(/(?<=[ /])/))
    for (let rest = part; rest !== '';) {
      const last = lines.at(-1)!
      const fits = last.length + rest.trimEnd().length <= width
      if (!fits && last !== '') { lines.push(''); continue }
      lines[lines.length - 1] = last + (fits ? rest : rest.slice(0, width))
      rest = fits ? '' : rest.slice(width)
    }
  return lines.map(line => line.trimEnd())
}

/** How wide columns are that have `room` together: as wide as they want to be, and where that is too much, the widest
 *  ones share what the others leave. */
export function sharedWidths(wanted: readonly number[], room: number): number[] {
  const widths: number[] = []
  let left = room
  wanted.map((want, i) => ({ want, i })).sort((a, b) => a.want - b.want).forEach(({ want, i }, n) => {
    widths[i] = Math.max(1, Math.min(want, Math.floor(left / (wanted.length - n))))
    left -= widths[i]
  })
  return widths
}

/** The first line after `head`, the others below its end. Every line is without space at its end. */
export function hang(head: string, headWidth: number, lines: readonly string[]): string[] {
  return lines.map((line, i) => ((i === 0 ? head : ' '.repeat(headWidth)) + line).trimEnd())
}

/** `devices 2, CM, !PSI` */
export function showBounds(bounds: Readonly<Record<string, number | boolean | string>>): string {
  return Object.entries(bounds)
    .map(([name, value]) => typeof value === 'boolean' ? flagText(name, value) : `${name} ${value}`).join(', ')
}
const flagText = (name: string, isSet: boolean): string => isSet ? name : `!${name}`

/** At most `width` characters, the last one `…` where something was cut. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`
