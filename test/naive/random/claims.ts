/** Random claims about a random machine: mostly true at first, so that a search has to look for where they are not. */
import { propertiesOf } from '../../../src/index.ts'
import type { Domain, Scalarset } from '../../../src/index.ts'
import type { Claim, Seen, World } from '../step.ts'
import { yes } from '../step.ts'
import { Deeds } from './deeds.ts'
import type { Place, Scope, Words } from './words.ts'

/** Source text as what it says; `C` are the machine's constants. */
export const compiled = <F>(text: string, constants: object = {}): F =>
  new Function('C', `"use strict"; return (${text})`)(constants) as F

type Fact = (world: unknown, at: number) => boolean
const { always, eventually, leadsTo, monitor, recovers, sometimes, step } = propertiesOf<unknown, unknown, Seen>()

export interface Parts {
  readonly state: Domain; readonly ledger: Domain; readonly ids: readonly Scalarset[]; readonly part: Domain
  /** The first world and those a step from it; and one some steps on. */
  readonly near: readonly World[]; readonly later: World
}

/** What hears of observations. */
export class Hearer {
  private readonly words: Words
  private readonly ids: readonly Scalarset[]
  constructor(words: Words, ids: readonly Scalarset[]) { this.words = words; this.ids = ids }

  ofSeen(on: string): Pick<Scope, 'ids' | 'numbers'> {
    const { ids } = this
    return {
      ids: on === 'named' && ids.length > 0 ? [{ text: 'seen.who', of: ids[0]! }] : [],
      numbers: on === 'went' ? [{ text: 'seen.n', low: 0, high: 2 }] : [],
    }
  }

  /** What somebody who hears of observations does to a book of their own. */
  hears(book: Place, more: readonly Place[]): string {
    const deeds = new Deeds(this.words)
    const desk = { roots: [book, ...more], targets: [book], constant: null }
    return ['went', 'named'].map(on => `if (seen.what === '${on}') { `
      + `${deeds.some({ ...this.ofSeen(on), ...desk }, 2)} }`).join(' else ')
  }
}

export class Claims {
  private readonly words: Words
  private readonly of: Parts
  readonly text: string[] = []
  private readonly hearer: Hearer
  constructor(words: Words, of: Parts) { this.words = words; this.of = of; this.hearer = new Hearer(words, of.ids) }

  private rooted(world: string, more: Partial<Scope> = {}): Scope {
    const { state, ledger } = this.of
    return { ids: [], numbers: [], constant: null, ...more, roots: [
      { text: `${world}.state`, domain: state, needs: [] }, { text: `${world}.ledger`, domain: ledger, needs: [] },
      ...more.roots ?? [],
    ] }
  }

  /** A fact that is `wanted` of the first world, at each of so many numbers; where one is found soon, also of those a
   *  step from it, and not of one far away. */
  private fact(wanted: boolean, scope: Scope, numbers = 1): { readonly text: string; readonly is: Fact } {
    const { words, words: { dice }, of: { near, later } } = this
    const isOf = (text: string) => compiled<Fact>(`(w, at) => ${text}`)
    const at = (worlds: readonly World[], text: string): boolean[] => {
      const is = isOf(text)
      return worlds.flatMap(world => Array.from({ length: numbers }, (_, number) => is(world, number)))
    }
    let best: string | null = null
    for (let tries = dice.chance(0.8) ? 12 : 1; tries > 0; tries--) {
      // Several things at once are rare.
      const some = dice.chance(0.5) ? `(${words.fact(scope, 1)} && ${words.fact(scope, 1)})` : words.fact(scope)
      const answers = at(near.slice(0, 1), some)
      const text = answers.every(answer => answer === wanted) ? some : answers.every(answer => answer !== wanted)
        ? `!(${some})`
        : wanted ? `(${some} || ${words.fact(scope)})` : `(${some} && ${words.fact(scope)})`
      const isFar = at([later], text).includes(!wanted)
      if (best === null || isFar) best = text
      if (isFar && at(near, text).every(answer => answer === wanted)) break
    }
    return { text: best!, is: isOf(best!) }
  }
  private note(name: string, text: string): string { this.text.push(`${name}: ${text}`); return name }

