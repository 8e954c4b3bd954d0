/** The package this code belongs to: a clone, or an installed tarball. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder with package.json. */
export const packageRoot: string = (() => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder
})()

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly version: string
}
export const tool = manifest.name
export const version = manifest.version
/** Sources are beside the program: no build was made, and recorded files may be written anew. */
export const isClone: boolean = existsSync(join(packageRoot, 'src', 'cli', 'main.ts'))

/** Pages and files of the package that a text names, by paths that lead there from the folder of the user: they are
 *  written as they lie in a clone. */
export const withPaths = (text: string, cwd: string): string =>
  text.replace(/(?<![\w/.-])(?:docs|spec\/costs)\/[\w-]+\.(?:md|json)/g, path => {
    const file = join(packageRoot, path), short = relative(cwd, file)
    if (existsSync(resolve(cwd, path)) || !existsSync(file)) return path
    return short.startsWith('..') ? file : short
  })

/** Where a claim stands, for whom has the sources: those of built-in claims are in no installed package. */
export const placeOfClaim = (at: string): string | null => isClone || !at.startsWith('properties/') ? at : null
