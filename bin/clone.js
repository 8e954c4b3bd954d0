/** The sources of a clone as a program: bundled once for each state of them, since to read and transpile 300 modules at each start takes longer
 *  than most commands. Bundles are named by the content of what is in them, so that none is ever stale, and lie below node_modules/.cache. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { placesIn, showPlaces } from './places.js'

const root = new URL('..', import.meta.url)
const folder = new URL('node_modules/.cache/remapcheck/', root)
const main = 'src/cli/process.ts'
/** Bundles that are kept; older ones are of sources that are gone. */
const kept = 3

/** @returns {Promise<{ runProcess: () => Promise<void> }>} */
export async function sources() {
  // Stacks are asked for: they shall name the sources.
  if (process.env.REMAPCHECK_DEBUG) return transpiled()
  const files = ['src', 'spec', 'properties'].flatMap(part => readdirSync(new URL(part, root), { recursive: true })
    .map(name => `${part}/${name.replaceAll('\\', '/')}`).filter(name => /\.(?:ts|json)$/.test(name) && !name.endsWith('.test.ts') && !isOfPage(name))).sort()
  const bundle = new URL(`${keyOf(files)}.mjs`, folder)
  if (!existsSync(bundle))
    try { await build(files, bundle) } catch (cause) {
      if (cause.errno === undefined) throw cause
      return transpiled() // nothing can be written there
    }
  return load(bundle)
}

/** What browsers run is bundled apart (bin/page.js). */
const isOfPage = name => name.startsWith('src/page/')

function keyOf(files) {
  const hash = createHash('sha256').update(root.href)
  for (const name of [...files, 'bin/clone.js', 'package-lock.json']) hash.update(`\0${name}\0`).update(readFileSync(new URL(name, root)))
  return hash.digest('hex').slice(0, 32)
}

async function load(bundle) {
  const hide = showPlaces({ [bundle.href]: JSON.parse(readFileSync(placesOf(bundle), 'utf8')) }, root)
  try { return await import(bundle.href) } finally { hide() }
}
const placesOf = bundle => new URL(bundle.href.replace(/mjs$/, 'json'))

async function build(files, bundle) {
  const { build: bundled } = await packaged('esbuild')
  const modules = files.filter(name => name.endsWith('.ts'))
  // A design of a user that imports sources gets these very modules (src/cli/designs.ts).
  const entry = [
    ...modules.map((name, i) => `import * as m${i} from './${name}'`),
    `globalThis[Symbol.for('remapcheck.modules')] = { ${modules.map((name, i) => `'${name}': m${i}`).join(', ')} }`,
    `export { runProcess } from './${main}'`,
  ].join('\n')
  const { outputFiles } = await bundled({
    stdin: { contents: entry, resolveDir: fileURLToPath(root), loader: 'ts' }, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', write: false,
    define: { 'import.meta.url': JSON.stringify(new URL(main, root).href) }, sourcemap: 'external', sourcesContent: false, outfile: fileURLToPath(bundle), logLevel: 'error',
  })
  const [code, map] = ['.mjs', '.map'].map(ending => outputFiles.find(({ path }) => path.endsWith(ending)).text)
  mkdirSync(folder, { recursive: true })
  put(placesOf(bundle), JSON.stringify(placesIn(map, code, bundle, root)))
  put(bundle, code)
  forget()
}

/** Whole or not at all: another process may be about to load it. */
function put(file, text) {
  const unfinished = new URL(`${file.href}.${process.pid}`)
  writeFileSync(unfinished, text)
  renameSync(unfinished, file)
}
function forget() {
  const age = name => { try { return statSync(new URL(name, folder)).mtimeMs } catch { return 0 } }
  const bundles = readdirSync(folder).filter(name => name.endsWith('.mjs')).map(name => [name, age(name)]).sort(([, a], [, b]) => b - a)
  for (const [name] of bundles.slice(kept)) for (const file of [new URL(name, folder), placesOf(new URL(name, folder))]) rmSync(file, { force: true })
}

async function transpiled() {
  const { register } = await packaged('tsx/esm/api')
  register()
  return import(new URL(main, root).href)
}
async function packaged(name) {
  try { return await import(name) } catch {
    process.stderr.write('remapcheck: this is a clone without its packages\n  → npm ci\n')
    process.exit(2)
  }
}
