/** Designs and claims that tell ids apart, each in another way: under symmetry none of them passes for one that does
 *  not. */
import { describe, expect, test } from 'vitest'
import { actionsOf, bool, exploreExhaustively, initial, list, machine, optional, propertiesOf, range, scalarset, struct,
  table, variant } from '../../src/index.ts'
import type { Action, Exploration, Ledger as LedgerOf, Machine, Property, Value } from '../../src/index.ts'

const size = 3, last = size - 1
const id = scalarset('id', size), dev = scalarset('dev', 2)
const record = optional(struct({ x: bool, who: optional(id) }))
const domain = struct({
  n: range(0, 5), at: table([id], range(0, 2)), o: optional(id), q: list(id, 2), line: list(record, 2),
  rec: table([id], record), cell: table([id], struct({ x: bool, who: optional(id) })), of: table([dev], optional(id)),
  unit: variant('kind',
    { idle: { ready: table([id], bool), mode: range(0, 2) },
      busy: { urgent: bool, who: id, flags: table([id], range(0, 1)) } }),
  slot: table([range(0, size - 1)], bool), bad: bool,
})
type S = Value<typeof domain>
type Seen = { readonly what: 'used' | 'odd'; readonly id: number; readonly dev: number }
const ledger = struct({ most: range(0, last), by: table([id], bool) })
type L = Value<typeof ledger>
const action = actionsOf<S, Seen>()
const { always, step, monitor } = propertiesOf<S, L, Seen>()
const one = { id }, pair = { id, other: id }, both = { id, dev }

const no = { because: 'no' }

/** What there is to do in any case: a few steps, in any order. */
const usual: Readonly<Record<string, Action<S, Seen>>> = {
  set: action('set', { agent: 'a', params: one, when: (s, p) => s.n < 4 && s.at[p.id]! < 2,
    then: (d, p) => { d.n++; d.at[p.id]!++ } }),
  take: action('take',
    { agent: 'a', params: one, when: s => s.n < 4 && s.o === null, then: (d, p) => { d.n++; d.o = p.id } }),
  push: action('push',
    { agent: 'a', params: one, when: (s, p) => s.n < 4 && s.q.length < 2 && !s.q.includes(p.id),
      then: (d, p) => { d.n++; d.q.push(p.id) } }),
  fill: action('fill',
    { agent: 'a', params: pair, when: (s, p) => s.n < 3 && s.rec[p.id] === null,
      then: (d, p) => { d.n++; d.rec[p.id] = { x: p.id === p.other, who: p.other } } }),
  bind: action('bind',
    { agent: 'a', params: both, when: (s, p) => s.n < 4 && s.of[p.dev] === null,
      then: (d, p) => { d.n++; d.of[p.dev] = p.id } }),
  ready: action('ready', { agent: 'a', params: one,
    when: (s, p) => s.n < 4 && s.unit.kind === 'idle' && !s.unit.ready[p.id]!,
    then: (d, p) => { d.n++; if (d.unit.kind === 'idle') d.unit.ready[p.id] = true } }),
  begin: action('begin', { agent: 'a', params: one, when: s => s.n < 4 && s.unit.kind === 'idle',
    then: (d, p) => { d.n++; d.unit = { kind: 'busy', urgent: true, who: p.id, flags: [0, 0, 0] } } }),
  paint: action('paint',
    { agent: 'a', params: one, when: (s, p) => s.n < 3 && s.at[p.id] === 0,
      then: (d, p) => { d.n++; d.at[p.id] = 1; d.cell[p.id]!.x = true } }),
  use: action('use', { agent: 'a', params: both, when: s => s.n < 3,
    then: (d, p, emit) => { d.n++; emit.observe({ what: 'used', ...p }) } }),
}
const harm = (d: S): void => { d.bad = true }
const fine = always('fine', { claim: '' }, ({ state }) => !state.bad || { because: 'bad' })
interface Design {
  readonly steps: string
  readonly actions?: readonly Action<S, Seen>[]
  readonly claims?: readonly Property<S, L, Seen>[]
  readonly observe?: LedgerOf<L, Seen>['observe']
}
const made = ({ steps, actions = [], claims = [fine], observe = () => {} }: Design): Machine<S, L, Seen> =>
  machine<S, L, Seen>({
    name: 'm', domain, initial: initial(domain), ledger: { domain: ledger, initial: initial(ledger), observe },
    properties: [...claims, always('true', { claim: '' }, () => true)],
    actions: [...steps.split(' ').map(name => usual[name]!), ...actions],
  })
