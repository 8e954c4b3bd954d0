/** Cases in files: what a difference came down to, to be run again. */
import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { badJson } from '../../text/json-position.ts'
import type { Difference } from './drive.ts'
import { suiteNames } from './suite.ts'
import type { SuiteName } from './suite.ts'
import type { Setup } from './setup.ts'

const format = 'remapcheck-oracle'
/** Raised when files of before can no longer be read. */
const version = 1
const schema = v.object({
  format: v.literal(format), version: v.number(), suite: v.picklist(suiteNames), setup: v.string(), seed: v.number(),
  case: v.unknown(),
  /** For people; not read. */
  differences: v.optional(v.unknown()),
})

export const fileName = ({ suite, setup, seed }: Difference): string =>
  `${suite}-${setup}-${(seed >>> 0).toString(16)}.json`
export function fileText({ suite, setup, seed, one, differences }: Difference): string {
  return JSON.stringify({ format, version, suite, setup, seed, case: one,
    differences } satisfies v.InferInput<typeof schema>, null, 2) + '\n'
}

export interface SavedCase { readonly suite: SuiteName; readonly setup: Setup; readonly one: unknown }
/** @throws UserError E-ORACLE-JSON, E-ORACLE-FORMAT, E-ORACLE-VERSION, E-ORACLE-SETUP, each naming `file`. */
export function readCase(text: string, file: string, setups: readonly Setup[]): SavedCase {
  const wrong = (code: string, problem: string, next = 'give a file that remapcheck oracle has saved',
    subject = file): UserError => new UserError({ code: `E-ORACLE-${code}`, subject, problem, next })
  const bad = badJson(text)
  if (bad !== null) throw wrong('JSON', bad.problem, 'mend the file at this place, or copy it again', file + bad.place)
  const { success, output, issues } = v.safeParse(schema, JSON.parse(text))
  if (!success) throw wrong('FORMAT', `${v.getDotPath(issues[0]) ?? 'it'}: ${issues[0].message}`)
  if (output.version !== version)
    throw wrong('VERSION', `is of version ${output.version}, this remapcheck reads ${version}`,
      'make it anew: remapcheck oracle')
  const setup = setups.find(one => one.suite === output.suite && one.name === output.setup)
  if (setup === undefined) throw wrong('SETUP', `no machine of ${output.suite} is named '${output.setup}'`)
  return { suite: output.suite, setup, one: output.case }
}
