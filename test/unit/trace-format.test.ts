/** Trace files: what is written reads back the same, and every bad file gets its own message with a place. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPrintable, UserError } from '../../src/errors.ts'
import { machine, struct, bool, actionsOf } from '../../src/model/index.ts'
import { formatTrace, limit_bytes, parseTrace, specHash, traceFields, traceFormat } from '../../src/trace/format.ts'
import type { Trace } from '../../src/trace/format.ts'
import { jsonFault } from '../../src/text/json-position.ts'
import { toy, toyTrace } from '../golden/toy.ts'

const good = formatTrace(toyTrace())
const edited = (edit: (raw: Record<string, unknown>) => void): string => {
  const raw = JSON.parse(good) as Record<string, unknown>
  edit(raw)
  return JSON.stringify(raw)
}
function mistake(text: string): { code: string; subject: string; message: string; next: string; exitCode: number } {
  try { parseTrace(text, 'a.json') } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('was accepted')
}

const word = fc.stringMatching(/^[a-z][a-z0-9. -]{0,8}$/)
const words = fc.oneof(word, fc.string({ unit: 'grapheme' }).filter(isPrintable))
const scalar = fc.oneof(fc.integer(), words, fc.boolean(), fc.constant(null))
const traces: fc.Arbitrary<Trace> = fc.record({
  design: word, bounds: fc.dictionary(word, fc.oneof(fc.nat(), fc.boolean(), word)), property: word, because: words,
  ops: fc.array(fc.record({ action: word, args: fc.dictionary(word, scalar) })),
  found: fc.record({ driver: fc.constantFrom('exhaustive', 'random', 'hand'), shortest: fc.boolean(),
    seed: fc.integer(), run: fc.nat() },
  { requiredKeys: ['driver', 'shortest'] }),
}, { noNullPrototype: true }).map(random => toyTrace(random as Partial<Trace>))

describe('the text of a trace', () => {
  it('reads back to an equal trace, and is then written the same', () => {
    fc.assert(fc.property(traces, trace => {
      const text = formatTrace(trace)
      const back = parseTrace(text, 'x')
      expect(back).toEqual(trace)
      expect(formatTrace(back)).toBe(text)
    }))
  })

  it('holds one op a line', () => {
    const lines = good.split('\n').filter(line => line.includes('"action"'))
    expect(lines).toHaveLength(4)
    expect(lines[1]).toBe('    { "action": "iotlb.fill", "args": { "device": 0, "page": 0 } },')
  })

  it('is described field by field in docs/traces.md', () => {
    const doc = readFileSync(new URL('../../docs/traces.md', import.meta.url), 'utf8')
    for (const { field, says } of traceFields) {
      expect(says).not.toBe('')
      expect(doc).toContain(`| \`${field}\` | ${says} |`)
    }
    expect(doc).toContain(good)
  })
})

describe('a bad trace file', () => {
  it.each([
    ['empty', '', 'E-TRACE-EMPTY', 'a.json', /empty/],
    ['blank', ' \n\n', 'E-TRACE-EMPTY', 'a.json', /empty/],
    ['not JSON', 'hello', 'E-TRACE-JSON', 'a.json:1:1', /not JSON/],
    ['broken inside', '{\n  "format": "x",\n  oops\n}', 'E-TRACE-JSON', 'a.json:3:3', /not JSON/],
    ['two documents', `${good}${good}`, 'E-TRACE-JSON', `a.json:${good.split('\n').length}:1`, /not JSON/],
    ['truncated', good.slice(0, 200), 'E-TRACE-TRUNCATED', 'a.json:7:25', /ends in the middle/],
    ['foreign', '{"lockfileVersion": 3}', 'E-TRACE-FOREIGN', 'a.json', /not a trace/],
    ['a bare value', 'null', 'E-TRACE-FOREIGN', 'a.json', /not a trace/],
    ['newer', edited(raw => { raw['version'] = 2 }), 'E-TRACE-NEWER', 'a.json', /version 2/],
    ['older', edited(raw => { raw['version'] = 0 }), 'E-TRACE-OLDER', 'a.json', /version 0/],
    ['version of another type', edited(raw => { raw['version'] = '1' }), 'E-TRACE-FIELD', 'a.json',
      /^version: "1", expected 1$/],
    ['version nested deep', `{"format":"${traceFormat}","version":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'E-TRACE-FIELD', 'a.json', /^version: Array, expected 1$/],
    ['field missing', edited(raw => { delete raw['property'] }), 'E-TRACE-FIELD', 'a.json', /^property: missing$/],
    ['field unknown', edited(raw => { raw['sead'] = 1 }), 'E-TRACE-FIELD', 'a.json', /^sead: no such field$/],
    ['field inside an op', edited(raw => { raw['ops'] = [{ action: 'map', args: {} }, { action: 7, args: {} }] }),
      'E-TRACE-FIELD', 'a.json', /^ops\.1\.action: 7, expected string$/],
    ['argument that is no scalar', edited(raw => { raw['ops'] = [{ action: 'map', args: { page: [] } }] }),
      'E-TRACE-FIELD', 'a.json', /^ops\.0\.args\.page: Array, expected/],
    ['number that is not whole', edited(raw => { raw['ops'] = [{ action: 'map', args: { page: 0.5 } }] }),
      'E-TRACE-FIELD', 'a.json', /^ops\.0\.args\.page: 0\.5, expected a whole number$/],
    ['digest too short', edited(raw => { raw['specHash'] = 'abc' }), 'E-TRACE-FIELD', 'a.json',
      /^specHash: "abc", expected 12 hex/],
    ['text that turns the direction of writing', edited(raw => { raw['because'] = 'a\u202eb' }), 'E-TRACE-FIELD',
      'a.json', /^because: "a\?b", expected .*control characters$/],
    ['line end in a name', edited(raw => { raw['design'] = 'toy\nviolated' }), 'E-TRACE-FIELD', 'a.json',
      /^design: "toy violated", expected .*control characters$/],
    ['escape sequence', edited(raw => { raw['because'] = '\u001b[2J' }), 'E-TRACE-FIELD', 'a.json',
      /^because: .*control characters$/],
    ['too large', `${good}${' '.repeat(limit_bytes)}`, 'E-TRACE-SIZE', 'a.json', /bytes; a trace has at most/],
  ])('%s', (_name, text, code, subject, problem) => {
    const error = mistake(text)
    expect(error.code).toBe(code)
    expect(error.subject.startsWith(subject)).toBe(true)
    expect(error.message).toMatch(problem)
    expect(error.message).not.toContain('\n')
    expect(error.next).not.toBe('')
    expect(error.exitCode).toBe(2)
  })

  it('is never accepted when cut anywhere, nor does reading it fail in another way', () => {
    fc.assert(fc.property(fc.nat({ max: good.trimEnd().length - 1 }), at => {
      expect(mistake(good.slice(0, at)).code).toMatch(/^E-TRACE-(EMPTY|TRUNCATED)$/)
    }))
  })

  it.each([
    ['an open string', `{"a": "${'x'.repeat(1e6)}`, true], ['many escapes', `["${'a\\n'.repeat(4e5)}\u0001"`, false],
    ['deep nesting', '['.repeat(1e6), true], ['a cut escape', '"\\u12', true], ['a cut word', '[tru', true],
    ['a wrong escape', '"\\x1', false],
  ])('of any size or depth is placed: %s',
    (_name, text, truncated) => { expect(jsonFault(text)?.truncated).toBe(truncated) })

  it('whose JSON is broken is found broken exactly when JSON.parse finds it', () => {
    const damaged = fc.tuple(fc.json(), fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', '\\', '1', ':', 'nul', '-', '\u0001', '[', '{'))
      .map(([json, at, dirt]) => { const i = at % (json.length + 1); return json.slice(0, i) + dirt + json.slice(i) })
    fc.assert(fc.property(fc.oneof(damaged, fc.json(), fc.string()), text => {
      let broken = false
      try { JSON.parse(text) } catch { broken = true }
      expect(jsonFault(text) !== null).toBe(broken)
    }), { numRuns: 2000 })
  })
})

describe('the digest of a machine', () => {
  it('is of its declaration only: the same again, another for another domain, action, parameter or property', () => {
    expect(specHash(toy)).toMatch(/^[0-9a-f]{12}$/)
    expect(specHash({ ...toy })).toBe(specHash(toy))
    const others = [
      { ...toy, properties: toy.properties.slice(1) },
      { ...toy, actions: toy.actions.slice(1) },
      { ...toy, actions: toy.actions.map(action => ({ ...action, params: {} })) },
      machine({ name: 'toy', domain: struct({ on: bool }), initial: { on: false },
        actions: [actionsOf<{ on: boolean }, never>()('x', {
          agent: 'a', when: () => true, then: () => {} })] }),
    ].map(specHash)
    expect(new Set([specHash(toy), ...others]).size).toBe(5)
  })
})

it('names the format it writes', () => { expect(good).toContain(`"format": "${traceFormat}"`) })
