/** Packed states: a value of a declared domain as a few 32-bit words, injectively, by code generated from the domain. */
import { keyCount } from './domain.ts'
import type { Domain, Fields } from './domain.ts'
import { ModelError } from './machine.ts'

export interface Packing<T> {
  /** 32-bit words per value. */
  readonly words: number
  /** Bits in use; the rest of the last word is zero. */
  readonly bits: number
  /** Writes `words` words at `at`. @throws ModelError naming the field whose value is outside its domain. */
  pack(value: T, out: Uint32Array, at: number): void
  /** A fresh mutable value. */
  unpack(from: Uint32Array, at: number): T
}

interface Slot { readonly word: number; readonly shift: number; readonly bits: number }

/** Lays fields out in declaration order; no field straddles a word. */
class Layout {
  private cursor = 0
  take(bits: number): Slot {
    if (bits > 31) throw new ModelError(`a field of ${bits} bits cannot be packed; a field has at most 2^31 values`)
    if ((this.cursor & 31) + bits > 32) this.cursor = (this.cursor + 31) & ~31
    const slot = { word: this.cursor >>> 5, shift: this.cursor & 31, bits }
    this.cursor += bits
    return slot
  }
  get mark(): number { return this.cursor }
  rewind(mark: number): void { this.cursor = mark }
}

/** Generated source of one domain: statements that pack `expr`, and an expression that rebuilds it. */
interface Code { readonly pack: string; readonly unpack: string }

class Generator {
  readonly layout = new Layout()
  readonly constants: unknown[] = []
  private names = 0
  fresh(prefix: string): string { return `${prefix}${this.names++}` }
  constant(value: unknown): string { return `k[${this.constants.push(value) - 1}]` }

  domain(of: Domain, expr: string, path: string): Code {
    switch (of.kind) {
      case 'bool': return this.scalar(2, `(${expr}===true?1:${expr}===false?0:bad(${q(path)},${expr}))`, raw => `(${raw}===1)`)
      case 'range': return this.integer(of.low, of.high, expr, path)
      case 'scalarset': return this.integer(0, of.size - 1, expr, path)
      case 'oneOf': {
        const codes = this.constant(numbered(of.values))
        const names = this.constant(of.values)
        return this.scalar(of.values.length, `(${codes}[${expr}]??bad(${q(path)},${expr}))`, raw => `${names}[${raw}]`)
      }
      case 'optional': return this.optional(of.of, expr, path)
      case 'struct': return this.fields(of.fields, expr, path, '')
      case 'table': return this.table(keyCount(of.key), of.of, expr, path)
      case 'list': return this.list(of.max, of.of, expr, path)
      case 'variant': return this.variant(of.tag, of.cases, expr, path)
    }
  }

