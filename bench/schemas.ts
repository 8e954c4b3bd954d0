/** Writes schemas/: a JSON Schema for each document of --json. Run: npm run schemas */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { schemaFiles } from '../test/documents.ts'

const folder = fileURLToPath(new URL('../schemas/', import.meta.url))
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const [name, text] of schemaFiles()) writeFileSync(folder + name, text)
