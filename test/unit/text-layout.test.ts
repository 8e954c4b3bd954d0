/** Text in columns: nothing is cut, and nothing is wider than it may be. */
import { expect, test } from 'vitest'
import { fold, packLines, sharedWidths, wrapMessage } from '../../src/text/layout.ts'

test('a column folds at spaces and slashes, and within a word only where that is longer than a line', () => {
  expect(fold('migrateInterrupt/writeMessageAddress cpu=0', 20))
    .toEqual(['migrateInterrupt/', 'writeMessageAddress', 'cpu=0'])
  expect(fold('abcdefgh ij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(fold('', 4)).toEqual([''])
})

test('columns are as wide as they want; the widest share what is left', () => {
  expect(sharedWidths([5, 60, 60], 200)).toEqual([5, 60, 60])
  expect(sharedWidths([60, 5, 40], 65)).toEqual([30, 5, 30])
  expect(sharedWidths([20, 20], 1)).toEqual([1, 1])
})

test('pieces stand side by side; one that is too long takes lines of its own, whole words each', () => {
  expect(packLines([{ text: 'one' }, { text: 'a piece that is long' }, { text: 'two' }], 10))
    .toEqual(['one', 'a piece', 'that is', 'long  two'])
  expect(packLines([{ text: '    indented' }], 12)).toEqual(['    indented'])
})

test('a message breaks between words, hangs below its beginning, and leaves what stands below as it is', () => {
  const text = 'x.mjs: what is wrong here [E-X]\n  → what to do about it\n      > 1 | a   b'
  expect(wrapMessage(text, Infinity)).toBe(text)
  expect(wrapMessage(text, 20).split('\n')).toEqual(['x.mjs: what is', '  wrong here [E-X]',
    '  → what to do about', '    it', '      > 1 | a   b'])
})
