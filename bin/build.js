/** Builds `dist`: declarations by TypeScript, and the program and its public modules as one set of bundles that
 *  share their chunks, so that a command loads what it needs, and a design of a user gets the very modules that the
 *  program runs. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { entries } from './entries.js'
import { pageAssets } from './page.js'
import { placesIn } from './places.js'

const root = new URL('..', import.meta.url), dist = new URL('dist/', root)
rmSync(dist, { recursive: true, force: true })
execFileSync('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json'],
  { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
await build({
  entryPoints: ['src/cli/process.ts', ...Object.values(entries)],
  absWorkingDir: fileURLToPath(root), outbase: '.', outdir: 'dist', chunkNames: 'chunks/[name]-[hash]',
  bundle: true, splitting: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20.19',
  sourcemap: true, sourcesContent: false, logLevel: 'error',
})
const places = {}
const names = readdirSync(dist, { recursive: true }).map(path => path.replaceAll('\\', '/'))
for (const name of names.filter(path => path.endsWith('.js')).sort()) {
  const bundle = new URL(name, dist), map = readFileSync(new URL(`${bundle.href}.map`), 'utf8')
  const found = placesIn(map, readFileSync(bundle, 'utf8'), bundle, root)
  if (Object.keys(found).length > 0) places[name] = found
}
writeFileSync(new URL('places.json', dist), JSON.stringify(places))
const { script, style } = await pageAssets()
mkdirSync(new URL('page/', dist))
writeFileSync(new URL('page/script.js', dist), script)
writeFileSync(new URL('page/style.css', dist), style)
