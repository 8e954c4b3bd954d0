/** Random machines of the whole modelling language, of several kinds, each told by a seed and shown as text. */
import { actionsOf, bool, initial, machine, optional, productOf, range, struct, table } from '../../../src/index.ts'
import type { Action, Domain, Fairness, Fields, Scalarset } from '../../../src/index.ts'
import { between, take } from '../step.ts'
import type { AnyMachine, Claim, Seen, World } from '../step.ts'
import { Mistake } from '../values.ts'
import { Claims, compiled, Hearer } from './claims.ts'
import { Deeds, when } from './deeds.ts'
import { Dice } from './dice.ts'
import { idsOf, Shapes, stateOf, valueOf } from './domains.ts'
import { mistakes } from './mistakes.ts'
import { Words } from './words.ts'
import type { Phrase, Place, Scope } from './words.ts'

/** `symmetric`: nothing tells ids apart. `asymmetric`: something may. `constants`: what is put into the state is one
 *  thing of the module, or a parameter, and written to there. `mistakes`: recipes and claims break rules. `large`: it
 *  stands beside switches that have nothing to do with it. */
export const kinds = ['plain', 'wide', 'endless', 'large', 'symmetric', 'asymmetric', 'constants', 'mistakes'] as const
export type Kind = typeof kinds[number]
export interface Made {
  readonly kind: Kind
  readonly seed: number
  readonly machine: AnyMachine
  readonly text: string
}

const action = actionsOf<unknown, Seen>()
const mostInstances = 8, mostStrong = 5

class Maker {
  private readonly dice: Dice
  private readonly shapes: Shapes
  private readonly words: Words
  private readonly deeds: Deeds
  private readonly ids: readonly Scalarset[]
  private readonly state: Domain
  private readonly ledger: Domain
  /** What the observation `moved` carries. */
  private readonly part: Domain
  private readonly constants: Record<string, unknown> = {}
  private readonly named: { readonly domain: Domain; readonly text: string }[] = []
  private readonly kind: Kind
  private readonly seed: number
  private readonly text: string[] = []
  private strong = 0

  constructor(kind: Kind, seed: number) {
    this.kind = kind
    this.seed = seed
    const dice = this.dice = new Dice(seed)
    this.ids = kind === 'symmetric' || kind === 'asymmetric' || dice.chance(0.6) ? idsOf(dice) : []
    this.words = new Words(dice,
      kind !== 'symmetric' && (kind !== 'asymmetric' && kind !== 'large' || dice.chance(0.6)))
    this.deeds = new Deeds(this.words)
    this.shapes = new Shapes(dice, this.ids)
    const fields = stateOf(this.shapes, dice, kind === 'wide' || dice.chance(0.1))
    this.state = struct(fields)
    this.part = dice.pick(Object.values(fields))
    const ofIds = this.ids.length > 0 && dice.chance(0.6)
      ? { who: optional(this.ids[0]!), heard: table([this.ids[0]!], bool) } : {}
    this.ledger = struct({ count: range(0, dice.between(0, 2)), last: optional(range(0, 2)), ...ofIds })
  }

  private paramsOf(): Fields {
    const { dice, ids } = this
    const domain = (): Domain => {
      const structs = this.kind === 'constants'
        ? this.shapes.made.filter(({ kind }) => kind === 'struct' || kind === 'variant') : []
      return dice.weigh<() => Domain>([ids.length > 0 ? 5 : 0, () => dice.pick(ids)], [1, () => bool],
        [2, () => range(0, dice.between(1, 2))],
        [ids.length > 0 ? 1 : 0, () => optional(dice.pick(ids))],
        [structs.length > 0 ? 6 : 0, () => dice.pick(structs)],
        [1, () => struct({ on: bool, n: range(-1, 0) })])()
    }
    const params: Record<string, Domain> = {}
    for (let i = 0; i < dice.below(3); i++) {
      const more = { ...params, [`p${i}`]: domain() }
      if (Object.values(more).every(isSmall) && productOf(more).length <= mostInstances) Object.assign(params, more)
    }
    return params
  }
  private scopeOf(state: string, params: Fields): Scope {
    const all = Object.entries(params).map(([name, domain]) => ({ text: `p.${name}`, domain, needs: [] }))
    return {
      roots: [{ text: state, domain: this.state, needs: [] },
        ...all.filter(({ domain }) => domain.kind !== 'scalarset' && domain.kind !== 'range')],
      ids: all.flatMap(({ text, domain }) => domain.kind === 'scalarset' ? [{ text, of: domain }] : []),
      numbers: all.flatMap(({ text, domain }) =>
        domain.kind === 'range' ? [{ text, low: domain.low, high: domain.high }] : []),
      constant: null,
    }
  }