  /** Of things that are told apart by a number: ids, where there are some. */
  private things(): { readonly count: number; readonly scope: Partial<Scope>; readonly set: Scalarset | null } {
    const { words: { dice }, of: { ids } } = this
    const set = ids.length > 0 && dice.chance(0.7) ? dice.pick(ids) : null
    if (set !== null) return { count: set.size, scope: { ids: [{ text: 'at', of: set }] }, set }
    const count = dice.between(1, 3)
    return { count, scope: { numbers: [{ text: 'at', low: 0, high: count - 1 }] }, set }
  }

  always(name: string, inParts: boolean): Claim {
    const { dice } = this.words
    const { count, scope, set } = inParts ? this.things() : { count: 1, scope: {}, set: null }
    const { text, is } = this.fact(true, this.rooted('w', scope), count)
    this.note(name, `always, in ${count}: ${text}`)
    // In more parts than there are bits to tell them apart by, now and then.
    const by = set !== null && dice.chance(0.5) ? { partsBy: set.name } : {}
    const before = inParts && dice.chance(0.3) ? 32 : 0
    return always(name, { claim: text, ...inParts ? { parts: () => count + before } : {}, ...by }, (world, part) =>
      part < before || is(world, part - before) || { because: 'it is not so' })
  }

  true(name: string): Claim { return always(name, { claim: 'nothing' }, () => true) }

  step(name: string, on: string): Claim {
    const seen: Place[] = on === 'moved' ? [{ text: 'seen.part', domain: this.of.part, needs: [] }] : []
    const scope: Partial<Scope> = { roots: seen, ...this.hearer.ofSeen(on) }
    const { words } = this
    const text = `${words.fact(this.rooted('w', scope))} || ${words.fact(this.rooted('b', scope))} || `
      + `${words.fact(this.rooted('w', scope), 1)}`
    this.note(name, `step, on ${on}: ${text}`)
    const is = compiled<(seen: unknown, w: unknown, b: unknown) => boolean>(`(seen, w, b) => ${text}`)
    return step(name, { claim: text, on },
      (seen, world, before) => is(seen, world, before) || { because: 'it was not so' })
  }
  monitor(name: string, domain: Domain, first: unknown): Claim {
    const book: Place = { text: 'm', domain, needs: [] }
    const heard = this.hearer.hears(book, [{ text: 'l', domain: this.of.ledger, needs: [] }])
    // The ledger has heard it before.
    const update = this.words.dice.chance(0.5) ? `${heard}; m.heard = l.count` : heard
    const scope: Scope = { roots: [book], ids: [], numbers: [], constant: null }
    const fact = this.words.fact(scope)
    const holds = yes(show => compiled<(m: unknown) => boolean>(`m => ${fact}`)(show(first)))
    const text = holds ? fact : `!(${fact})`
    this.note(name, `monitor: ${text}; hears: ${update}`)
    const is = compiled<(m: unknown) => boolean>(`m => ${text}`)
    return monitor(name, { claim: text, domain },
      compiled<(m: unknown, seen: Seen, l: unknown) => void>(`(m, seen, l) => { ${update} }`),
      (m: unknown) => is(m) || { because: 'it is not so' })
  }

  sometimes(name: string): Claim {
    const { text, is } = this.fact(false, this.rooted('w'))
    this.note(name, `sometimes: ${text}`)
    return sometimes(name, { claim: text }, world => is(world, 0))
  }

  /** `all`: one that looks at all that can follow, too. */
  endless(name: string, all: boolean): Claim {
    const { dice } = this.words
    const { count, scope } = this.things()
    const goal = (wanted: boolean, of: Partial<Scope> = {}, numbers = 1) =>
      this.fact(wanted, this.rooted('w', of), numbers)
    const kind = dice.pick(['eventually', 'leadsTo', 'leadsTo', ...all ? ['recovers'] : []])
    if (kind === 'leadsTo') {
      const from = goal(dice.chance(0.3), scope, count), to = goal(false, scope, count)
      this.note(name, `leadsTo, of ${count}: ${from.text} -> ${to.text}`)
      return leadsTo(name, { claim: to.text, each: () => Array.from({ length: count }, (_, at) => `thing ${at}`) },
        from.is, to.is)
    }
    const { text, is } = goal(false)
    this.note(name, `${kind}: ${text}`)
    return (kind === 'eventually' ? eventually : recovers)(name, { claim: text }, world => is(world, 0))
  }
}