  private scalar(count: number, code: string, decode: (raw: string) => string): Code {
    const bits = count <= 1 ? 0 : Math.ceil(Math.log2(count))
    if (bits === 0) return { pack: `${code};`, unpack: decode('0') }
    const { word, shift } = this.layout.take(bits)
    return { pack: `w${word}|=${code}<<${shift};`, unpack: decode(`((f[a+${word}]>>>${shift})&${2 ** bits - 1})`) }
  }
  private integer(low: number, high: number, expr: string, path: string): Code {
    const offset = low === 0 ? '' : `-(${low})`
    return this.scalar(Math.max(1, high - low + 1), `(int(${expr},${low},${high},${q(path)})${offset})`,
      raw => low === 0 ? raw : `(${raw}+(${low}))`)
  }
  private optional(of: Domain, expr: string, path: string): Code {
    const v = this.fresh('v')
    if (of.kind === 'range' || of.kind === 'scalarset') {
      const [low, high] = of.kind === 'range' ? [of.low, of.high] : [0, of.size - 1]
      return this.scalar(high - low + 2, `((${v}=${expr})===null?0:int(${v},${low},${high},${q(path)})-(${low})+1)`,
        raw => `(${raw}===0?null:${raw}-1+(${low}))`)
    }
    const present = this.scalar(2, `(${v}===null?0:1)`, raw => raw)
    const inner = this.domain(of, v, path)
    return { pack: `${v}=${expr};${present.pack}if(${v}!==null){${inner.pack}}`, unpack: `(${present.unpack}===0?null:${inner.unpack})` }
  }
  private fields(fields: Fields, expr: string, path: string, head: string): Code {
    const v = this.fresh('v')
    const codes = Object.entries(fields).map(([name, of]) => ({ name, code: this.domain(of, `${v}[${q(name)}]`, `${path}.${name}`) }))
    const known = Object.keys(fields).length + (head === '' ? 0 : 1)
    return {
      pack: `${v}=${expr};same(${v},${known},${q(path)});${codes.map(c => c.code.pack).join('')}`,
      unpack: `{${head}${codes.map(c => `${q(c.name)}:${c.code.unpack}`).join(',')}}`,
    }
  }
  private table(size: number, of: Domain, expr: string, path: string): Code {
    const v = this.fresh('v')
    const codes = Array.from({ length: size }, (_, i) => this.domain(of, `${v}[${i}]`, `${path}[${i}]`))
    return {
      pack: `${v}=${expr};len(${v},${size},${size},${q(path)});${codes.map(c => c.pack).join('')}`,
      unpack: `[${codes.map(c => c.unpack).join(',')}]`,
    }
  }
  private list(max: number, of: Domain, expr: string, path: string): Code {
    const v = this.fresh('v')
    const length = this.scalar(max + 1, `len(${v},0,${max},${q(path)})`, raw => raw)
    const codes = Array.from({ length: max }, (_, i) => this.domain(of, `${v}[${i}]`, `${path}[${i}]`))
    return {
      pack: `${v}=${expr};${length.pack}${codes.map((c, i) => `if(${v}.length>${i}){${c.pack}}`).join('')}`,
      unpack: `upTo(${length.unpack},[${codes.map(c => `()=>(${c.unpack})`).join(',')}])`,
    }
  }
  private variant(tag: string, cases: Readonly<Record<string, Fields>>, expr: string, path: string): Code {
    const v = this.fresh('v')
    const names = Object.keys(cases)
    const codes = this.constant(numbered(names))
    const which = this.scalar(names.length, `(${codes}[${v}[${q(tag)}]]??bad(${q(`${path}.${tag}`)},${v}[${q(tag)}]))`, raw => raw)
    const start = this.layout.mark
    let end = start
    const bodies = names.map(name => {
      this.layout.rewind(start) // the cases share their bits: the tag says whose they are
      const code = this.fields(cases[name]!, v, path, `${q(tag)}:${q(name)}${Object.keys(cases[name]!).length > 0 ? ',' : ''}`)
      end = Math.max(end, this.layout.mark)
      return code
    })
    this.layout.rewind(end)
    return {
      pack: `${v}=${expr};${which.pack}switch(${v}[${q(tag)}]){${
        names.map((name, i) => `case ${q(name)}:{${bodies[i]!.pack}break}`).join('')}}`,
      unpack: names.slice(0, -1).reduceRight((rest, _, i) =>
        `(${which.unpack}===${i}?${bodies[i]!.unpack}:${rest})`, `(${bodies.at(-1)!.unpack})`),
    }
  }
  variables(): string { return this.names === 0 ? '' : `let ${Array.from({ length: this.names }, (_, i) => `v${i}`).join(',')};` }
}
/** Without a prototype: 'constructor' is not a value unless declared. */
const numbered = (names: readonly string[]): unknown => Object.setPrototypeOf(Object.fromEntries(names.map((name, i) => [name, i])), null)
const q = (text: string): string => JSON.stringify(text)

const helpers = {
  bad: (path: string, value: unknown): never => {
    throw new ModelError(`${path}: ${JSON.stringify(value) ?? 'undefined'} is outside its domain`) },
  int: (value: number, low: number, high: number, path: string): number =>
    ((value | 0) === value || Number.isInteger(value)) && value >= low && value <= high ? value : helpers.bad(path, value),
  len: (value: readonly unknown[], least: number, most: number, path: string): number =>
    Array.isArray(value) && value.length >= least && value.length <= most ? value.length
      : helpers.bad(path, Array.isArray(value) ? `${value.length} elements` : value),
  /** A recipe that adds a field would lose it silently when the state is rebuilt from its packed form. */
  same: (value: object, fields: number, path: string): void => {
    let found = 0
    for (const _ in value) found++
    if (found !== fields || typeof value !== 'object' || Array.isArray(value)) helpers.bad(path, value)
  },
  upTo: (length: number, make: readonly (() => unknown)[]): unknown[] => {
    const values: unknown[] = []
    for (let i = 0; i < length; i++) values.push(make[i]!())
    return values
  },
}

/** `path` is how errors name the value. @throws ModelError when a single field is too wide. */
export function packing<T>(domain: Domain, path = 'state'): Packing<T> {
  const generator = new Generator()
  const code = generator.domain(domain, 'value', path)
  const bits = generator.layout.mark
  const words = Math.max(1, Math.ceil(bits / 32))
  const locals = Array.from({ length: words }, (_, i) => `w${i}=0`).join(',')
  const stores = Array.from({ length: words }, (_, i) => `out[at+${i}]=w${i};`).join('')
  const source = `"use strict";const {bad,int,len,same,upTo}=h;
return {pack(value,out,at){let ${locals};${generator.variables()}${code.pack}${stores}},unpack(f,a){return ${code.unpack}}}`
  const made = new Function('h', 'k', source)(helpers, generator.constants) as Pick<Packing<T>, 'pack' | 'unpack'>
  return { words, bits, pack: made.pack, unpack: made.unpack }
}
