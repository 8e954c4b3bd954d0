/** Flags: declared once a verb, from which parsing, help and messages derive. */
import { parseArgs } from 'node:util'
import { suggest, usage } from '../errors.ts'
import type { UserError } from '../errors.ts'
import type { ExitName } from '../exit.ts'
import { fitsName } from '../glob.ts'
import type { Io } from './io.ts'

export interface Option {
  readonly says: string
  /** What stands for the value in help; a flag without value where not given. */
  readonly value?: string
  /** As `value`, of one that may be left out: `--flag` or `--flag=VALUE`. */
  readonly optional?: string
}
export type Options = Readonly<Record<string, Option>>
/** Values of options with a value are strings, of the others booleans; `true` where a value was left out. */
export type Flags<O extends Options> = { readonly [K in keyof O]?:
  O[K] extends {
    readonly value: string
  } ? string : O[K] extends { readonly optional: string } ? string | true : boolean }

export interface Verb<O extends Options = Options> {
  readonly name: string
  /** `FILE…`; empty where the verb takes none. */
  readonly operands: string
  readonly says: string
  readonly examples: readonly (readonly [command: string, says: string])[]
  readonly options: O
}
/** A verb that is run: its own words and flags, and what it does with them. */
export interface Command<O extends Options = Options> extends Verb<O> {
  /** Gives the class of the exit code. @throws UserError. */
  readonly run: (args: readonly string[], io: Io) => Promise<ExitName>
}

/** @throws UserError E-USAGE for an unknown flag, a flag without its value, a value where none belongs. */
export function parse<O extends Options>(verb: Verb<O>,
  args: readonly string[]): { readonly flags: Flags<O>; readonly operands: string[] } {
  const { options } = verb
  const { tokens } = parseArgs({
    args: [...args], strict: false, allowPositionals: true, tokens: true,
    options: Object.fromEntries(Object.entries(options)
      .map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }])),
  })
  const flags: Record<string, string | boolean> = {}
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    const option = Object.hasOwn(options, name) ? options[name] : undefined
    if (option === undefined) throw unknownFlag(verb, rawName)
    if (option.optional !== undefined && value === '')
      throw usage(rawName, `needs a value after '=': ${rawName}=${option.optional}`, `or ${rawName} alone`)
    if (option.value === undefined && option.optional === undefined && value !== undefined)
      throw usage(rawName, `takes no value, given '${value}'`, `leave '=${value}' out`)
    if (option.value !== undefined && (value === undefined || value === '' || (!inlineValue && value.startsWith('--'))))
      throw usage(rawName, `needs a value: ${rawName} ${option.value}`, `remapcheck ${verb.name} --help`)
    if (Object.hasOwn(flags, name)) throw usage(rawName, 'given twice', 'give it once')
    flags[name] = value ?? true
  }
  return { flags: flags as Flags<O>, operands }
}

function unknownFlag(verb: Verb, flag: string): UserError {
  const known = [...Object.keys(verb.options), 'help'].map(name => `--${name}`)
  return usage(flag, `'${verb.name}' has no such flag`, suggest(flag, known, `it has ${known.join(' ')}`))
}

/** A whole number in decimal or 0x form. @throws UserError. */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = /^(?:0x[0-9a-f]+|-?\d+)$/i.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw usage(flag, `'${text}' is not a whole number from ${least} to ${most}`,
    `for example ${flag} ${most < 1000 ? Math.max(least, 2) : Math.max(least, 1000)}`)
}

/** Seconds of `30s`, `2m`, `500ms` or `30`. @throws UserError. */
export function seconds(flag: string, text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text)
  if (found === null || Number(found[1]) === 0)
    throw usage(flag, found === null ? `'${text}' is not a time` : `the time must be more than 0, given ${text}`,
      `for example ${flag} 30s, 500ms or 2m`)
  return Number(found[1]) * { ms: 0.001, s: 1, m: 60, h: 3600 }[(found[2] ?? 's') as 'ms' | 's' | 'm' | 'h']
}

/** Bytes of `500MB`, `2GB` or `1.5GiB`. @throws UserError. */
export function bytes(flag: string, text: string, least: number, most: number): number {
  const found = /^(\d+(?:\.\d+)?)(KB|MB|GB|KiB|MiB|GiB)$/i.exec(text)
  if (found === null) throw usage(flag, `'${text}' is not a size`, `for example ${flag} 500MB or 2GB`)
  const unit = found[2]!.toLowerCase() as 'kb' | 'mb' | 'gb' | 'kib' | 'mib' | 'gib'
  const value = Number(found[1]) * { kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 }[unit]
  if (value >= least && value <= most) return value
  throw usage(flag, `${text} is not from ${least / 1e6} MB to ${most / 2 ** 30} GiB`,
    `for example ${flag} 500MB or 2GB`)
}

/** Whether a pattern is one name. */
export const isName = (pattern: string): boolean => !/[*?]/.test(pattern)
/** Names that match a pattern with `*` and `?`. @throws UserError naming the nearest when none does. */
export function matching(flag: string, pattern: string, known: readonly string[]): string[] {
  const found = known.filter(name => fitsName(pattern, name))
  if (found.length > 0) return found
  throw usage(flag, `nothing is named '${pattern}'`,
    suggest(pattern, known, `there are ${[...new Set(known)].join(', ')}`))
}
