/** Packed states: a value of a declared domain as a few 32-bit words, injectively, by code generated from the
 *  domain. */
import { misfit } from './domain.ts'
import type { Domain } from './domain.ts'
import { layoutOf } from './layout.ts'
import type {
  ListShape, NamedPlace, OptionalShape, Place, ScalarShape, Shape, TableShape, VariantShape,
} from './layout.ts'
import { ModelError } from './mistake.ts'

export interface Packing<T> {
  /** 32-bit words per value. */
  readonly words: number
  /** Bits in use; the rest of the last word is zero. */
  readonly bits: number
  /** Writes `words` words at `at`. @throws ModelError naming the field whose value is outside its domain. */
  pack(value: T, out: Uint32Array, at: number): void
  /** A fresh mutable value. */
  unpack(from: Uint32Array, at: number): T
  /** A fresh value that nobody can change. */
  frozen(from: Uint32Array, at: number): T
}

/** Generated source of one shape: statements that pack `expr`, and an expression that rebuilds it. */
interface Code { readonly pack: string; readonly unpack: string }
/** Stands in that source before each object and array; no text of a domain has it, since JSON escapes it. */
const made = '\u0001'

class Generator {
  readonly constants: unknown[] = []
  private names = 0
  fresh(prefix: string): string { return `${prefix}${this.names++}` }
  constant(value: unknown): string { return `k[${this.constants.push(value) - 1}]` }

  shape(of: Shape, at: number, expr: string): Code {
    switch (of.kind) {
      case 'scalar': return this.scalar(of, at, expr)
      case 'optional': return this.optional(of, at, expr)
      case 'struct': return this.fields(of.fields, at, expr, '')
      case 'table': return this.table(of, at, expr)
      case 'list': return this.list(of, at, expr)
      case 'variant': return this.variant(of, at, expr)
    }
  }

  private bits(bits: number, at: number, code: string, decode: (raw: string) => string): Code {
    if (bits === 0) return { pack: `${code};`, unpack: decode('0') }
    const word = at >>> 5, shift = at & 31
    return { pack: `w${word}|=${code}<<${shift};`, unpack: decode(`((f[a+${word}]>>>${shift})&${2 ** bits - 1})`) }
  }
  private scalar({ domain, bits, nullable }: ScalarShape, at: number, expr: string): Code {
    switch (domain.kind) {
      case 'bool': return this.bits(bits, at, `(${expr}===true?1:${expr}===false?0:bad())`, raw => `(${raw}===1)`)
      case 'oneOf': {
        const codes = this.constant(numbered(domain.values)), names = this.constant(domain.values)
        return this.bits(bits, at, `(${codes}[${expr}]??bad())`, raw => `${names}[${raw}]`)
      }
      case 'range': case 'scalarset': {
        const [low, high] = domain.kind === 'range' ? [domain.low, domain.high] : [0, domain.size - 1]
        if (!nullable) {
          const offset = low === 0 ? '' : `-(${low})`
          return this.bits(bits, at, `(int(${expr},${low},${high})${offset})`,
            raw => low === 0 ? raw : `(${raw}+(${low}))`)
        }
        const v = this.fresh('v')
        return this.bits(bits, at, `((${v}=${expr})===null?0:int(${v},${low},${high})-(${low})+1)`,
          raw => `(${raw}===0?null:${raw}-1+(${low}))`)
      }
      default: throw new TypeError(`${domain.kind} is no scalar`)
    }
  }
  private optional({ of }: OptionalShape, at: number, expr: string): Code {
    const v = this.fresh('v')
    const present = this.bits(1, at, `(${v}===null?0:1)`, raw => raw)
    const inner = this.shape(of.shape, at + of.at, v)
    return { pack: `${v}=${expr};${present.pack}if(${v}!==null){${inner.pack}}`,
      unpack: `(${present.unpack}===0?null:${inner.unpack})` }
  }
  private fields(fields: readonly NamedPlace[], at: number, expr: string, head: string): Code {
    const v = this.fresh('v')
    const codes = fields.map(place => ({ name: place.name,
      code: this.shape(place.shape, at + place.at, `${v}[${q(place.name)}]`) }))
    const known = fields.length + (head === '' ? 0 : 1)
    return {
      pack: `${v}=${expr};same(${v},${known});${codes.map(c => c.code.pack).join('')}`,
      unpack: `${made}({${head}${codes.map(c => `${q(c.name)}:${c.code.unpack}`).join(',')}})`,
    }
  }
  private elements(elements: readonly Place[], at: number, v: string): Code[] {
    return elements.map((place, i) => this.shape(place.shape, at + place.at, `${v}[${i}]`))
  }
  private table({ elements }: TableShape, at: number, expr: string): Code {
    const v = this.fresh('v'), size = elements.length
    const codes = this.elements(elements, at, v)
    return {
      pack: `${v}=${expr};len(${v},${size},${size});${codes.map(c => c.pack).join('')}`,
      unpack: `${made}([${codes.map(c => c.unpack).join(',')}])`,
    }
  }
  private list({ elements, length: { bits } }: ListShape, at: number, expr: string): Code {
    const v = this.fresh('v')
    const length = this.bits(bits, at, `len(${v},0,${elements.length})`, raw => raw)
    const codes = this.elements(elements, at, v)
    return {
      pack: `${v}=${expr};${length.pack}${codes.map((c, i) => `if(${v}.length>${i}){${c.pack}}`).join('')}`,
      unpack: `${made}(upTo(${length.unpack},[${codes.map(c => `()=>(${c.unpack})`).join(',')}]))`,
    }
  }
  private variant({ tag, which, cases }: VariantShape, at: number, expr: string): Code {
    const v = this.fresh('v')
    const codes = this.constant(numbered(cases.map(({ name }) => name)))
    const kind = this.bits(which.bits, at, `(${codes}[${v}[${q(tag)}]]??bad())`, raw => raw)
    const bodies = cases.map(({ name, fields }) =>
      this.fields(fields, at, v, `${q(tag)}:${q(name)}${fields.length > 0 ? ',' : ''}`))
    return {
      pack: `${v}=${expr};${kind.pack}switch(${v}[${q(tag)}]){${
        cases.map(({ name }, i) => `case ${q(name)}:{${bodies[i]!.pack}break}`).join('')}}`,
      unpack: cases.slice(0, -1).reduceRight((rest, _, i) =>
        `(${kind.unpack}===${i}?${bodies[i]!.unpack}:${rest})`, `(${bodies.at(-1)!.unpack})`),
    }
  }
  variables(): string {
    return this.names === 0 ? '' : `let ${Array.from({ length: this.names }, (_, i) => `v${i}`).join(',')};`
  }
}
/** Without a prototype: 'constructor' is not a value unless declared. */
const numbered = (names: readonly string[]): unknown =>
  Object.setPrototypeOf(Object.fromEntries(names.map((name, i) => [name, i])), null)
