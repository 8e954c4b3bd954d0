/** Random statements of recipes, as text: all that one does to plain objects. */
import type { Domain } from '../../../src/index.ts'
import { tag } from './domains.ts'
import { allOf } from './words.ts'
import type { Place, Scope, Words } from './words.ts'

/** A scope in which some roots may be written. */
export interface Desk extends Scope { readonly targets: readonly Place[] }
type Deed = () => string | null

export const when = (needs: readonly string[], text: string): string =>
  needs.length === 0 ? text : `if (${allOf(needs)}) { ${text} }`
const isComposite = ({ kind }: Domain): boolean => ['struct', 'table', 'list', 'variant'].includes(kind)

export class Deeds {
  private readonly words: Words
  constructor(words: Words) { this.words = words }

  /** A few statements. */
  some(desk: Desk, most: number): string {
    const count = this.words.dice.between(1, most)
    return Array.from({ length: count }, () => this.one(desk)).join('; ')
  }

  one(desk: Desk, depth = 2): string {
    const { dice } = this.words
    for (let tries = 0; tries < 8; tries++) {
      const found = dice.weigh<Deed>(
        [6, () => this.assign(desk)], [8, () => this.count(desk)], [4, () => this.list(desk)],
        [3, () => this.order(desk)],
        [2, () => this.swap(desk)], [2, () => this.putBack(desk)], [2, () => this.retag(desk)],
        [depth > 0 ? 2 : 0, () => this.alias(desk, depth)], [depth > 0 ? 2 : 0, () => this.rows(desk, depth)],
        [depth > 0 && desk.constant !== null ? 6 : 0, () => this.through(desk, depth)],
      )()
      if (found !== null) return found
    }
    return 'void 0'
  }

  /** A place that can be given another value. */
  private target(desk: Desk, wanted: (domain: Domain) => boolean): Place | null {
    const at = this.words.place(desk, wanted, desk.targets)
    return at === null || desk.targets.some(({ text }) => text === at.text) ? null : at
  }
  /** A composite that can be changed, itself or what is in it. */
  private inside(desk: Desk, wanted: (domain: Domain) => boolean): Place | null {
    return this.words.place(desk, wanted, desk.targets)
  }

  private assign(desk: Desk): string | null {
    const at = this.target(desk, () => true)
    const value = at === null ? null : this.words.value(desk, at.domain)
    return at === null || value === null ? null : when([...at.needs, ...value.needs], `${at.text} = ${value.text}`)
  }

  private count(desk: Desk): string | null {
    const at = this.target(desk, ({ kind }) => kind === 'range' || kind === 'bool')
    if (at?.domain.kind === 'bool') return when(at.needs, `${at.text} = !${at.text}`)
    if (at?.domain.kind !== 'range') return null
    const { low, high } = at.domain, size = high - low + 1
    if (size > 8) return null
    return when(at.needs,
      this.words.dice.pick([`${at.text} = (${at.text} - (${low}) + ${1 + this.words.dice.below(size)}) % ${size} + `
        + `(${low})`,
      ...low === -high ? [`${at.text} = -${at.text}`, `${at.text} *= -1`]
        : [`if (${at.text} < ${high}) ${at.text}++`]]))
  }

  private list(desk: Desk): string | null {
    const { words, words: { dice } } = this
    const at = this.inside(desk, ({ kind }) => kind === 'list')
    if (at?.domain.kind !== 'list' || at.domain.max === 0) return null
    const { text, needs, domain } = at
    const value = dice.chance(0.5) ? words.value(desk, domain.of) : null
    if (value !== null) {
      const add = dice.pick([`${text}.push(${value.text})`, `${text}.unshift(${value.text})`,
        `${text}[${text}.length] = ${value.text}`,
        `${text}.splice(${text}.length >> 1, 0, ${value.text})`])
      return when([...needs, ...value.needs, `${text}.length < ${domain.max}`], add)
    }
    const fact = words.fact({ ...desk, roots: [{ text: 'one', domain: domain.of, needs: [] }] }, 1)
    return when([...needs, `${text}.length > 0`], dice.pick([
      `${text}.shift()`, `${text}.pop()`, `${text}.length--`, `${text}.length = 0`, `${text}.splice(0, 1)`,
      `${text}.push(${text}.shift())`,
      `${text}.unshift(${text}.pop())`,
      ...this.isRoot(desk, at) ? []
        : [`${text} = ${text}.filter(one => ${fact})`, `${text} = [...${text}.slice(1), ${text}[0]]`],
    ]))
  }
  private isRoot(desk: Desk, { text }: Place): boolean { return desk.targets.some(root => root.text === text) }

