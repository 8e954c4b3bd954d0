/** What a page is made of besides its data: bundled at once in a clone, read from `dist` in an installed package. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PageParts } from '../report/page/index.ts'
import { terms } from './glossary.ts'
import { isClone, packageRoot } from './package.ts'

type Assets = Pick<PageParts, 'script' | 'style'>
let assets: Promise<Assets> | undefined

export async function pageParts(): Promise<PageParts> {
  return { ...await (assets ??= isClone ? bundled() : Promise.resolve(packaged())),
    terms: Object.fromEntries(terms().map(({ term, meaning }) => [term, meaning])) }
}
async function bundled(): Promise<Assets> {
  const bundler = pathToFileURL(join(packageRoot, 'bin', 'page.js')).href
  return await (await import(bundler) as { readonly pageAssets: () => Promise<Assets> }).pageAssets()
}
function packaged(): Assets {
  const [script, style] = ['script.js', 'style.css'].map(name =>
    readFileSync(join(packageRoot, 'dist', 'page', name), 'utf8'))
  return { script: script!, style: style! }
}
