/** Holds JSON documents against their schemas, which the files in schemas/ are made of. */
import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { formats } from '../src/report/head.ts'
import type { ReportKind } from '../src/report/report.ts'
import { documents } from '../src/report/schema/index.ts'

export const kinds = Object.keys(formats) as readonly ReportKind[]

/** What is wrong with a document, first thing first; null when it is as declared. A field that is not declared is
 *  wrong. */
export function wrongIn(document: unknown): string | null {
  const format = (document as { readonly format?: unknown } | null)?.format
  const kind = kinds.find(one => formats[one] === format)
  if (kind === undefined) return `format: ${JSON.stringify(format)} is none of ${Object.values(formats).join(', ')}`
  const { success, issues } = v.safeParse(documents[kind] as v.GenericSchema, document)
  if (success) return null
  const issue = deepest(issues[0])
  return `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`
}
/** Of a union, what is wrong with its first member that came so far. */
function deepest(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const inner = issue.issues?.[0]
  if (inner?.path === undefined) return issue
  return deepest({ ...inner, path: [...issue.path ?? [], ...inner.path] as NonNullable<typeof inner.path> })
}

/** The files of schemas/ by name, each with its text. */
export const schemaFiles = (): ReadonlyMap<string, string> => new Map(kinds.map(kind => {
  const { $schema, ...schema } = toJsonSchema(documents[kind], { ignoreActions: ['readonly'] })
  return [`${kind}.schema.json`, JSON.stringify({ $schema, title: formats[kind], ...schema }, null, 1) + '\n']
}))