const told = ({ results }: Exploration) =>
  results.map(({ property, outcome, violation }) => [property, outcome, violation?.ops.length])
const when = (guard: (s: S) => boolean): readonly Action<S, Seen>[] =>
  [action('harm', { agent: 'a', when: guard, then: harm })]
const then = (recipe: (d: S, p: { id: number }) => void): readonly Action<S, Seen>[] =>
  [action('do', { agent: 'a', params: one, when: s => s.n < 5, then: (d, p) => { d.n++; recipe(d, p) } })]
/** Nothing is read: what is done shows alone, and where it is done first nothing shows. */
const blind = (recipe: (d: S, p: { id: number }) => void): readonly Action<S, Seen>[] =>
  [action('do', { agent: 'a', params: one, when: () => true, then: recipe })]
const blindly = (recipe: (d: S) => void): readonly Action<S, Seen>[] =>
  [action('do', { agent: 'a', when: () => true, then: recipe })]
const own = always('own', { claim: '' }, ({ state }) => state.cell.every(({ x }, i) => !x || state.at[i] === 1) || no)
const odd = (s: S): boolean => s.rec.some((of, i) => of !== null && of.who !== i && !of.x && s.at[i] === 2)

/** Each for one id that is treated in another way. */
const tricks: Readonly<Record<string, (k: number) => Design>> = {
  'a guard that knows an argument': k => ({
    steps: 'set', actions: [action('harm',
      { agent: 'a', params: one, when: (s, p) => s.at[p.id] === 2 && p.id === k, then: harm })],
  }),
  'a guard that knows a value': k => ({ steps: 'take', actions: when(s => s.o === k) }),
  'a guard that knows a row': k => ({ steps: 'set', actions: when(s => s.at[k] === 2) }),
  'a value in a list': k => ({ steps: 'push', actions: when(s => s.q[1] === k) }),
  'a value within an optional': k => ({ steps: 'fill', actions: when(s => s.rec.some(of => of?.who === k && of.x)) }),
  'a row of a table in a variant': k => ({ steps: 'ready begin',
    actions: when(s => s.unit.kind === 'idle' && s.unit.ready[k]!) }),
  'a value in a variant': k => ({ steps: 'ready begin',
    actions: when(s => s.unit.kind === 'busy' && s.unit.who === k) }),
  'a recipe that writes a row': k => ({ steps: 'set', actions: then(d => { d.at[k] = 2 }),
    claims: [always('few', { claim: '' }, ({ state }) => state.at[k] !== 2 || state.n > 1 || no)] }),
  'a recipe that writes a value': k => ({ steps: 'push', actions: then(d => { d.o = k }),
    claims: [always('free', { claim: '' }, ({ state }) => state.o !== k || state.q.length < 2 || no)] }),
  'a row that is moved': k => ({ steps: 'fill set',
    actions: [...then((d, p) => { d.rec[p.id] = d.rec[k]! }), ...when(odd)] }),
  'a row that is moved where it looks like its own': k => ({ steps: 'fill set',
    actions: [...then((d, p) => { d.rec[p.id] = d.rec[p.id === k ? (k + 1) % size : p.id]! }), ...when(odd)] }),
  'a row that is moved unread': k => ({ steps: 'paint',
    actions: blind((d, p) => { d.cell[p.id] = d.cell[p.id === k ? (k + 1) % size : p.id]! }), claims: [own] }),
  'rows that are moved unread': k => ({ steps: 'paint', actions: blindly(d => { d.cell[k] = d.cell[(k + 1) % size]! }),
    claims: [own] }),
  'a row that is written unread': k => ({ steps: 'set', actions: blindly(d => { d.at[k] = 2 }),
    claims: [always('few', { claim: '' }, ({ state }) => state.at[k] !== 2 || state.n > 0 || no)] }),
  'a row that goes to a list': k => ({
    steps: 'fill', actions: [...then(d => { if (d.line.length < 2) d.line.push(d.rec[k]!) }),
      ...when(s => s.line.some(of => of?.x))],
  }),
  'one row that is cleared': k => ({
    steps: 'fill', actions: [...then(d => { for (let i = 0; i < size; i++) if (i !== k) d.rec[i] = null }),
      ...when(s => s.n > 1 && s.rec.some(of => of?.x))],
  }),
  'one flag that is kept': k => ({ steps: 'begin ready', actions: [
    ...then((d, p) => { if (d.unit.kind === 'busy') d.unit.flags[p.id] = p.id === k ? 0 : 1 }),
    ...when(s => s.unit.kind === 'busy' && s.unit.flags[s.unit.who] === 1)] }),
  'a pair of groups, by a table': k => ({ steps: 'bind', actions: when(s => s.of[1] === k) }),
  'a pair of groups, by arguments': k => ({
    steps: 'bind', actions: [action('harm',
      { agent: 'a', params: both, when: (s, p) => s.n > 1 && p.id === k && p.dev === 1, then: harm })],
  }),
  'a pair of groups of which one is free': k => ({ steps: 'bind',
    actions: when(s => s.of[0] === k && s.of[1] === null) }),
  'a ledger': k => ({ steps: 'use', observe: (book, seen) => { if (seen.id === k) book.by[seen.id] = true },
    claims: [always('none', { claim: '' }, ({ ledger: { by } }) => !by.includes(true) || no)] }),
  'a monitor': k => ({
    steps: 'use', claims: [monitor('few', { claim: '', domain: struct({ n: range(0, 3) }) },
      (m, seen) => { if (seen.id === k) m.n++ }, m => m.n < 2 || no)],
  }),
  'a claim about steps': k => ({ steps: 'use',
    claims: [step('not it', { claim: '', on: 'used' }, ({ id: seen }) => seen !== k || no)] }),
  'a claim about steps and where they began': k => ({ steps: 'set use',
    claims: [step('not it', { claim: '', on: 'used' }, (_, __, before) => before.state.at[k] !== 2 || no)] }),
  'a claim about steps of a pair': k => ({ steps: 'use',
    claims: [step('not it', { claim: '', on: 'used' }, seen => seen.id !== k || seen.dev !== 1 || no)] }),
  'what is seen': k => ({ steps: 'take',
    actions: [action('show',
      { agent: 'a', when: s => s.o !== null,
        then: (d, _, emit) => { emit.observe({ what: d.o === k ? 'odd' : 'used', id: 0, dev: 0 }) } })],
    claims: [step('even', { claim: '', on: 'odd' }, () => no)] }),
  'a claim': k => ({ steps: 'set', claims: [always('not it', { claim: '' }, ({ state }) => state.at[k] !== 2 || no)] }),
  'a claim over all': k => ({ steps: 'set',
    claims: [always('not it', { claim: '' }, ({ state }) => !state.at.some((of, i) => of === 2 && i === k) || no)] }),
  'a part': k => ({
    steps: 'set', claims: [always('not it', { claim: '', parts: () => size },
      ({ state }, i) => i !== k || state.at[i] !== 2 || no)],
  }),
  'a part that is numbered by ids': k => ({
    steps: 'set', claims: [always('not it', { claim: '', parts: () => size, partsBy: 'id' },
      ({ state }, i) => i !== k || state.at[i] !== 2 || no)],
  }),
  'a part that looks at one id': k => ({
    steps: 'set take', claims: [always('not it', { claim: '', parts: () => size, partsBy: 'id' },
      ({ state }, i) => state.o !== i || state.at[k] !== 1 || no)],
  }),
  'a part that is left out': k => ({
    steps: 'set', claims: [always('not it', { claim: '', parts: () => k + 1, partsBy: 'id' },
      ({ state }, i) => i !== k || state.at[i] !== 2 || no)],
  }),
}

