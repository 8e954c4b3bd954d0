/** What a step changed, and how values of declared domains are written for people. */
import type { Domain, Fields, Index } from '../model/index.ts'

/** How a number is written: of an id by the name of its scalarset (else name and number, `device0`), of another by the
 *  name of the field that holds it (`reason`). */
export type Names = Readonly<Record<string, (id: number) => string>>

/** `+` came (a list element, a flag, what was null), `-` went, `~` became; with the value written out where it is more
 *  than a flag. */
export interface Change {
  readonly sign: '+' | '-' | '~'
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** Leaves that differ, in declaration order. Elements of a list come and go; those that only moved up are no change. */
export function diff(domain: Domain, before: unknown, after: unknown, names: Names = {}, path = ''): Change[] {
  if (before === after) return []
  switch (domain.kind) {
    case 'struct': return diffFields(domain.fields, before, after, names, path)
    case 'table': return (after as unknown[]).flatMap((value, i) =>
      diff(domain.of, (before as unknown[])[i], value, names, `${path}[${showKey(domain.key, i, names)}]`))
    case 'list': return diffList(domain.of, before as unknown[], after as unknown[], names, path)
    case 'optional':
      if (before !== null && after !== null) return diff(domain.of, before, after, names, path)
      return changed(domain, before, after, names, path)
    case 'variant': {
      const [was, is] = [before, after].map(value => (value as Record<string, string>)[domain.tag]!)
      return was === is ? diffFields(domain.cases[is!]!, before, after, names, path)
        : changed(domain, before, after, names, path)
    }
    case 'bool': case 'range': case 'oneOf': case 'scalarset': return changed(domain, before, after, names, path)
  }
}

function changed(domain: Domain, before: unknown, after: unknown, names: Names, path: string): Change[] {
  const field = /\w*$/.exec(path)![0]
  const absent = (value: unknown): boolean => value === null || value === false
  const text = (value: unknown): string | null =>
    absent(value) || domain.kind === 'bool' ? null : showField(field, domain, value, names)
  const unadded = absent(after) ? '-' : '~'
  return [{ sign: absent(before) ? '+' : unadded, path, before: text(before), after: text(after) }]
}

function diffFields(fields: Fields, before: unknown, after: unknown, names: Names, path: string): Change[] {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>]
  return Object.entries(fields)
    .flatMap(([name, of]) => diff(of, was[name], is[name], names, path === '' ? name : `${path}.${name}`))
}

function diffList(of: Domain, before: readonly unknown[], after: readonly unknown[], names: Names,
  path: string): Change[] {
  const [was, is] = [before, after].map(values => values.map(value => showValue(of, value, names)))
  const kept = longestCommon(was!, is!)
  if (before.length === after.length && kept.every(([i, j]) => i === j))
    return after.flatMap((value, i) => diff(of, before[i], value, names, `${path}[${i}]`))
  const went = was!.flatMap((text, i): Change[] =>
    kept.some(([k]) => k === i) ? [] : [{ sign: '-', path, before: text, after: null }])
  const came = is!.flatMap((text, j): Change[] =>
    kept.some(([, k]) => k === j) ? [] : [{ sign: '+', path, before: null, after: text }])
  return [...went, ...came]
}

/** Index pairs of a longest common subsequence. Lists of a model hold a few elements. */
function longestCommon(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const length = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i]![j] = a[i] === b[j] ? length[i + 1]![j + 1]! + 1 : Math.max(length[i + 1]![j]!, length[i]![j + 1]!)
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length;)
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if (length[i + 1]![j]! >= length[i]![j + 1]!) i++
    else j++
  return pairs
}

/** `+ iotlb[0][1] {did 0, frame1, write}`, `- granted[frame1]`, `~ head 0 → 1` */
export function showChange({ sign, path, before, after }: Change): string {
  return [sign, path, ...(before === null ? [] : [before]), ...(sign === '~' ? ['→'] : []),
    ...(after === null ? [] : [after])].join(' ')
}

/** `{did 0, frame1, write, !valid}`: a flag is its name, an id whose label starts with the field's name stands alone,
 *  null is left out. */
export function showValue(domain: Domain, value: unknown, names: Names = {}): string {
  if (value === null || value === undefined) return String(value)
  switch (domain.kind) {
    case 'bool': case 'range': case 'oneOf': return String(value)
    case 'scalarset': return label(domain.name, value as number, names)
    case 'optional': return showValue(domain.of, value, names)
    case 'struct': return `{${showPresent(domain.fields, value as Record<string, unknown>, names)}}`
    case 'table': case 'list':
      return `[${(value as unknown[]).map(one => showValue(domain.of, one, names)).join(', ')}]`
    case 'variant': {
      const record = value as Record<string, unknown>
      const tag = String(record[domain.tag])
      const fields = showPresent(domain.cases[tag] ?? {}, record, names)
      return fields === '' ? tag : `${tag} {${fields}}`
    }
  }
}

function showPresent(fields: Fields, value: Readonly<Record<string, unknown>>, names: Names): string {
  return showFields(Object.fromEntries(Object.entries(fields).filter(([name]) => value[name] !== null)), value, names)
    .join(', ')
}

/** Each field with its name: `did 0`, `write`, `!valid`; `between` stands between name and value. */
export function showFields(fields: Fields, value: Readonly<Record<string, unknown>>, names: Names = {},
  between = ' '): string[] {
  return Object.entries(fields)
    .map(([name, of]) => named(name, value[name], showField(name, of, value[name], names), between))
}
const showField = (name: string, domain: Domain, value: unknown, names: Names): string =>
  domain.kind === 'range' && typeof value === 'number' && Object.hasOwn(names, name) ? names[name]!(value)
    : showValue(domain, value, names)

/** The same for a record whose domains are not declared: a number under the name of a scalarset is one of its ids. */
export function showLoose(record: Readonly<Record<string, unknown>>, scalarsets: ReadonlySet<string>,
  names: Names = {}): string[] {
  return Object.entries(record).map(([name, value]) => {
    if (typeof value === 'number' && (scalarsets.has(name) || Object.hasOwn(names, name)))
      return named(name, value, label(name, value, names), ' ')
    return named(name, value, typeof value === 'string' ? value : JSON.stringify(value) ?? String(value), ' ')
  })
}

function named(name: string, value: unknown, text: string, between: string): string {
  if (typeof value === 'boolean') return value ? name : `!${name}`
  return typeof value === 'number' && text.startsWith(name) ? text : `${name}${between}${text}`
}

function showKey(key: Index, i: number, names: Names): string {
  return key.kind === 'range' ? String(i) : label(key.name, i, names)
}
function label(scalarset: string, id: number, names: Names): string {
  return Object.hasOwn(names, scalarset) ? names[scalarset]!(id) : `${scalarset}${id}`
}

/** Names of all scalarsets within a domain. */
export function scalarsetsOf(domain: Domain): string[] {
  switch (domain.kind) {
    case 'bool': case 'range': case 'oneOf': return []
    case 'scalarset': return [domain.name]
    case 'optional': case 'list': return scalarsetsOf(domain.of)
    case 'table': return [...(domain.key.kind === 'scalarset' ? [domain.key.name] : []), ...scalarsetsOf(domain.of)]
    case 'struct': return Object.values(domain.fields).flatMap(scalarsetsOf)
    case 'variant': return Object.values(domain.cases).flatMap(fields => Object.values(fields).flatMap(scalarsetsOf))
  }
}
