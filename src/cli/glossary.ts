/** The words of the tool, from docs/glossary.md: the page is the one list of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from './package.ts'

export interface Term {
  readonly term: string
  /** What stands for it in a report, such as `✓`. */
  readonly marks: readonly string[]
  readonly meaning: string
}

/** In the order of the page. */
export function terms(): readonly Term[] {
  return readFileSync(join(packageRoot, 'docs/glossary.md'), 'utf8').split('\n').flatMap((line): Term[] => {
    const [, name, meaning] = /^\| (.+?) \| (.+) \|$/.exec(line) ?? []
    if (name === undefined || name === 'term' || name.startsWith('---')) return []
    const marks = [...name.matchAll(/`([^`]+)`/g)].map(found => found[1]!)
    const words = name.replace(/ *\(`.*?`\)/, '').replaceAll('`', '')
    return [{ term: words, marks, meaning: meaning!.replaceAll('`', '') }]
  })
}