  private constant(domain: Domain): string {
    const known = this.named.filter(one => one.domain === domain)
    if (known.length > 0 && this.dice.chance(0.6)) return this.dice.pick(known).text
    const name = `k${this.named.length}`, text = `C.${name}`
    this.constants[name] = valueOf(this.dice, domain)
    this.named.push({ domain, text })
    return text
  }
  private action(number: number): Action<unknown, Seen> {
    const { dice, words, kind } = this
    const params = this.paramsOf()
    const constant = kind !== 'constants' ? null : (domain: Domain): string => this.constant(domain)
    const guard = dice.chance(0.6) ? 'true' : words.fact(this.scopeOf('s', params), 1)
    const scope = { ...this.scopeOf('d', params), constant }
    const root: Place = { text: 'd', domain: this.state, needs: [] }
    const spoilt = kind === 'mistakes' && dice.chance(0.2) ? mistakes(words, this.state) : null
    const body = [this.deeds.some({ ...scope, targets: [root] }, 3), ...spoilt === null ? [] : [spoilt.deed],
      ...this.tells(scope)].join('; ')
    const fair = this.fairness(productOf(params).length)
    const whenText = `(s, p) => ${spoilt === null ? guard : spoilt.guard(guard)}`,
      thenText = `(d, p, emit) => { ${body} }`
    this.text.push(`a${number} (${fieldsShown(params)}), fair: ${String(fair)}\n    when ${whenText}\n    then `
      + `${thenText}`)
    return action(`a${number}`, { agent: 'a', params, fair,
      when: compiled<() => boolean>(whenText, this.constants), then: compiled<() => void>(thenText, this.constants) })
  }
  /** Few strongly fair instances: the naive checker looks at each choice of them. */
  private fairness(instances: number): Fairness {
    if (this.kind !== 'endless' && this.kind !== 'large') return false
    const fair = this.dice.weigh<Fairness>([2, false], [3, true], [2, 'strong'])
    if (fair === 'strong' && (this.strong += instances) > mostStrong) return true
    return fair
  }
  private tells(scope: Scope): string[] {
    const { dice, words, ids } = this
    const tell = (fields: string, { needs, text }: Phrase): string => when(needs, `emit.observe({ ${fields}${text} })`)
    const who = ids.length > 0 ? words.id(scope, ids[0]!) : null, part = words.value(scope, this.part)
    return [
      ...dice.chance(0.3) ? [tell("what: 'went', n: ", words.value(scope, range(0, 2))!)] : [],
      ...dice.chance(0.3) && who !== null ? [tell("what: 'named', who: ", who)] : [],
      ...dice.chance(0.15) && part !== null ? [tell("what: 'moved', part: ", part)] : [],
      ...dice.chance(0.2) ? [`emit.clause('rule ${dice.below(3)}')`] : [],
      ...dice.chance(0.1) ? ["emit.cost('look', 2)"] : [],
    ]
  }

