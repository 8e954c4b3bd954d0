/** What a design declares, checked where it is used: domains that are none, and names that nothing has, would else pass
 *  as a design that does less. */
import { ModelError } from '../../src/model/index.ts'
import type { Domain, Fields } from '../../src/model/index.ts'
import type { CallSpec, Sizes } from '../step.ts'
import type { Design } from './design.ts'

/** The fields of its state or registers; null where it declares none. @throws ModelError where they are no domains. */
export function fieldsOf(design: Design, what: 'state' | 'registers', sizes: Sizes): Fields | null {
  const of = design[what]
  if (of === null) return null
  const fields = domains(what, () => of(sizes))
  const taken = what === 'state' ? undefined : Object.keys(fields).find(name => builtInRegisters.includes(name))
  if (taken !== undefined) throw new ModelError(`registers.${taken}: every call has a register of this name`)
  return fields
}
const builtInRegisters: readonly string[] = ['call', 'step', 'device', 'domain', 'iova', 'frame', 'write', 'page',
  'source', 'to', 'from']
/** The arguments of a call. @throws ModelError */
export function paramsOf(name: string, { params }: CallSpec, sizes: Sizes): Fields {
  const fields = params === undefined ? {} : domains(`params of ${name}`, () => params(sizes))
  if (Object.hasOwn(fields, 'cpu'))
    throw new ModelError(`params of ${name}.cpu: the CPU that calls is an argument anyway`)
  return fields
}
/** By kind: the fields of the design's own observations. @throws ModelError */
export function observationsOf({ observations: of }: Design, sizes: Sizes): Readonly<Record<string, Fields>> {
  const kinds = of === null ? {} : answered('observations', () => of(sizes))
  for (const [kind, fields] of Object.entries(kinds)) domains(`observations.${kind}`, () => fields)
  return kinds
}

function answered<T>(what: string, work: () => T): T {
  try { return work() } catch (cause) {
    throw new ModelError(`${what} threw: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
function domains(what: string, work: () => Fields): Fields {
  const fields = answered(what, work) as unknown
  if (typeof fields !== 'object' || fields === null)
    throw new ModelError(`${what}: ${String(fields)} is no record of domains, such as { count: range(0, 2) }`)
  for (const [name, domain] of Object.entries(fields)) {
    const why = noDomain(domain, `${what}.${name}`)
    if (why !== null) throw new ModelError(why)
  }
  return fields as Fields
}

const kinds: readonly Domain['kind'][] = ['bool', 'range', 'oneOf', 'scalarset', 'optional', 'struct', 'table', 'list',
  'variant']
/** Why it is no domain, with the place in it; null where it is one. */
function noDomain(given: unknown, path: string): string | null {
  const { kind } = (given ?? {}) as Partial<Domain>
  if (kind === undefined || !kinds.includes(kind))
    return `${path}: ${given === undefined ? 'undefined' : JSON.stringify(given) ?? String(given)} is no domain: use `
      + 'bool, range(low, high), optional(of), table([key], of), … and ids such as id.cpu'
  const domain = given as Domain
  switch (domain.kind) {
    case 'optional': case 'list': return noDomain(domain.of, `${path}, of`)
    case 'table': return noDomain(domain.key, `${path}, key`) ?? noDomain(domain.of, `${path}, of`)
    case 'struct': return noneOf(domain.fields, path)
    case 'variant': return Object.entries(domain.cases).map(([name, fields]) => noneOf(fields, `${path}.${name}`))
      .find(why => why !== null) ?? null
    default: return null
  }
}
const noneOf = (fields: Fields, path: string): string | null =>
  Object.entries(fields).map(([name, of]) => noDomain(of, `${path}.${name}`)).find(why => why !== null) ?? null

/** What a function of a design is given: to read a name that it has not is a mistake, not `undefined`. */
export function strictly<T extends object>(given: T, what: string): T {
  return new Proxy(given, {
    get(target, name): unknown {
      if (typeof name === 'string' && !(name in target))
        throw new TypeError(`${what} has no '${name}': it has ${Object.keys(target).join(', ')}`)
      return target[name as keyof T]
    },
  })
}
