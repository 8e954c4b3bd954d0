/** What the schemas of the documents are made of. Objects are strict: a field that is not declared is a mistake. */
import * as v from 'valibot'
import { exitClasses } from '../../exit.ts'
import type { ExitName } from '../../exit.ts'
import { formats } from '../head.ts'
import type { ReportKind } from '../report.ts'

export const count = v.pipe(v.number(), v.integer(), v.minValue(0))
export const integer = v.pipe(v.number(), v.integer())
export const text = v.string()
export const list = <S extends v.GenericSchema>(of: S) => v.pipe(v.array(of), v.readonly())
export const texts = list(text)
/** By name. */
export const by = <S extends v.GenericSchema>(of: S) => v.record(text, of)
export const pair = <S extends v.GenericSchema>(of: S) => v.pipe(v.strictTuple([of, of]), v.minLength(2), v.readonly())

export const scalar = v.union([v.number(), text, v.boolean(), v.null()])
export const op = v.strictObject({ action: text, args: by(scalar) })
export const ops = list(op)
/** What a property says with its verdict: of its own shape. */
export const witness = by(v.unknown())

/** What cut a search short. */
export const stopped = v.nullable(v.picklist(['time', 'states', 'interrupted', 'memory', 'refused', 'violation',
  'mistake']))

const exitNames = exitClasses.map(({ name }) => name) as [ExitName, ...ExitName[]]

/** A document of its kind: the head that all have, then its own fields. */
export const document = <K extends ReportKind, E extends v.ObjectEntries>(kind: K, entries: E) => v.strictObject({
  format: v.literal(formats[kind]),
  tool: v.pipe(text, v.description('the program that made it')),
  version: v.pipe(text, v.description('of the program')),
  exit: v.pipe(v.strictObject({ code: count, name: v.picklist(exitNames) }),
    v.description('the exit code, and the name of its class')),
  ...entries,
})
