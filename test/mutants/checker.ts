/** Faults put into the checker itself, to see whether its suites find them: `npm run mutants:checker`. */
import { modelEdits } from './checker-model.ts'
import type { Edit } from './checker-model.ts'
import { searchEdits } from './checker-search.ts'

export type { Edit }
const nameOf = ({ file, name }: Edit): string => `${file.replace(/^.*\/(\w+)\.ts$/, '$1')}:${name}`
export const edits: readonly Edit[] = [...modelEdits, ...searchEdits].map(edit => ({ ...edit, name: nameOf(edit) }))

/** @throws RangeError where the edit has no place in the text, or several. */
export function edited({ name, find, replace }: Pick<Edit, 'name' | 'find' | 'replace'>, text: string): string {
  const at = text.indexOf(find)
  if (at < 0 || text.includes(find, at + 1))
    throw new RangeError(`${name}: its place occurs ${at < 0 ? 'nowhere' : 'more than once'}; state it anew`)
  return text.slice(0, at) + replace + text.slice(at + find.length)
}
