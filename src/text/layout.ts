/** Putting text into columns: pieces are measured plain and painted last. One character is one column. */

export interface Piece { readonly text: string; readonly paint?: (text: string) => string }

export const painted = ({ text, paint }: Piece): string => paint === undefined ? text : paint(text)

/** Pieces side by side while they fit into `width` (into `first` on the first line, which may stay empty), then on the
 *  next line.
 *  A piece longer than `width` is cut with `…`. */
export function packLines(pieces: readonly Piece[], width: number, gap = '  ', first = width): string[] {
  const lines = ['']
  let used = 0
  for (const piece of pieces) {
    const text = clip(piece.text, width)
    const shown = painted({ ...piece, text })
    const start = used === 0 ? 0 : used + gap.length
    if (start + text.length <= (lines.length === 1 ? first : width)) {
      lines[lines.length - 1] += (used === 0 ? '' : gap) + shown
      used = start + text.length
    } else { lines.push(shown); used = text.length }
  }
  return lines
}

/** At most `width` characters, the last one `…` where something was cut. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1)}…`

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