const q = (text: string): string => JSON.stringify(text)

/** Thrown within the generated code: `misfit` says what is wrong. */
class Misfit extends Error {}
const helpers = {
  bad: (): never => { throw new Misfit() },
  int: (value: number, low: number, high: number): number =>
    ((value | 0) === value || Number.isInteger(value)) && value >= low && value <= high ? value : helpers.bad(),
  len: (value: readonly unknown[], least: number, most: number): number =>
    Array.isArray(value) && value.length >= least && value.length <= most ? value.length : helpers.bad(),
  /** A recipe that adds a field would lose it silently when the state is rebuilt from its packed form. */
  same: (value: object, fields: number): void => {
    let found = 0
    for (const _ in value) found++
    if (found !== fields || typeof value !== 'object' || Array.isArray(value)) helpers.bad()
  },
  upTo: (length: number, make: readonly (() => unknown)[]): unknown[] => {
    const values: unknown[] = []
    for (let i = 0; i < length; i++) values.push(make[i]!())
    return values
  },
}

const known = new WeakMap<Domain, Map<string, Packing<unknown>>>()

/** One packing of a domain, wherever it is used. `path` is how errors name the value. @throws ModelError when a single
 *  field is too wide. */
export function packing<T>(domain: Domain, path = 'state'): Packing<T> {
  let byPath = known.get(domain)
  if (byPath === undefined) known.set(domain, byPath = new Map())
  let one = byPath.get(path) as Packing<T> | undefined
  if (one === undefined) byPath.set(path, one = generated(domain, path))
  return one
}

function generated<T>(domain: Domain, path: string): Packing<T> {
  const generator = new Generator()
  const shape = layoutOf(domain, path)
  const { pack: packs, unpack: unpacks } = generator.shape(shape, 0, 'value')
  const { bits } = shape
  const words = Math.max(1, Math.ceil(bits / 32))
  const locals = Array.from({ length: words }, (_, i) => `w${i}=0`).join(',')
  const stores = Array.from({ length: words }, (_, i) => `out[at+${i}]=w${i};`).join('')
  const source = `"use strict";const {bad,int,len,same,upTo}=h;
return {pack(value,out,at){let ${locals};${generator.variables()}${packs}${stores}},
unpack(f,a){return ${unpacks.replaceAll(made, '')}},
frozen(f,a){return ${unpacks.replaceAll(made, 'Object.freeze')}}}`
  const { pack: packed, ...unpacked } = new Function('h', 'k', source)(helpers, generator.constants) as
    Pick<Packing<T>, 'pack' | 'unpack' | 'frozen'>
  const pack = (value: T, out: Uint32Array, at: number): void => {
    try { packed(value, out, at) } catch (cause) {
      // Any error: the code reads fields of what may be null or no object.
      const why = misfit(domain, value, path)
      throw why === null ? cause : new ModelError(why, { cause })
    }
  }
  return { words, bits, pack, ...unpacked }
}
