#!/usr/bin/env node
// In a clone the sources run, through bin/clone.js; an installed package has them built in dist (bin/build.js).
import { existsSync, readFileSync } from 'node:fs'
import { showPlaces } from './places.js'

const clone = existsSync(new URL('../src/cli/process.ts', import.meta.url))
async function installed() {
  const dist = new URL('../dist/', import.meta.url)
  if (process.env.REMAPCHECK_DEBUG) process.setSourceMapsEnabled(true)
  const places = JSON.parse(readFileSync(new URL('places.json', dist), 'utf8'))
  showPlaces(Object.fromEntries(Object.entries(places).map(([name, of]) => [new URL(name, dist).href, of])), new URL('../', import.meta.url))
  return import(new URL('src/cli/process.js', dist).href)
}
const { runProcess } = await (clone ? (await import('./clone.js')).sources() : installed())
await runProcess()
