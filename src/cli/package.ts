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
}
export const tool = manifest.name
export const version = manifest.version
/** Sources are beside the program: no build was made, and recorded files may be written anew. */
export const isClone: boolean = existsSync(join(packageRoot, 'src', 'cli', 'main.ts'))
