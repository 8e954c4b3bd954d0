/** Faults in the search itself, one textual edit each: the suites have to find every one. */
import type { Edit } from './checker-model.ts'

const explore = (file: string) => (name: string, fault: string, find: string, replace: string, ...also: string[]): Edit =>
  ({ name, file: `src/explore/${file}.ts`, fault, find, replace, also: also.map(suite => `test/unit/${suite}.test.ts`) })

const keys = explore('keys'), kernel = explore('wasm/kernel'), tables = explore('wasm/tables'), walker = explore('wasm/walker')
const code = explore('wasm/successors'), canon = explore('wasm/canon'), javascript = explore('javascript'), trees = explore('trees')
const store = explore('store'), search = explore('search'), steps = explore('steps'), learner = explore('learner'), threads = explore('threads')
const independence = explore('independence'), graph = explore('graph'), fairness = explore('fairness'), components = explore('components')
const progress = explore('progress'), states = explore('states'), book = explore('book'), successors = explore('successors')
const symmetry = explore('symmetry'), equivariance = explore('equivariance'), namings = explore('namings'), renaming = explore('renaming')
const shrink = explore('shrink'), stepper = explore('stepper'), alike = explore('alike')

export const searchEdits: readonly Edit[] = [
  keys('rank-narrow', 'a counted part has too few bits in the key', 'Math.ceil(Math.log2(length))', 'Math.floor(Math.log2(length))', 'explore-keys'),
  keys('rank-shared', 'two patterns of a counted part have one number', 'of[pattern] = number', 'of[pattern] = number >> 1', 'explore-keys'),
  keys('full-list', 'full lists are not among the patterns', 'length: shape.elements.length + 1 }', 'length: shape.elements.length }', 'explore-keys'),
  kernel('run-by-hash', 'parts of wide states are taken for one by their hash',
    'each(i => brIf(0, ne(load(get(from), i * 4), load(address, i * 4)))),', '[],'),
  kernel('key-by-hash', 'states are taken for one by their hash', 'brIf(1, eq64(get(other), get(key))),\n            nextSlot', 'br(1),\n            nextSlot'),
  kernel('other-part', 'the part that a step left alone is taken from the other half',
    'and64(shrU64(get(parent), i64(BigInt(32 * which))), i64(0x7fffffffn)), 0x0b', 'and64(get(parent), i64(0x7fffffffn)), 0x0b'),
  kernel('parent-lost', 'states forget whom they were found from', 'load(get(address), record.parent)),\n      set(state', 'i32(0)),\n      set(state'),
  store('table-unspread', 'a table that grows is left as it was', 'if (this.kernel.spread(slots) !== 0) return true', 'return true'),
  tables('rehash-first', 'a table that is filled anew lacks the first state', 'brIf(1, geU(get(n), at(control.count))),\n        // A slot', 'when(eqz(get(n)), set(n, i32(1))), brIf(1, geU(get(n), at(control.count))),\n        // A slot'),
  walker('move-dropped', 'a tree that is walked moves nothing', 'set(left, load(get(leaf))),', 'set(left, i32(0)),'),
  walker('unwritten', 'a tree that is walked keeps nothing of the state before', 'or(and(load(local, scratch + 4 * w), load(get(leaf), 8 + 8 * w))', 'or(i32(0)'),
  code('loop-uncounted', 'a step that leads back to where it began is not counted', 'if (changed.length === 0 && !every) return counted', 'if (changed.length === 0 && !every) return []'),
  code('move-word', 'a part that moves to another word is dropped', 'if (to >>> 5 !== w) continue', 'if (from >>> 5 !== w || to >>> 5 !== w) continue', 'explore-moves'),
  code('part-bit', 'of claims in many parts those past the 32nd are skipped', '1 << Math.min(bit, 31)', '1 << (bit & 31)'),
  code('chain-value', 'a value goes the way of its neighbour', 'i32(values[0]!)', 'i32(values[0]! ^ 1)'),
  javascript('move-dropped', 'the JavaScript moves nothing', 'moves.filter(({ to }) => to >>> 5 === w)', 'moves.slice(1, 0)', 'explore-backends'),
  trees('leaf-shared', 'two effects that differ in what moves are one', "${effect.moves.map(({ from, to, bits }) => `${from}-${to}-${bits}`).join()}", '', 'explore-moves'),
  trees('piece-shift', 'of a wide field the first bits only are tested', 'shift: (from & 31) + done', 'shift: from & 31'),

  store('label-half', 'every second state has the label of the one before', '>>> (state & 1) * 16 & maxLabels', '& maxLabels'),
  store('resume-loses-state', 'a search that goes on has one state less', 'this.word(control.count, states)', 'this.word(control.count, Math.max(1, states - 1))'),
  store('resume-no-table', 'a search that goes on does not know its states again', 'this.tellMasks()\n    this.kernel.rehash()\n    this.kernel.regrow0', 'this.tellMasks()\n    this.kernel.regrow0'),
  search('depth-count', 'the depth is one too many', 'return this.levels.length - 1', 'return this.levels.length'),
  search('resume-skips', 'a search that goes on skips a state', 'this.next = next\n    this.was', 'this.next = next < this.levelEnd - 1 ? next + 1 : next\n    this.was'),
  search('resume-forgets', 'a search that goes on forgets what was reached', 'book.restore(violations, reachedBy)', 'book.restore(violations, [])'),
  search('resume-counts', 'a search that goes on counts steps for another label', 'successors.restore(i + 1, fired)', 'successors.restore(i, fired)'),
  search('decided-early', 'a search ends when one claim is violated', 'return !this.whole && this.book.decided', 'return !this.whole && this.book.violations.size > 0'),
  steps('uncounted', 'a step that is taken by the trees is not counted', 'this.successors.count(label)\n        apply(effect, words32, at, words32, store.candidate)', 'apply(effect, words32, at, words32, store.candidate)'),
  steps('last-root', 'the last instance is not taken where the code does not know on', 'root < Math.min(end, learner.trees.roots.length)', 'root < Math.min(end, learner.trees.roots.length - 1)'),
  successors('one-thread', 'steps of other threads are not counted', 'let sum = this.taken[label] ?? 0\n    for (let thread = 0; thread < plan.threads; thread++) {', 'let sum = this.taken[label] ?? 0\n    for (let thread = 0; thread < 1; thread++) {'),
  threads('woken-twice', 'a thread that is woken once more takes the round again', 'if (current === round) continue', '', 'explore-limits'),
  store('kept-number', 'a number that a thread kept is used after the table of runs grew', 'this.word(this.localOf(thread) + own.reserved[i]!, 0)', 'void 0', 'explore-limits'),
  threads('miss-lost', 'what a thread does not know is forgotten', 'miss(next++, -missed)', 'next++', 'explore-limits'),
  learner('reads-late', 'a claim that reads more is not judged where that changes', 'if (isNew) for (let label = 1; label', 'if (isNew && root < 0) for (let label = 1; label'),
  learner('symmetric-touch', 'under symmetry claims are judged only where the step under its own names touched them', 'let touch = this.symmetric === null ? 0 : -1', 'let touch = 0', 'explore-symmetry'),
  learner('symmetric-diamonds', 'under symmetry steps are left out as if names had stayed', 'effect !== null && this.symmetric === null)', 'effect !== null)', 'explore-symmetry'),
  learner('claims-untested', 'claims are not asked under other names', 'this.symmetric?.checkProperty(property, part, words, offset, log)', 'void 0', 'explore-symmetry'),
  learner('steps-untested', 'steps are not asked under other names', 'this.symmetric?.checkStep(instance, words, offset, log)', 'void 0'),

  independence('any-order', 'a step is left out after one that comes before it', 'if (a.instance >= b.instance) return false', 'if (a.instance === b.instance) return false', 'explore-independence'),
  independence('reads-ignored', 'a step is left out though it reads what the other writes', ' | a.reads[w]! & b.writes[w]!', '', 'explore-independence'),
  independence('writes-ignored', 'a step is left out though it writes what the other reads', 'a.writes[w]! & (b.reads[w]! | b.writes[w]!)', 'a.writes[w]! & b.writes[w]!', 'explore-independence'),
  independence('moves-unread', 'bits that move are not taken for read', 'moves.forEach(({ from, bits }) => { read(from, bits) })', 'void moves', 'explore-independence'),
  independence('resumed-free', 'steps of the search before are independent of all', 'one.reads.fill(0xffffffff)', 'void one', 'explore-independence'),

  graph('direct-edge', 'the graph lacks steps whose tree was given up', 'put(parent, label, store.locate(parent))', 'if (root > from) put(parent, label, store.locate(parent))', 'explore-progress'),
  fairness('weak-ignored', 'weak fairness is ignored', 'if (starved(true, members.length) >= 0 || ', 'if ('),
  fairness('strong-ignored', 'strong fairness is no more than weak', "if (starved('strong', 1) < 0) {", "if (starved('strong', members.length) < 0) {"),
  fairness('rests-anyhow', 'a run may rest where a weakly fair step is enabled', 'if (graph.fairness[graph.instanceOf(edge)] !== false) return false', "if (graph.fairness[graph.instanceOf(edge)] === 'strong') return false"),
  components('low-link', 'a component ends where a cycle leads back', 'else if (index[to]! < low[state]!) low[state] = index[to]!', 'else void 0'),
  progress('goal-passed', 'what has ended still waits', 'if (waiting[state] !== 0 || to[state] !== 0) return', 'if (waiting[state] !== 0) return', 'explore-progress'),
  progress('one-step-back', 'only what is a step from the goal recovers', 'queue[end++] = source', 'void source'),
  progress('first-case', 'only the first case of a claim is decided', 'for (const at of cases) {', 'for (const at of cases.slice(0, 1)) {'),
  states('random-by-hash', 'a random run takes states for one by their hash', 'if (this.arena[one + i] !== this.arena[other + i]) return false', 'void other', 'explore-random'),
  book('later-stands', 'a later violation of a step replaces the first', 'this.ofSteps = this.ofSteps.filter(p => p !== property)', 'void 0'),
  shrink('goes-past', 'ops go on past the violation', 'if (verdict !== true) break', 'void 0'),
  stepper('events-shared', 'a random step tells what another told', 'const key = JSON.stringify(events)', 'const key = String(events.length)'),

  symmetry('case-tests', 'rows of a table are renamed whatever case the state is of', "bits: shape.elements[0]!.shape.bits, ...under })", "bits: shape.elements[0]!.shape.bits, keys: under.keys, tests: [] })", 'explore-symmetry'),
  symmetry('rows-in-rows', 'groups whose rows lie in each other are ordered one by one', 'if (rows.some(row => row.group === name && row.keys.some(key => relabelled.includes(key)))) return false', 'void rows'),
  equivariance('ends-unlike', 'a step may end otherwise under other names', 'if (!endsAlike(end, there.effect, before)) throw', 'if (false) throw'),
  equivariance('says-unlike', 'a claim may say otherwise under other names', 'if (there === null || there.says !== here.says) throw', 'if (there === null) throw'),
  alike('by-chance', 'a step that ends alike by chance is taken to do so always', 'if (mine !== its) return false', 'void its', 'explore-symmetry'),
  namings('few-orders', 'of the orders of a group two are tried', '...all.filter(names => !isSame(names))]', '...all.filter(names => !isSame(names)).slice(0, 1)]', 'explore-symmetry'),
  renaming('last-id', 'the first id that may be null keeps its name', 'raw >= nulls)\n          this.ids', 'raw > nulls)\n          this.ids', 'explore-symmetry'),
  canon('swap-untried', 'the canonical form does not try the last order', 'permutations(size).map(low => [', 'permutations(size).slice(1).map(low => ['),
  canon('unmentioned', 'ids that nothing mentions are not ordered', 'when(eq(and(get(a), get(b)), i32(unnamed)), compareRows(low)),', '[],'),
  canon('nullable-swap', 'a swap takes null for an id', 'const code = low + (nullable ? 1 : 0)', 'const code = low'),
]
