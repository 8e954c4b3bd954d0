/** The modules that users import, by the names of package.json's `exports`, and where their sources lie: `spec/index.ts`. */
import { readFileSync } from 'node:fs'

const { name: own, exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
export const entries = Object.fromEntries(Object.entries(exports).flatMap(([name, { default: built }]) =>
  built === undefined ? [] : [[name.replace('.', own), built.replace('./dist/', '').replace(/js$/, 'ts')]]))
