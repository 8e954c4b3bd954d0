/** The document of a run that ended before it had a report. */
import * as v from 'valibot'
import { document, text, texts } from './parts.ts'

export const error = document('error', {
  error: v.strictObject({
    code: v.pipe(text, v.description('short and stable, like E-DESIGN')),
    subject: v.pipe(text, v.description('where: a file with line and column, a flag, a name')),
    problem: v.pipe(text, v.description('what is wrong, in one line')),
    next: v.pipe(text, v.description('what to do about it')),
    below: v.pipe(texts, v.description('more lines, such as the steps that lead there')),
  }),
})
