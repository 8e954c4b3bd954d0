/** Random expressions over a state, as text: places in it, values, and what may be asked of it. */
import type { Domain, Fields, Scalarset } from '../../../src/index.ts'
import type { Dice } from './dice.ts'
import { tag } from './domains.ts'

export interface Numeral { readonly text: string; readonly low: number; readonly high: number }
/** An expression, and what must be so before it is asked. */
export interface Phrase { readonly text: string; readonly needs: readonly string[] }
/** A part of a state, and what must be so for it to be there. */
export interface Place extends Phrase { readonly domain: Domain }
/** What an expression can speak of. */
export interface Scope {
  /** Read-only values at hand. */
  readonly roots: readonly Place[]
  readonly ids: readonly { readonly text: string; readonly of: Scalarset }[]
  readonly numbers: readonly Numeral[]
  /** Constants of the machine: a name for each value that is asked for. */
  readonly constant: ((domain: Domain) => string) | null
  /** Whether ids may be read from the state to look into its tables. */
  readonly holds?: boolean
}

const groupOf = ({ name, moves }: Scalarset): string => moves ?? name
const q = (text: string): string => JSON.stringify(text)
/** Alike: a value of the one is one of the other. */
const fits = (from: Domain, to: Domain): boolean => from === to
  || from.kind === 'range' && to.kind === 'range' && to.low <= from.low && from.high <= to.high
  || from.kind === 'scalarset' && to.kind === 'scalarset' && from.size === to.size && groupOf(from) === groupOf(to)

export class Words {
  readonly dice: Dice
  /** Whether ids may be told apart: ordered, computed with, named by number. */
  readonly partial: boolean
  private bound = 0
  constructor(dice: Dice, partial: boolean) { this.dice = dice; this.partial = partial }

  fresh(): string { return `v${this.bound++}` }
  isTable(domain: Domain): boolean { return domain.kind === 'table' && domain.key.kind === 'scalarset' }

  /** A part of one of the roots for which `wanted` is true, or null when none was met on a few random ways down. */
  place(scope: Scope, wanted: (domain: Domain) => boolean, roots = scope.roots): Place | null {
    for (let tries = 0; tries < 12 && roots.length > 0; tries++)
      for (let at: Place | null = this.dice.pick(roots); at !== null; at = this.down(scope, at)) {
        if (!wanted(at.domain)) continue
        const isLast = ['bool', 'range', 'oneOf', 'scalarset'].includes(at.domain.kind)
        if (isLast || this.dice.chance(0.6)) return at
      }
    return null
  }

  private down(scope: Scope, { text, domain, needs }: Place): Place | null {
    const { dice } = this
    switch (domain.kind) {
      case 'optional': return { text, domain: domain.of, needs: [...needs, `${text} !== null`] }
      case 'struct': return fieldOf(dice, text, domain.fields, needs)
      case 'variant': {
        const [name, fields] = dice.pick(Object.entries(domain.cases))
        return fieldOf(dice, text, fields, [...needs, `${text}.${tag} === ${q(name)}`])
      }
      case 'list': {
        if (domain.max === 0) return null
        const at = dice.below(domain.max)
        return dice.chance(0.3)
          ? { text: `${text}[${text}.length - 1]`, domain: domain.of, needs: [...needs, `${text}.length > 0`] }
          : { text: `${text}[${at}]`, domain: domain.of, needs: [...needs, `${text}.length > ${at}`] }
      }
      case 'table': {
        const index = domain.key.kind === 'range' ? this.index(scope, domain.key.high) : this.id(scope, domain.key)
        return index === null ? null
          : { text: `${text}[${index.text}]`, domain: domain.of, needs: [...needs, ...index.needs] }
      }
      default: return null
    }
  }
  private index({ numbers }: Scope, high: number): Place | null {
    if (high < 0) return null
    const able = numbers.filter(one => one.low >= 0 && one.high <= high)
    const text = able.length > 0 && this.dice.chance(0.6) ? this.dice.pick(able).text
      : String(this.dice.between(0, high))
    return { text, domain: { kind: 'range', low: 0, high }, needs: [] }
  }
  /** An id of the set, or of one that moves with it. */
  id(scope: Scope, of: Scalarset): Place | null {
    const { dice } = this
    const able = scope.ids.filter(one => groupOf(one.of) === groupOf(of) && one.of.size === of.size)
    const named: Place = { text: able.length > 0 ? dice.pick(able).text : '', domain: of, needs: [] }
    if (this.partial && dice.chance(0.3)) return of.size === 0 ? null : { ...named, text: String(dice.below(of.size)) }
    if (able.length > 0 && dice.chance(0.8)) return named
    // Once: on the way to that id there may be tables too.
    const held = scope.holds === false ? null : this.place({ ...scope, holds: false }, domain => fits(domain, of))
    return held ?? (able.length > 0 ? named : null)
  }

