/** The sources of a clone as a program: bundled once for each state of them, since to read and transpile 300 modules at each start takes longer
 *  than most commands. Each state has a folder named by the content of the sources, so that none is ever stale, below node_modules/.cache. As in an
 *  installed package (bin/build.js), a command loads the parts that it needs. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { placesIn, showPlaces } from './places.js'

const root = new URL('..', import.meta.url)
const cache = new URL('node_modules/.cache/remapcheck/', root)
const main = 'src/cli/process.ts'
/** Folders that are kept, by their last use: a command that still runs may load another part of its own. */
const kept = 8

/** @returns {Promise<{ runProcess: () => Promise<void> }>} */
export async function sources() {
  // Stacks are asked for: they shall name the sources.
  if (process.env.REMAPCHECK_DEBUG) return transpiled()
  const files = ['src', 'spec', 'properties'].flatMap(filesIn).filter(name => /\.(?:ts|json)$/.test(name) && !name.endsWith('.test.ts')).sort()
  const folder = new URL(`${keyOf(files)}/`, cache)
  if (!existsSync(folder))
    try { await build(files, folder) } catch (cause) {
      if (cause.errno === undefined) throw cause
      return transpiled() // nothing can be written there
    }
  return load(folder)
}

/** What browsers run is bundled apart (bin/page.js). */
const ofPage = 'src/page'
const filesIn = folder => readdirSync(new URL(folder, root), { withFileTypes: true }).filter(({ name }) => `${folder}/${name}` !== ofPage)
  .flatMap(one => one.isDirectory() ? filesIn(`${folder}/${one.name}`) : [`${folder}/${one.name}`])

function keyOf(files) {
  const hash = createHash('sha256').update(root.href)
  for (const name of [...files, 'bin/clone.js', 'package-lock.json']) hash.update(`\0${name}\0`).update(readFileSync(new URL(name, root)))
  return hash.digest('hex').slice(0, 32)
}

function load(folder) {
  const now = new Date()
  try { utimesSync(folder, now, now) } catch { /* where nothing can be written, nothing is forgotten */ }
  const places = JSON.parse(readFileSync(new URL('places.json', folder), 'utf8'))
  showPlaces(Object.fromEntries(Object.entries(places).map(([name, of]) => [new URL(name, folder).href, of])), root)
  // A design of a user that imports sources gets these very modules (src/cli/designs.ts).
  globalThis[Symbol.for('remapcheck.modules')] = async () => {
    const bundle = new URL('modules.js', folder).href
    return { bundle, modules: (await import(bundle)).modules }
  }
  return import(new URL('process.js', folder).href)
}

async function build(files, folder) {
  const { build: bundled } = await packaged('esbuild')
  const modules = files.filter(name => name.endsWith('.ts'))
  const all = [...modules.map((name, i) => `import * as m${i} from './${name}'`),
    `export const modules = { ${modules.map((name, i) => `'${name}': m${i}`).join(', ')} }`].join('\n')
  const { outputFiles } = await bundled({
    entryPoints: { process: main, modules: 'modules' }, absWorkingDir: fileURLToPath(root), outdir: fileURLToPath(folder), entryNames: '[name]', chunkNames: '[name]-[hash]',
    bundle: true, splitting: true, platform: 'node', format: 'esm', target: 'node20.19', sourcemap: 'external', sourcesContent: false, write: false,
    define: { 'import.meta.url': JSON.stringify(new URL(main, root).href) }, logLevel: 'error',
    plugins: [{ name: 'all-modules', setup(on) {
      on.onResolve({ filter: /^modules$/ }, () => ({ path: 'modules', namespace: 'all' }))
      on.onLoad({ filter: /^/, namespace: 'all' }, () => ({ contents: all, resolveDir: fileURLToPath(root), loader: 'ts' }))
    } }],
  })
  const texts = new Map(outputFiles.map(({ path, text }) => [path.replaceAll('\\', '/').split('/').at(-1), text]))
  const programs = [...texts].filter(([name]) => name.endsWith('.js')).sort()
  const places = Object.fromEntries(programs.map(([name, text]) => [name, placesIn(texts.get(`${name}.map`), text, new URL(name, folder), root)])
    .filter(([, found]) => Object.keys(found).length > 0))
  put(folder, [...programs, ['places.json', JSON.stringify(places)]])
  forget()
}

/** Whole or not at all: another process may be about to load it, or write the same. */
function put(folder, files) {
  const unfinished = new URL(`${folder.href.slice(0, -1)}.${process.pid}/`)
  mkdirSync(unfinished, { recursive: true })
  for (const [name, text] of files) writeFileSync(new URL(name, unfinished), text)
  try { renameSync(unfinished, folder) } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true })
    if (!existsSync(folder)) throw cause
  }
}
function forget() {
  const age = name => { try { return statSync(new URL(name, cache)).mtimeMs } catch { return 0 } }
  const folders = readdirSync(cache).filter(name => /^[0-9a-f]{32}$/.test(name)).map(name => [name, age(name)]).sort(([, a], [, b]) => b - a)
  for (const [name] of folders.slice(kept)) rmSync(new URL(name, cache), { recursive: true, force: true })
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
