/** What a module of a user prints by `console` is on stderr, once, and readable; stdout stays the report. */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { speakOnce } from '../../src/cli/console.ts'
import { wrongIn } from '../documents.ts'

it('a step that prints leaves one document on stdout', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('bin/remapcheck.js'), 'check',
    'test/cli/fixtures/speaks.ts', '--scope', 'mapping', '--states', '500', '--json'], { encoding: 'utf8' })
  expect({ status, wrong: wrongIn(JSON.parse(stdout)) }).toEqual({ status: 6, wrong: null })
  // Calls are taken by themselves before the search: hints come of that.
  expect(stderr.trimEnd().split('\n')).toEqual(['loaded', 'attached [ 0 ] unmap', 'attached [ 0, 1 ] unmap'])
})

it('shows what proxies show, circles, and no more texts than can be read', () => {
  let text = ''
  const spoken = {} as Console
  speakOnce(spoken, { write: part => { text += part } })
  const circle: { self?: object; readonly map: Map<number, number> } = { map: new Map([[1, 2]]) }
  circle.self = circle
  spoken.log('%s is', 'state', new Proxy({}, { ownKeys: () => ['a'],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: () => [1] }))
  spoken.dir(circle, { depth: 8 })
  spoken.table([{ a: 1 }])
  spoken.count('n')
  spoken.count('n')
  for (const word of ['same', 'same']) { spoken.warn(word); spoken.error(word) }
  expect(text.replace(/[┌│└─┬┴┐┘├┼┤\s]+/g, ' ').trim()).toBe('state is { a: [ 1 ] } '
    + '<ref *1> { map: Map(1) { 1 => 2 }, self: [Circular *1] } (index) a 0 1 n: 1 n: 2 same')
  for (let i = 0; i < 100; i++) spoken.info(i)
  expect(text.trimEnd().split('\n').slice(-2)).toEqual(['43', '50 different texts came from console; the others are '
    + 'left out'])
})
