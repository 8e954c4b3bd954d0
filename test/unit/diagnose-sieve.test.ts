/** The quick look at a line says no only where no pattern matches. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signWords } from '../../src/diagnose/kinds.ts'
import { knownWords, Notebook } from '../../src/diagnose/known.ts'
import { openReaders } from '../../src/diagnose/readers.ts'
import { Sieve } from '../../src/diagnose/sieve.ts'

describe('a sieve', () => {
  const patterns = [signWords, knownWords, ...openReaders(new Notebook()).map(({ words }) => words)]
  it('lets all lines of real files through that a pattern matches, and few others', () => {
    const sieve = new Sieve(patterns)
    const folder = 'test/real-machines/cases'
    const lines = readdirSync(folder).flatMap(file => readFileSync(`${folder}/${file}`, 'latin1').split('\n'))
    const wanted = lines.filter(line => patterns.some(({ source }) => new RegExp(source).test(line)))
    expect(wanted.length).toBeGreaterThan(150)
    expect(wanted.filter(line => !sieve.may(line))).toEqual([])
    const ordinary = ['systemd[1]: Started Journal Service.', 'x86/fpu: Supporting XSAVE feature 0x001: x87 registers',
      'EXT4-fs (vda1): mounted filesystem with ordered data mode', 'input: Power Button']
    expect(ordinary.filter(line => sieve.may(line))).toEqual([])
  })
  it.each(patterns.map(({ source }) => [source]))('finds a text in every match of /%s/', source => {
    const sieve = new Sieve([new RegExp(source)])
    fc.assert(fc.property(fc.stringMatching(new RegExp(source)), match => sieve.may(match)), { numRuns: 40 })
  })
  it.each<[string, string, boolean]>([
    ['abcd', 'xabcdx', true], ['abcd', 'abc', false], ['ab(?:cdef|ghij)', 'abghij', true], ['abcde?f', 'abcdf', true],
    ['x+abcd', 'xxabcd', true], ['(?:abcd|[0-9]wxyz)', '7wxyz', true], ['abcd{2}', 'abcdd', true],
    ['(?:abcd)?wxyz', 'abcd', false], ['\\[a\\.bc\\]', '[a.bc]', true],
  ])('of /%s/ and %j', (source, line, may) => { expect(new Sieve([new RegExp(source)]).may(line)).toBe(may) })
  it.each(['a|bcdef', 'ab?cd', '[a-z]+', '\\d{4}', 'abc(?:d|e)?'])('refuses /%s/, which says too little', source => {
    expect(() => new Sieve([new RegExp(source)])).toThrow(/no text of 4 letters/)
  })
})
