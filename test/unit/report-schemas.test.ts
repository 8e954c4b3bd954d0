/** The shape of the JSON documents: published as it is declared, and nothing else passes. What the suites of test/cli
 *  print is held against it there. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { json } from '../../src/report/json/index.ts'
import { formats } from '../../src/report/head.ts'
import type { Report } from '../../src/report/report.ts'
import { Tally } from '../../src/qemu/oracle/judged.ts'
import { theme } from '../../src/text/theme.ts'
import { run } from '../cli/run.ts'
import { kinds, schemaFiles, wrongIn } from '../documents.ts'

const view = { program: { tool: 'remapcheck', version: '1' }, theme: theme(false), full: false, stats: false,
  form: 'steps' as const, traces: { clause: () => null } }
const documentOf = (report: Report): unknown => JSON.parse([...json(report, view)].join(''))

describe('schemas/', () => {
  it('is what `npm run schemas` writes', () => {
    const files = new Map(readdirSync('schemas').toSorted()
      .map(name => [name, readFileSync(`schemas/${name}`, 'utf8')]))
    expect(files).toEqual(new Map([...schemaFiles()].toSorted(([a], [b]) => a < b ? -1 : 1)))
  })
  it.each(kinds)('%s: says its format, and takes no other field', kind => {
    const schema = JSON.parse(schemaFiles().get(`${kind}.schema.json`)!) as Record<string, unknown>
    expect(schema).toMatchObject({ title: formats[kind], type: 'object', additionalProperties: false,
      properties: { format: { const: formats[kind] } } })
    expect(schema['required']).toEqual(expect.arrayContaining(['format', 'tool', 'version', 'exit']))
  })
})

// `run` holds each against its schema.
it.each([
  ['list --json', 0], ['cost --json', 0], ['check no-iommu --scope mapping --json', 0],
  ['check ring0-strict --iommu vtd --scope mapping --driver random --seed 1 --runs 2 --json', 4],
  ['check ring0-strict@vtd --bounds frames=1,iovas=1 --symmetry --json', 0],
  ['validate traces/linux/vtd-strict-timed.trace.log.gz --ftrace traces/linux/vtd-strict-timed.ftrace.txt.gz --json',
    0],
  ['validate traces/linux/vtd-sm.trace.log.gz --tables traces/linux/vtd-sm.tables.json-pages.gz --json', 0],
])('%s', async (line, exit) => {
  const { code, out } = await run(line)
  expect(code).toBe(exit)
  expect(wrongIn(JSON.parse(out))).toBe(null)
})

describe('what needs QEMU', () => {
  const comparison = { request: 'read', model: 'lands', qemu: 'faults', clause: null }
  it('the oracle, with a difference', () => {
    const tally = new Tally()
    tally.reason(2)
    tally.outcome('write, 2 MiB')
    const difference = { suite: 'walks', setup: '39-bit', seed: 1, shrinks: 2, one: { any: ['thing'] },
      differences: [comparison] } as const
    const oracle = {
      iommu: 'vtd', reasons: [{ code: 2, shown: true }], states: ['hit'], exceptions: [],
      version: { major: 7, minor: 2, micro: 0 }, seed: 1, cases: 3,
      setups: [{ suite: 'walks', setup: '39-bit', cases: 3 }],
      skipped: [{ suite: 'first-stage', setup: 'first-stage-48-bit', from: 10 }], tally, differences: [difference],
      interrupted: false, time: { generate: 1, encode: 1, model: 1, qemu: 1, judge: 1 }, elapsed: 5.5,
    } as const
    const document = documentOf({ kind: 'oracle', exit: 'violated', oracle, saved: new Map() })
    expect(wrongIn(document)).toBe(null)
    expect(document).toMatchObject({ version: '1', qemu: '7.2.0', exit: { code: 1 } })
  })
  it('one case of it again', () => {
    const requests = [{ ...comparison, verdict: 'different' }, { ...comparison, verdict: [] }] as const
    expect(wrongIn(documentOf({ kind: 'oracle-replay', exit: 'violated', suite: 'walks', setup: '39-bit', requests })))
      .toBe(null)
  })
  it('a trace on it', async () => {
    const { out } = await run('replay traces/known/no-access-after-unmap-ring0-deferred-????.json --json')
    const plain = JSON.parse(out) as { traces: object[] }
    const done = { kind: 'dma', says: 'x', qemu: { kind: 'landed', frame: 0 }, cached: true, note: null,
      model: { kind: 'blocked', reason: 5 }, same: false } as const
    const limit = { name: 'never-ends', says: 'x', clause: null, clauseSays: null }
    const qemu = { version: '7.2.0', verdict: 'differs', step: 1, limits: [limit],
      steps: [{ limits: ['never-ends'], done: [done] }] }
    expect(wrongIn({ ...plain, traces: plain.traces.map(trace => ({ ...trace, qemu })) })).toBe(null)
  })
})

describe('a wrong document is refused', () => {
  const right = documentOf({ kind: 'list', exit: 'holds', lists: [{ name: 'exits', says: '', rows: [['0', 'holds']] }],
    named: true }) as object
  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /^format: undefined is none of remapcheck-check\/1, /],
    ['another format', { ...right, format: 'remapcheck-list/1' }, /^format: "remapcheck-list\/1" is none of /],
    ['a field that is not declared', { ...right, more: 1 }, /^more: /],
    ['one that is missing', { ...right, version: undefined }, /^version: /],
    ['no class of exit', { ...right, exit: { code: 0, name: 'well' } }, /^exit\.name: /],
    ['a value deep inside', { ...right, exits: [['0', 0]] }, /^exits\.0\.1: /],
  ])('%s', (_name, document, says) => {
    expect(wrongIn(right)).toBe(null)
    expect(wrongIn(document)).toMatch(says)
  })
})
