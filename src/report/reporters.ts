/** Reporters: each makes text of every kind of report. The one place that knows them all; a verb knows none. */
import type { Report } from './report.ts'
import type { View } from './view.ts'

/** In pieces, each ready to print: a report may be longer than a string can be. */
export type Reporter = (report: Report, view: View) => AsyncIterable<string> | Iterable<string>

export const reporters = {
  text: async () => (await import('./text/index.ts')).text,
  json: async () => (await import('./json/index.ts')).json,
  junit: async () => (await import('./junit.ts')).junit,
  github: async () => (await import('./github.ts')).github,
  markdown: async () => (await import('./markdown.ts')).markdown,
  sarif: async () => (await import('./sarif.ts')).sarif,
} as const satisfies Readonly<Record<string, () => Promise<Reporter>>>
export type ReporterName = keyof typeof reporters
export const reporterNames = Object.keys(reporters) as readonly ReporterName[]