  /** Elements in another order, or over each other. */
  private order(desk: Desk): string | null {
    const { words, words: { dice } } = this
    const at = this.inside(desk,
      domain => domain.kind === 'list' || domain.kind === 'table' && (words.partial || !words.isTable(domain)))
    if (at === null || at.domain.kind !== 'list' && at.domain.kind !== 'table') return null
    const { text, needs, domain: { of } } = at
    const value = words.value(desk, of)
    const field = of.kind === 'struct' ? Object.entries(of.fields).find(([, { kind }]) => kind === 'range')?.[0]
      : undefined
    const numbers = of.kind === 'range' ? `${text}.sort((one, two) => two - one)`
      : field === undefined ? null : `${text}.sort((one, two) => one.${field} - two.${field})`
    return dice.pick([
      when(needs, `${text}.reverse()`),
      when([...needs, `${text}.length > 1`], `[${text}[0], ${text}[1]] = [${text}[1], ${text}[0]]`),
      when([...needs, `${text}.length > 1`], dice.pick([`${text}[0] = ${text}[1]`, `${text}.copyWithin(0, 1)`])),
      ...numbers === null ? [] : [when(needs, numbers)],
      ...value === null ? [] : [when([...needs, ...value.needs], `${text}.fill(${value.text})`)],
    ])
  }

  private swap(desk: Desk): string | null {
    const { words } = this
    const one = this.target(desk,
      domain => isComposite(domain) || domain.kind === 'bool' || domain.kind === 'scalarset')
    const two = one === null ? null : this.target(desk, domain => domain === one.domain)
    if (one === null || two === null) return null
    const needs = [...one.needs, ...two.needs], held = words.fresh()
    return words.dice.chance(0.5) ? when(needs, `[${one.text}, ${two.text}] = [${two.text}, ${one.text}]`)
      : when(needs, `const ${held} = ${one.text}; ${one.text} = ${two.text}; ${two.text} = ${held}`)
  }

  /** Deleted, and there again. */
  private putBack(desk: Desk): string | null {
    const at = this.target(desk, () => true), held = this.words.fresh()
    if (at === null || !/\.\w+$/.test(at.text)) return null
    return when(at.needs, `const ${held} = ${at.text}; delete ${at.text}; ${at.text} = ${held}`)
  }

  /** Another case, in the same object. */
  private retag(desk: Desk): string | null {
    const { words } = this
    const at = this.inside(desk, ({ kind }) => kind === 'variant')
    const value = at === null ? null : words.value(desk, at.domain, false)
    if (at === null || value === null) return null
    const name = words.fresh(), next = words.fresh()
    const empty = `for (const ${name} of Object.keys(${at.text})) if (${name} !== ${JSON.stringify(tag)}) delete `
      + `${at.text}[${name}]`
    return when([...at.needs, ...value.needs],
      `const ${next} = ${value.text}; ${empty}; Object.assign(${at.text}, ${next})`)
  }

  /** One thing under two names, and a deed by one of them. */
  private alias(desk: Desk, depth: number): string | null {
    const { words } = this
    const from = words.place({ ...desk, roots: desk.targets }, isComposite)
    const to = from === null ? null : this.target(desk, domain => domain === from.domain)
    if (from === null) return null
    const held = words.fresh()
    const held_: Place = { text: held, domain: from.domain, needs: [] }
    const deed = this.one({ ...desk, targets: [held_], roots: [held_, ...desk.roots] }, depth - 1)
    const put = to === null ? '' : when(to.needs, `${to.text} = ${held}`)
    return when(from.needs, `const ${held} = ${from.text}; ${words.dice.pick([`${put}; ${deed}`, `${deed}; ${put}`])}`)
  }

  /** A deed to each element, which looks at that one only. */
  private rows(desk: Desk, depth: number): string | null {
    const { words } = this
    const at = this.inside(desk,
      domain => (domain.kind === 'table' || domain.kind === 'list') && isComposite(domain.of))
    if (at === null || at.domain.kind !== 'table' && at.domain.kind !== 'list') return null
    const row: Place = { text: words.fresh(), domain: at.domain.of, needs: [] }
    return when(at.needs,
      `for (const ${row.text} of ${at.text}) { ${this.one({ ...desk, targets: [row], roots: [row] }, depth - 1)} }`)
  }

  /** A constant or parameter is put into the state and written to there. */
  private through(desk: Desk, depth: number): string | null {
    const at = this.target(desk, isComposite)
    if (at === null || desk.constant === null) return null
    const params = desk.roots.filter(({ text, domain }) => text.startsWith('p.') && domain === at.domain)
    const from = params.length > 0 && this.words.dice.chance(0.7) ? this.words.dice.pick(params).text
      : desk.constant(at.domain)
    const put: Place = { ...at, needs: [] }
    return when(at.needs, `${at.text} = ${from}; ${this.one({ ...desk, targets: [put] }, depth - 1)}`)
  }
}
