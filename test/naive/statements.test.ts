/** Random statements on parts that move about, grow too long and lose fields: one step of the machine beside the same
 *  step on plain objects. Unlike those of the random machines, these keep to no domain. */
import { expect, test } from 'vitest'
import { actionsOf, bool, list, machine, optional, range, step, struct, table, variant } from '../../src/index.ts'
import { Dice } from './random/dice.ts'
import { between, take } from './step.ts'
import type { AnyMachine } from './step.ts'

const pair = struct({ x: bool, y: range(0, 2) }), rows = table([range(0, 1)], pair), numbers = list(range(0, 2), 3)
const cases = variant('is', { zero: { y: range(0, 2), x: bool }, one: { y: range(0, 2) }, two: { of: pair } })
const domain = struct({
  a: pair, b: pair, maybe: optional(pair), rows, other: rows, queue: list(pair, 3), spare: list(pair, 3),
  numbers, more: numbers, nested: list(numbers, 2), call: cases, next: cases, calls: list(cases, 2), n: range(0, 2),
})

const draftsOf = {
  pair: ['d.a', 'd.b', 'd.maybe', 'd.rows[0]', 'd.other[1]', 'd.queue[0]', 'd.spare[1]', 'd.call.of', 'pair'],
  call: ['d.call', 'd.next', 'd.calls[0]', 'd.calls[1]', 'call'], queue: ['d.queue', 'd.spare', 'queue'],
  numbers: ['d.numbers', 'd.more', 'd.nested[0]', 'd.nested[1]', 'numbers'], rows: ['d.rows', 'd.other', 'rows'],
} as const
type Kind = keyof typeof draftsOf

class Statements {
  private readonly dice: Dice
  constructor(dice: Dice) { this.dice = dice }
  private at(kind: Kind): string { return this.dice.pick(draftsOf[kind]) }
  private number(): string { return this.dice.pick(['0', '1', '2', 'd.n', 'd.a.y', 'd.numbers[0]', 'd.call.y']) }
  private value(kind: Kind): string {
    const { dice } = this
    const made = {
      pair: () => `{ x: ${dice.pick(['true', '!d.b.x'])}, y: ${this.number()} }`,
      call: () => dice.pick([`{ is: 'one', y: ${this.number()} }`, `{ is: 'two', of: ${this.at('pair')} }`]),
      queue: () => `[${this.at('pair')}]`, numbers: () => `[${this.number()}, 1]`,
      rows: () => `[d.a, ${this.at('pair')}]`,
    } as const
    return dice.pick([() => this.at(kind), () => this.at(kind), made[kind],
      () => kind === 'pair' || kind === 'call' ? `{ ...${this.at(kind)} }` : `[...${this.at(kind)}]`])()
  }
  private swap(kind: Kind): string {
    const one = this.at(kind), two = this.at(kind)
    return `[${one}, ${two}] = [${two}, ${one}]`
  }
  private one(): string {
    const { dice } = this
    const kind = dice.pick(Object.keys(draftsOf) as Kind[])
    const at = this.at(kind), by = dice.pick(['queue', 'numbers', 'rows'] as const), many = this.at(by)
    const element = by === 'numbers' ? this.number() : this.value('pair')
    return dice.pick([
      () => `${at} = ${this.value(kind)}`, () => `${/^d|\]$/.test(at) ? kind : at} = ${at}`,
      () => this.swap(kind),
      // Wrong by itself, and then not where it was found.
      () => `${many}.push(${element}, ${element}); ${this.swap(by)}`, () => `${many}.length--; ${this.swap(by)}`,
      () => `delete ${this.at('pair')}.x; ${this.swap('pair')}`, () => `delete ${many}[0]; ${this.swap(by)}`,
      () => `${this.at('pair')}.y = ${this.number()}`, () => `delete ${this.at('pair')}.${dice.pick(['x', 'y'])}`,
      () => `${this.at('call')}.is = '${dice.pick(['zero', 'one', 'two'])}'`,
      () => `delete ${this.at('call')}.${dice.pick(['x', 'y'])}`,
      () => `Object.assign(${this.at('call')}, ${this.value('call')})`,
      () => `${many}.push(${element})`, () => `${many}.unshift(${element})`, () => `${many}.shift()`,
      () => `${many}.pop()`, () => `${many}.length = ${dice.below(4)}`, () => `${many}.reverse()`,
      () => `${many}.splice(${dice.below(3)}, ${dice.below(2)}, ${element})`, () => `${many}.copyWithin(0, 1)`,
      () => `delete ${many}[${dice.below(2)}]`, () => `${many}[${dice.below(4)}] = ${element}`,
      () => `d.nested.push(${this.at('numbers')})`, () => 'd.nested.shift()', () => 'd.nested.reverse()',
      () => 'd.calls.reverse()', () => `d.calls.push(${this.value('call')})`, () => `d.n = ${many}.length % 3`,
      () => `d.n = 'x' in ${this.at('call')} ? 1 : 0`,
    ])()
  }
  text(): string {
    const { dice } = this
    return Array.from({ length: dice.between(1, 5) }, () =>
      dice.chance(0.3) ? `if (${dice.pick(['d.a.x', 'd.queue.length > 1', "d.call.is === 'zero'"])}) { ${this.one()} }`
        : this.one()).join('; ')
  }

  initial(): unknown {
    const { dice } = this
    const pair_ = () => ({ x: dice.chance(0.5), y: dice.below(3) }), number = () => dice.below(3)
    const call = () => dice.pick([() => ({ is: 'zero', y: number(), x: dice.chance(0.5) }),
      () => ({ is: 'one', y: number() }), () => ({ is: 'two', of: pair_() })])()
    const some = <T>(most: number, of: () => T): T[] => Array.from({ length: dice.below(most + 1) }, of)
    return { a: pair_(), b: pair_(), maybe: dice.chance(0.7) ? pair_() : null, rows: [pair_(), pair_()],
      other: [pair_(), pair_()], queue: some(3, pair_), spare: some(3, pair_), numbers: some(3, number),
      more: some(3, number), nested: some(2, () => some(3, number)), call: call(), next: call(), calls: some(2, call),
      n: number() }
  }
}

const said = (work: () => unknown): string => {
  try { return JSON.stringify(work()) } catch { return 'refused' }
}
test('statements do to a state what they do to plain objects, or are refused', () => {
  const action = actionsOf<unknown, { readonly what: string }>()
  const ends = { taken: 0, refused: 0 }, differences: string[] = []
  for (let seed = 1; seed <= 1500; seed++) {
    const random = new Statements(new Dice(seed)), text = random.text(), initial = random.initial()
    let recipe: (d: unknown) => void
    try {
      recipe = new Function('d', '"use strict"; let { a: pair, call, queue, numbers, rows } = d; '
        + text) as typeof recipe
    } catch { continue }
    const of: AnyMachine = machine<unknown, unknown, { readonly what: string }>({ name: 'm', domain, initial,
      actions: [action('go', { agent: 'cpu', when: () => true, then: d => { recipe(d) } })] })
    const is = said(() => (step(of, of.initialWorld, { action: 'go', args: {} }).world as { state: unknown }).state)
    const plain = said(() => take(of, between(of, of.initialWorld), of.actions[0]!, {})!.world.state)
    ends[plain === 'refused' ? 'refused' : 'taken']++
    if (is !== plain) differences.push(`${seed}: ${text}\n${JSON.stringify(initial)}\n${is}\n${plain}`)
  }
  expect(differences).toEqual([])
  expect(Math.min(ends.taken, ends.refused)).toBeGreaterThan(400)
})