/** By their order, by what is computed with them, or by which comes first. */
const orders: Readonly<Record<string, Design>> = {
  'a list in order': { steps: 'push', actions: when(s => s.q.length === 2 && s.q[0]! > s.q[1]!) },
  'a list that is sorted': {
    steps: 'push', actions: [...then(d => { d.q.sort((a, b) => b - a) }),
      ...when(s => s.q.length === 2 && s.n === 3 && s.q[0] === 2)],
  },
  'a value that is less': { steps: 'take', actions: when(s => s.o !== null && s.o < 1) },
  'an even one': { steps: 'take', actions: when(s => s.o !== null && s.o % 2 === 1) },
  'the next one': {
    steps: 'set', actions: [...then((d, p) => { d.o = (p.id + 1) % size }),
      ...when(s => s.o === 0 && s.at[last] === 1 && s.n === 2)],
  },
  'the first that fits': { steps: 'set',
    actions: [...then(d => { const i = d.at.indexOf(1); d.o = i < 0 ? null : i }), ...when(s => s.o === last)] },
  'the last that fits': { steps: 'set',
    actions: [...then(d => { const i = d.at.lastIndexOf(1); d.o = i < 0 ? null : i }), ...when(s => s.o === 0)] },
  'the first that fits, and no further': {
    steps: 'set', actions: [...then(d => { for (let i = 0; i < size; i++) if (d.at[i] === 1) { d.at[i] = 2; break } }),
      ...when(s => s.at[last] === 2 && s.at[0] === 1)],
  },
  'all, one after the other': {
    steps: 'set', actions: [...then(d => { d.at.forEach((at, i) => { if (at === 1 && d.q.length < 2) d.q.push(i) }) }),
      ...when(s => s.q[0] === 1)],
  },
  'a table of numbers': { steps: 'take',
    actions: [...then((d, p) => { d.slot[p.id] = true }), ...when(s => s.slot[1]! && s.o !== null)] },
  'rows that change places where they are in order': {
    steps: 'fill set',
    actions: [...then((d, p) => { if (d.o === null && p.id > 0) [d.rec[0], d.rec[p.id]] = [d.rec[p.id]!, d.rec[0]!] }),
      ...when(odd)],
  },
  'the most in a ledger': { steps: 'use', observe: (book, seen) => { book.most = Math.max(book.most, seen.id) },
    claims: [always('less', { claim: '' }, ({ ledger: { most } }) => most < last || no)] },
  'a claim that counts': {
    steps: 'set', claims: [always('light', { claim: '' },
      ({ state }) => state.at.reduce((sum, at, i) => sum + at * i, 0) < 5 || no)],
  },
  'a claim that looks for the first': { steps: 'set',
    claims: [always('first', { claim: '' }, ({ state }) => state.at.findIndex(at => at === 2) < 1 || no)] },
  'how much is paid': {
    steps: 'take', actions: [action('pay',
      { agent: 'a', when: s => s.o !== null && s.n < 3,
        then: (d, _, emit) => { d.n++; emit.cost('store', d.o! + 1) } })],
  },
}

