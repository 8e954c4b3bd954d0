#!/usr/bin/env node
// In a clone the sources run as they are, through tsx; an installed package has them compiled in dist.
import { existsSync } from 'node:fs'

const source = new URL('../src/cli/process.ts', import.meta.url)
const clone = existsSync(source)
if (clone) {
  const tsx = await import('tsx/esm/api').catch(() => null)
  if (tsx === null) {
    process.stderr.write('remapcheck: this is a clone without its packages\n  → npm ci\n')
    process.exit(2)
  }
  tsx.register()
} else process.setSourceMapsEnabled(true) // places are those of the sources, as in a clone
const { runProcess } = await import(clone ? source.href : new URL('../dist/src/cli/process.js', import.meta.url).href)
await runProcess()
