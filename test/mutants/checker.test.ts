/** The faults that are put into the checker still have a place in it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { edited, edits } from './checker.ts'

test('there are many, each with a name of its own', () => {
  expect(edits.length).toBeGreaterThanOrEqual(80)
  expect(new Set(edits.map(({ name }) => name)).size).toBe(edits.length)
})
test.each(edits)('$name: $fault', edit => {
  const text = readFileSync(edit.file, 'utf8')
  expect(edited(edit, text)).not.toBe(text)
  for (const suite of edit.also ?? []) expect(readFileSync(suite, 'utf8')).toMatch(/\btest\b/)
})
