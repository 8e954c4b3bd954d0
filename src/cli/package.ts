/** The package this code belongs to: a clone, or an installed tarball. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder with package.json. */
export const packageRoot: string = (() => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder
})()

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}
export const tool = manifest.name
export const version = manifest.version
/** The modules that users import, by name, as paths below the sources or dist, without an ending: `spec/index`. */
export const entries: ReadonlyMap<string, string> = new Map(Object.entries(manifest.exports).flatMap(([name, built]) =>
  typeof built === 'string' ? [] : [[name.replace('.', tool), /^\.\/dist\/(.*)\.js$/.exec(built.default)![1]!]]))
/** Sources are beside the program: no build was made, and recorded files may be written anew. */
export const isClone: boolean = existsSync(join(packageRoot, 'src', 'cli', 'main.ts'))
