#!/usr/bin/env node
// In a clone the sources run, through bin/clone.js; an installed package has them compiled in dist.
import { existsSync } from 'node:fs'

const clone = existsSync(new URL('../src/cli/process.ts', import.meta.url))
if (!clone) process.setSourceMapsEnabled(true) // places are those of the sources, as in a clone
const { runProcess } = clone ? await (await import('./clone.js')).sources() : await import(new URL('../dist/src/cli/process.js', import.meta.url).href)
await runProcess()
