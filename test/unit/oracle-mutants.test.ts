/** The faults that the oracle has to find: each has its place in the text of today, and the page says what was found.
 *  */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { edited } from '../mutants/checker.ts'
import { modelEdits } from '../mutants/oracle-model.ts'

it('each fault put into a model has one place there', () => {
  expect(modelEdits.length).toBeGreaterThanOrEqual(30)
  expect(new Set(modelEdits.map(({ name }) => name)).size).toBe(modelEdits.length)
  for (const edit of modelEdits) expect(edited(edit, readFileSync(edit.file, 'utf8'))).not.toBe('')
})
it('docs/oracle.md has the number of faults', () => {
  expect(readFileSync('docs/oracle.md', 'utf8')).toContain(`Of ${modelEdits.length} faults`)
})
