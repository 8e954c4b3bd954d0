/** Patterns with wildcards: as a regular expression would have it, and without its endless search. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsName, fitsPath } from '../../src/glob.ts'

const few = (...letters: readonly string[]) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 })

describe('a pattern', () => {
  it('fits the names that its regular expression fits', () => {
    let fitting = 0
    fc.assert(fc.property(few('a', 'b', '.', '*', '?'), few('a', 'b', '.'), (pattern, name) => {
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`)
      if (regex.test(name)) fitting++
      expect(fitsName(pattern, name)).toBe(regex.test(name))
    }), { numRuns: 5000 })
    expect(fitting).toBeGreaterThan(100)
  })
  it('fits the paths that it names, with any folders for **', () => {
    const path = ['a', 'b', 'no-x.json']
    for (const pattern of ['a/b/no-x.json', '*/*/*', '**/*.json', '**/b/*', 'a/**/**/b/no-?.json', '**/**/**', 'a/**'])
      expect(fitsPath(pattern.split('/'), path), pattern).toBe(true)
    for (const pattern of ['*', 'a/*', 'a/b', '**/c/**', 'b/**', '**/a', 'a/b/no-x.json/**/x', ''])
      expect(fitsPath(pattern.split('/'), path), pattern).toBe(false)
  })
  it('of many stars takes no longer than the product of the lengths', () => {
    expect(fitsName(`${'*a'.repeat(200)}x`, 'a'.repeat(1000))).toBe(false)
    expect(fitsPath([...Array.from({ length: 50 }, () => ['**', 'a']).flat(), 'x'],
      Array.from({ length: 200 }, () => 'a'))).toBe(false)
  })
})
