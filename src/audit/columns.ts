/** Rows in columns as wide as their widest cell; columns that are empty throughout are left out. */

/** `align`: a letter a column, `l` or `r`. Two spaces before and between. */
export function columns(head: readonly string[] | null, rows: readonly (readonly string[])[], align: string): string[] {
  const used = [...align].map((_, i) => i).filter(i => rows.some(row => (row[i] ?? '') !== ''))
  const all = head === null ? rows : [head, ...rows]
  const widths = used.map(i => Math.max(...all.map(row => row[i]?.length ?? 0)))
  return all.map(row => used.map((i, at) => {
    const cell = row[i] ?? ''
    return '  ' + (align[i] === 'r' ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))
  }).join(''))
}
