/** Patterns with wildcards. Work is at most the product of the two lengths: a regular expression made of many `*` may
 *  never end. */

/** Whether the whole name fits, where `*` stands for any characters and `?` for one. */
export const fitsName = (pattern: string, name: string): boolean =>
  fits([...pattern], [...name], '*', (char, of) => char === '?' || char === of)

/** The same of the folders and file of a path, where `**` stands for any folders. */
export const fitsPath = (pattern: readonly string[], path: readonly string[]): boolean =>
  fits(pattern, path, '**', fitsName)

/** What comes before the last `any` may stay as it fitted first: another place would leave less to what follows. */
function fits(pattern: readonly string[], items: readonly string[], any: string,
  fitsOne: (one: string, item: string) => boolean): boolean {
  let next = 0, at = 0
  let afterAny = -1, tried = 0
  while (at < items.length) {
    if (pattern[next] === any) [afterAny, tried] = [++next, at]
    else if (next < pattern.length && fitsOne(pattern[next]!, items[at]!)) { next++; at++ }
    else if (afterAny >= 0) [next, at] = [afterAny, ++tried]
    else return false
  }
  return pattern.slice(next).every(one => one === any)
}