  /** An expression for a value of the domain, and what it needs; null where an id is wanted and none is at hand. */
  value(scope: Scope, domain: Domain, copies = true): Phrase | null {
    const { dice } = this
    const isComposite = !['bool', 'range', 'oneOf', 'scalarset'].includes(domain.kind)
    if (copies && dice.chance(isComposite ? 0.5 : 0.3)) {
      const from = this.place(scope, one => fits(one, domain))
      const other = isComposite && dice.chance(0.2) ? this.place(scope, one => fits(one, domain)) : null
      if (from !== null && other !== null)
        return { text: `(${this.fact(scope, 0)} ? ${from.text} : ${other.text})`,
          needs: [...from.needs, ...other.needs] }
      if (from !== null) return from
    }
    if (isComposite && scope.constant !== null && dice.chance(0.5)) return { text: scope.constant(domain), needs: [] }
    switch (domain.kind) {
      case 'bool': return dice.chance(0.2) ? this.negated(scope) : literal(dice.pick([false, true]))
      case 'range': return this.numeral(scope, domain.low, domain.high)
      case 'oneOf': return literal(dice.pick(domain.values))
      case 'scalarset': return this.id(scope, domain)
      case 'optional': return dice.chance(0.4) ? literal(null) : this.value(scope, domain.of) ?? literal(null)
      case 'struct': return this.record(scope, domain, domain.fields, null)
      case 'variant': {
        const [name, fields] = dice.pick(Object.entries(domain.cases))
        return this.record(scope, domain, fields, name)
      }
      case 'list': {
        const elements = Array.from({ length: dice.below(domain.max + 1) }, () => this.value(scope, domain.of, false))
        return this.array(elements.filter(one => one !== null))
      }
      case 'table': return this.rows(scope, domain.of, domain.key)
    }
  }
  private negated(scope: Scope): Phrase {
    const from = this.place(scope, ({ kind }) => kind === 'bool')
    return from === null ? literal(true) : { text: `!${from.text}`, needs: from.needs }
  }
  /** A number of a range: one of its own, or one that is at hand, kept within. */
  private numeral(scope: Scope, low: number, high: number): Phrase {
    const { dice } = this
    if (dice.chance(0.5)) return literal(dice.pick([low, high, dice.between(low, high)]))
    const from = scope.numbers.length > 0 && dice.chance(0.6) ? { text: dice.pick(scope.numbers).text, needs: [] }
      : this.place(scope, ({ kind }) => kind === 'range')
    if (from === null) return literal(low)
    const changed = dice.pick([from.text, `-${from.text}`, `${from.text} + 1`, `${from.text} * -1`])
    return { text: `Math.max(${low}, Math.min(${high}, ${changed}))`, needs: from.needs }
  }
  private record(scope: Scope, domain: Domain, fields: Fields, name: string | null): Phrase | null {
    const { dice } = this
    const base = name === null && dice.chance(0.3) ? this.place(scope, one => one === domain) : null
    const needs: string[] = [...base?.needs ?? []], parts: string[] = name === null ? [] : [`${tag}: ${q(name)}`]
    for (const [field, of] of Object.entries(fields)) {
      if (base !== null && dice.chance(0.6)) continue
      const made = this.value(scope, of)
      if (made === null) return null
      needs.push(...made.needs)
      parts.push(`${field}: ${made.text}`)
    }
    const all = base !== null ? [`...${base.text}`, ...parts] : dice.chance(0.3) ? dice.shuffle(parts) : parts
    return { text: `{ ${all.join(', ')} }`, needs }
  }
  private rows(scope: Scope, of: Domain,
    key: Scalarset | { readonly kind: 'range'; readonly high: number }): Phrase | null {
    const size = key.kind === 'range' ? key.high + 1 : key.size
    if (key.kind === 'scalarset') {
      const at = this.fresh()
      const made = this.value({ ...scope, ids: [...scope.ids, { text: at, of: key }] }, of, false)
      if (made === null || made.needs.some(need => need.includes(at))) return null
      const isAlike = this.dice.chance(0.3) && !made.text.includes(at)
      const text = isAlike ? `Array(${size}).fill(${made.text})`
        : `Array.from({ length: ${size} }, (_, ${at}) => (${made.text}))`
      return { text, needs: made.needs }
    }
    const rows = Array.from({ length: size }, () => this.value(scope, of, false))
    return rows.includes(null) ? null : this.array(rows.filter(one => one !== null))
  }
  private array(of: readonly Phrase[]) {
    return { text: `[${of.map(({ text }) => text).join(', ')}]`, needs: of.flatMap(({ needs }) => needs) }
  }

