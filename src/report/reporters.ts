/** Reporters: each makes text of every kind of report. The one place that knows them all; a verb knows none. */
import { json } from './json/index.ts'
import type { Report } from './report.ts'
import { text } from './text/index.ts'
import type { View } from './view.ts'

/** In pieces, each ready to print: a report may be longer than a string can be. */
export type Reporter = (report: Report, view: View) => Iterable<string>

export const reporters = { text, json } as const satisfies Readonly<Record<string, Reporter>>
