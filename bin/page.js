/** The script and the style of report pages, bundled from src/page: a clone makes them when a page is written, `dist` has them made. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = name => fileURLToPath(new URL(`../src/page/${name}`, import.meta.url))
/** Its licence asks for this line wherever it goes. */
const banner = { js: '/*! with Preact, MIT licence, copyright 2015-present Jason Miller */' }

/** @returns {Promise<{ script: string, style: string }>} */
export async function pageAssets() {
  const { outputFiles } = await build({
    entryPoints: [source('main.tsx'), source('style/index.css')], bundle: true, minify: true, write: false, outdir: 'out', target: 'es2022', format: 'iife',
    jsx: 'automatic', jsxImportSource: 'preact', charset: 'utf8', legalComments: 'none', banner, logLevel: 'error',
  })
  const [script, style] = ['.js', '.css'].map(ending => outputFiles.find(({ path }) => path.endsWith(ending)).text)
  return { script, style }
}
