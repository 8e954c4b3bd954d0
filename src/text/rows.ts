/** Two or three columns of text under a title: what `list` and help print. */
import { hang, wrapWords } from './layout.ts'

/** Below this a column of text is not read: it goes below the others. */
const least = 24

/** The last column is wrapped to the width; the others are as wide as their widest cell. */
export function rows(cells: readonly (readonly string[])[], width: number, indent = 2): string[] {
  const last = Math.max(0, ...cells.map(row => row.length)) - 1
  const widths = Array.from({ length: last }, (_, i) => Math.max(...cells.map(row => row[i]?.length ?? 0)) + 2)
  const room = indent + widths.reduce((a, b) => a + b, 0)
  return cells.flatMap(row => {
    const head = ' '.repeat(indent) + row.slice(0, last).map((cell, i) => cell.padEnd(widths[i]!)).join('')
    const text = row[last] ?? ''
    if (width - room >= least) return hang(head, room, wrapWords(text, width - room))
    return [head.trimEnd(), ...hang(' '.repeat(indent + 4), indent + 4, wrapWords(text, width - indent - 4))]
  })
}
