/** `cost compose`: the example of the page, and files that count what there is not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { pricePath } from '../../src/cost/index.ts'
import type { ComposedTable } from '../../src/cost/index.ts'
import { profiles, xeon } from '../../spec/costs/index.ts'
import { run } from './run.ts'

const cwd = mkdtempSync(join(tmpdir(), 'remapcheck-compose-'))
afterAll(() => { rmSync(cwd, { recursive: true, force: true }) })
const page = readFileSync(new URL('../../docs/costs.md', import.meta.url), 'utf8')
const example = page.split('<!-- compose -->')[1]!.split('```')[1]!.replace(/^json\n/, '')
const write = (name: string, text: string): void => { writeFileSync(join(cwd, name), text) }
const row = (fields: object): string =>
  JSON.stringify({ format: 'remapcheck-compose/1', rows: [{ name: 'one', counts: { lock: 1 }, ...fields }] })

describe('the example of docs/costs.md', () => {
  write('my-counts.json', example)
  it('is composed at its prices, and compared', async () => {
    const { code, out } = await run('cost compose my-counts.json --json', { cwd })
    const { profile, tables: [table], fit } = JSON.parse(out) as
      { profile: string; tables: ComposedTable[]; fit: { rows: number; fitted: number; median_percent: number } }
    const { rows } = table!
    const prices = profiles['xeon-2023']!
    expect([profile, rows.length, fit.rows, fit.fitted]).toEqual(['xeon-2023', 3, 2, 1])
    const flush = pricePath('flush', { lock: 1, 'queue-entry': 2, 'queue-tail-write': 1, 'queue-wait': 1 }, prices)
    expect(rows[1]!.predicted.typ).toBeCloseTo(flush.cycles.typ / 2.7, 6)
    expect([rows[0]!.fitted, rows[1]!.fitted, rows[2]!.measured]).toEqual([null, 'the file says so', null])
    expect(fit.median_percent).toBe(Math.abs(rows[0]!.off_percent!))
    expect(code).toBe(0)
  })
  it('is priced by another profile where that is asked for, and printed', async () => {
    const { out } = await run('cost compose my-counts.json --profile epyc-2019 --full', { cwd })
    expect(out).toMatch(/^composed at the prices of profile epyc-2019\n[^]*ring0-strict\/map \+ ring0-strict\/unmap/)
    expect(out).toMatch(/1 of 2 numbers in 1 table count, 1 were fitted/)
    expect(Math.max(...out.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  })
})

it.each([
  ['{"rows":[]}', /format: is missing \[E-COMPOSE\]/], ['{"format":"remapcheck-compose/1","rows":[]}', /has no row/],
  ['{"format":', /bad\.json:1:11: the file ends in the middle/],
  [row({ counts: { constructor: 1 } }), /rows\.0\.counts: no unit is named 'constructor'/],
  [row({ counts: { locks: 1 } }), /no unit is named 'locks'.*\n {2}→ did you mean 'lock'\?/],
  [row({ counts: { lock: -1 } }), /rows\.0\.counts\.lock: is below 1/],
  [row({ counts: { lock: 0.5 } }), /rows\.0\.counts\.lock: is not a whole number/],
  [row({ counts: {} }), /rows\.0: counts nothing/], [row({ per: 0 }), /rows\.0\.per: is below 1/],
  [row({ unit: 'toString' }), /rows\.0\.unit: is none of cycles, ns, us, \/s/],
  [row({ measured: -3 }), /rows\.0\.measured: is below 1e-9/], [row({ measured: 1e300 }), /is above 1e15/],
  [row({ counts: { lock: 1e12 } }), /rows\.0\.counts\.lock: is above 10\^9/],
  [row({ counts: { 'iotlb-hit': 1 }, unit: '/s' }), /row 'one': may cost no cycles, so it has no rate/],
  [row({ paths: { 'ring0-strict/unmapp': 1 } }), /ring0-strict has no path 'unmapp'.*\n {2}→ did you mean 'unmap'\?/],
  [row({ paths: { 'ring0-stric/unmap': 1 } }), /\[E-DESIGN\]\n {2}→ did you mean 'ring0-strict'\?/],
  [row({ paths: { unmap: 1 } }), /'unmap' is no DESIGN\/PATH/], [row({ nam: 'x' }), /rows\.0\.nam: is no field of it/],
])('refuses %s', async (text, message) => {
  write('bad.json', text)
  const { code, err, out } = await run('cost compose bad.json', { cwd })
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
})
it.each<[string, RegExp]>([
  ['cost --explain unmapp', /no path is named 'unmapp' \[E-USAGE\]\n {2}→ did you mean 'unmap'\?/],
  ['cost --timed --gap 0', /--gap: '0' is no whole number from 100 to/],
  ['cost --timed --steps 1e9', /--steps: '1e9' is no whole number from 1 to 10000000/],
  ['cost --timed --cpus 3', /--cpus: '3' is no whole number from 1 to 2/],
  ['cost --timed --throughput', /is another report than/],
  ['cost --throughput --link 9', /--link: '9' is no number from 10 to 400/],
  ['cost --throughput --link toString', /--link: 'toString' is no number/],
  ['cost --throughput --pages constructor', /--pages: no pages of 'constructor'.*\n {2}→ there are 4k, 2m, 1g/],
  ['compare nope', /\[E-DESIGN\]/], ['compare --profile nope', /no profile is named 'nope'/],
  ['cost compose', /compose: takes one file, given 0/],
  ['cost compose missing.json', /cannot be read \(ENOENT\) \[E-COMPOSE\]/],
  ['cost --validate ring0-strict', /takes no designs and no profile/],
  ['cost --worst --update', /--worst: is another report than --update/],
  ['cost --explain constructor', /no path is named 'constructor' \[E-USAGE\]/],
  ['cost --explain port-io ring0-strict', /none of these designs counts the path 'port-io'/],
])('refuses the line: %s', async (line, message) => {
  const { code, err } = await run(line, { cwd })
  expect(code).toBe(2)
  expect(err).toMatch(message)
})
it('names the unit that a profile has no price of, and the row that counts it', async () => {
  const { price, ...head } = { price: { min: 1, typ: 1, max: 1, from: [], derivation: 'a guess', assumption: true },
    format: 'remapcheck-cost-profile', version: 1, id: 'mine', title: 'mine', clock_ghz: 3 }
  write('mine.json', JSON.stringify({ ...head, units: { lock: price } }))
  write('two.json', row({ counts: { lock: 1, ipi: 2 } }))
  const { code, err } = await run('cost compose two.json --profile mine.json', { cwd })
  expect(code).toBe(2)
  expect(err).toMatch(/profile 'mine' has no price for the unit 'ipi', which path 'one' counts/)
})
it('does not take a copy of a built-in profile that kept its name for the built-in one', async () => {
  write('copy.json', JSON.stringify({ ...xeon, units: { ...xeon.units, lock: { ...xeon.units['lock'], max: 9999 } } }))
  const { out } = await run('cost compose my-counts.json --profile copy.json', { cwd })
  expect(out).toMatch(/^composed at the prices of profile copy\.json\n/)
})