  /** A question about the state, of which ids learn nothing but what is equal. */
  fact(scope: Scope, depth = 2): string {
    const { dice } = this
    if (depth > 0 && dice.chance(0.4)) {
      const [a, b] = [this.fact(scope, depth - 1), this.fact(scope, depth - 1)]
      return dice.pick([`(${a} && ${b})`, `(${a} || ${b})`, `!(${a})`])
    }
    const at = this.place(scope, ({ kind }) => kind !== 'struct')
    if (at === null) return dice.pick(['true', 'false'])
    return allOf([...at.needs, this.atom(scope, at, depth)])
  }
  private atom(scope: Scope, { text, domain }: Place, depth: number): string {
    const { dice } = this
    switch (domain.kind) {
      case 'bool': return text
      case 'range': return `${text} ${dice.pick(['<', '===', '>='])} ${dice.between(domain.low, domain.high)}`
      case 'oneOf': return `${text} === ${q(dice.pick(domain.values))}`
      case 'optional': return `${text} ${dice.pick(['===', '!=='])} null`
      case 'variant': return `${text}.${tag} === ${q(dice.pick(Object.keys(domain.cases)))}`
      case 'scalarset': {
        if (this.partial && dice.chance(0.6))
          return `${text} ${dice.pick(['===', '<', '>='])} ${dice.below(domain.size)}`
        const other = this.id(scope, domain)
        return other === null ? `${text} === ${text}` : allOf([...other.needs, `${text} === ${other.text}`])
      }
      case 'list': {
        if (dice.chance(0.5)) return `${text}.length ${dice.pick(['<', '===', '>='])} ${dice.below(domain.max + 1)}`
        return this.each(scope, text, domain.of, null, depth)
      }
      case 'table': return this.each(scope, text, domain.of, domain.key.kind === 'scalarset' ? domain.key : null, depth)
      case 'struct': return 'true'
    }
  }
  private each(scope: Scope, text: string, of: Domain, key: Scalarset | null, depth: number): string {
    const { dice } = this, one = this.fresh(), at = this.fresh()
    const inner: Scope = { ...scope,
      roots: [{ text: one, domain: of, needs: [] }, ...dice.chance(0.3) ? scope.roots : []],
      ids: key === null ? scope.ids : [...scope.ids, { text: at, of: key }] }
    const body = this.fact(inner, Math.max(0, depth - 1))
    if (key !== null && this.partial && dice.chance(0.3))
      return `${text}.findIndex(${one} => ${body.includes(at) ? 'true' : body}) === ${dice.below(key.size)}`
    return dice.pick([`${text}.some((${one}, ${at}) => ${body})`, `${text}.every((${one}, ${at}) => ${body})`,
      `${text}.filter((${one}, ${at}) => ${body}).length ${dice.pick(['<', '===', '>='])} ${dice.between(1, 2)}`])
  }
}

const literal = (value: unknown): Phrase => ({ text: JSON.stringify(value), needs: [] })
export const allOf = (conditions: readonly string[]): string => {
  const all = [...new Set(conditions)]
  return all.length === 1 ? all[0]! : `(${all.join(' && ')})`
}
function fieldOf(dice: Dice, text: string, fields: Fields, needs: readonly string[]): Place | null {
  const all = Object.entries(fields)
  if (all.length === 0) return null
  const [name, domain] = dice.pick(all)
  return { text: `${text}.${name}`, domain, needs }
}