  /** A world some random steps after the first. */
  private later(of: AnyMachine): World {
    let world = between(of, of.initialWorld)
    try {
      for (let tries = 0; tries < 40 && of.instances.length > 0; tries++) {
        const { action, op } = this.dice.pick(of.instances)
        world = take(of, world, action, op.args)?.world ?? world
      }
    } catch (error) { if (!(error instanceof Mistake)) throw error }
    return world
  }
  private claims(of: AnyMachine): Claim[] {
    const { dice, words, state, ledger, ids, part, kind } = this
    const claims = new Claims(words, { state, ledger, ids, part, near: nearest(of), later: this.later(of) })
    const some = (most: number, make: (at: number) => Claim): Claim[] =>
      Array.from({ length: dice.below(most + 1) }, (_, at) => make(at))
    const book = struct({ ...this.shapes.fields(1, 1), heard: range(0, 2) })
    const made = [
      claims.always('parts', true), ...some(2, at => claims.always(`always ${at}`, false)),
      ...some(2, at => claims.step(`step ${at}`, dice.pick(['went', 'named', 'moved']))),
      ...some(1, () => claims.monitor('monitor', book, initial(book))),
      ...some(2, at => claims.sometimes(`sometimes ${at}`)),
      ...some(kind === 'endless' ? 3 : kind === 'large' ? 1 : 0,
        at => claims.endless(`endless ${at}`, kind !== 'large')),
      // Mostly something is left that the whole space is searched for.
      ...dice.chance(0.8) ? [claims.true('true')] : [],
    ]
    this.text.push(...claims.text)
    return dice.shuffle(made)
  }

  make(): Made {
    const { dice, kind, seed, state, ledger } = this
    const first = valueOf(dice, state), book = initial(ledger)
    const observe = new Hearer(this.words, this.ids).hears({ text: 'l', domain: ledger, needs: [] }, [])
    this.text.push(`state ${shown(state)}`, `first ${JSON.stringify(first)}`,
      `ledger ${shown(ledger)}, hears: ${observe}`)
    const bare = machine<unknown, unknown, Seen>({
      name: `${kind} ${seed}`, domain: state, initial: first,
      actions: Array.from({ length: dice.between(4, 9) }, (_, i) => this.action(i)),
      ledger: { domain: ledger, initial: book, observe: compiled(`(l, seen) => { ${observe} }`) },
    })
    const made = machine<unknown, unknown, Seen>({ ...bare, properties: this.claims(bare) })
    if (Object.keys(this.constants).length > 0) this.text.push(`C = ${JSON.stringify(this.constants)}`)
    return { kind, seed, machine: made, text: this.text.join('\n') }
  }
}

/** The first world, and those a step from it. */
function nearest(of: AnyMachine): World[] {
  const first = between(of, of.initialWorld)
  return [first, ...of.instances.flatMap(({ action, op }) => {
    try { return [take(of, first, action, op.args)?.world ?? first] } catch (error) {
      if (error instanceof Mistake) return []
      throw error
    }
  })]
}

/** Whether all values can be told one by one. */
const isSmall = (domain: Domain): boolean => {
  switch (domain.kind) {
    case 'table': case 'list': return false
    case 'optional': return isSmall(domain.of)
    case 'struct': return Object.values(domain.fields).every(isSmall)
    case 'variant': return Object.values(domain.cases).every(fields => Object.values(fields).every(isSmall))
    default: return true
  }
}
const fieldsShown = (fields: Fields): string =>
  Object.entries(fields).map(([name, of]) => `${name}: ${shown(of)}`).join(', ')
/** A domain in few words. */
const keyShown = (key: Extract<Domain, { kind: 'table' }>['key']): string =>
  key.kind === 'range' ? `0..${key.high}` : `${key.name} of ${key.size}`
function shown(domain: Domain): string {
  switch (domain.kind) {
    case 'bool': return 'bool'
    case 'range': return `${domain.low}..${domain.high}`
    case 'oneOf': return domain.values.join('|')
    case 'scalarset': return domain.name
    case 'optional': return `${shown(domain.of)}?`
    case 'struct': return `{ ${fieldsShown(domain.fields)} }`
    case 'table': return `[${keyShown(domain.key)}]${shown(domain.of)}`
    case 'list': return `list(${shown(domain.of)}, ${domain.max})`
    case 'variant':
      return Object.entries(domain.cases).map(([name, fields]) => `${name}(${fieldsShown(fields)})`).join(' or ')
  }
}

/** The machine of a kind and a seed. */
export const machineOf = (kind: Kind, seed: number): Made => new Maker(kind, seed).make()
/** The same with no more than the first so many of its actions. */
export const withActions = (made: Made, count: number): Made =>
  ({
    ...made, machine: machine<unknown, unknown, Seen>({ ...made.machine,
      actions: made.machine.actions.slice(0, count) }),
  })