/** Nothing of these tells ids apart. */
const equal: Readonly<Record<string, Design>> = {
  'everything usual': { steps: Object.keys(usual).join(' ') },
  'all rows anew': { steps: 'set', actions: then(d => { d.at = [0, 0, 0] }),
    claims: [always('few', { claim: '' }, ({ state }) => state.at.filter(at => at === 2).length < 2 || no)] },
  'a row that another gets': { steps: 'fill set',
    actions: [...then((d, p) => { if (d.o !== null) d.rec[p.id] = d.rec[d.o]! }), ...when(odd)] },
  'parts numbered by ids': {
    steps: 'set take', claims: [always('not it', { claim: '', parts: () => size, partsBy: 'id' },
      ({ state }, i) => state.o !== i || state.at[i] !== 2 || no)],
  },
  'parts that are not': {
    steps: 'set take', claims: [always('not it', { claim: '', parts: () => size },
      ({ state }, i) => state.o !== i || state.at[i] !== 2 || no)],
  },
  'a ledger, a monitor, a claim about steps': { steps: 'use take', observe: (book, seen) => { book.by[seen.id] = true },
    claims: [
      monitor('few', { claim: '', domain: struct({ last: optional(id) }) }, (m, seen) => { m.last = seen.id },
        () => true),
      step('own', { claim: '', on: 'used' }, (seen, { state }) => state.o !== seen.id || no),
      always('some', { claim: '' }, ({ ledger: { by } }) => by.includes(false) || no)] },
}

describe('told apart', () => {
  const cases = [...Object.entries(tricks)
    .flatMap(([name, design]) => [0, last].map(k => [`${name}: ${k}`, design(k)] as const)), ...Object.entries(orders)]
  test.each(cases)('%s', async (_, design) => {
    const symmetric = await exploreExhaustively(made(design), { symmetry: true })
    expect(told(symmetric)).toEqual(told(await exploreExhaustively(made(design))))
    expect(symmetric.engine!.refused).not.toEqual([])
    await expect(exploreExhaustively(made(design), { symmetry: ['id', 'dev'] }))
      .rejects.toThrow(/tells the ids of scalarset/)
  })
})
describe('not told apart', () => {
  test.each(Object.entries(equal))('%s', async (_, design) => {
    const [plain, symmetric] = [await exploreExhaustively(made(design)),
      await exploreExhaustively(made(design), { symmetry: true })]
    expect(told(symmetric)).toEqual(told(plain))
    expect(symmetric.engine!.refused).toEqual([])
    expect(symmetric.states).toBeLessThan(plain.states)
  })
})
