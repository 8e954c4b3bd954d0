/** Faults in what runs recipes and packs states, one textual edit each: the suites have to find every one. */

export interface Edit {
  readonly name: string
  readonly file: string
  /** What is wrong then. */
  readonly fault: string
  /** Occurs once in the file. */
  readonly find: string
  readonly replace: string
  /** Suites that know more of it than the differential one. */
  readonly also?: readonly string[]
}

const model = (file: string) => (name: string, fault: string, find: string, replace: string, ...also: string[]): Edit =>
  ({ name, file: `src/model/${file}.ts`, fault, find, replace, also: also.map(suite => `test/unit/${suite}.test.ts`) })

const pack = model('pack'), layout = model('layout'), effect = model('effect'), draft = model('draft'),
  run = model('run'), put = model('put')
const recipe = model('recipe'), judge = model('judge'), record = model('record')

export const modelEdits: readonly Edit[] = [
  pack('last-element', 'the last element of a full list is not packed', 'if(${v}.length>${i}){',
    'if(${v}.length>${i + 1}){'),
  pack('always-present', 'null is packed as something that is there', '(${v}===null?0:1)', '(1)'),
  layout('narrow-field', 'a field has too few bits for its last values', 'Math.ceil(Math.log2(count))',
    'Math.floor(Math.log2(count))'),
  layout('case-over-tag', 'the fields of a case lie over the tag', 'const cursor = new Cursor(which.bits)',
    'const cursor = new Cursor(0)'),
  layout('low-forgotten', 'a range is read as if it began at 0', 'return raw + domain.low', 'return raw'),
  layout('null-is-first', 'the first id is taken for null', 'if (raw === 0) return null', 'if (raw <= 1) return null'),

  effect('move-dropped', 'what nobody looked at is lost when a part moves',
    'else this.move(node.at + place.at, at + place.at, place.shape.bits)', 'else void 0'),
  effect('list-not-cleared', 'elements that were cut off stay in the packed state',
    'for (let i = length; i < before; i++) this.clear(', 'for (let i = length; i < length; i++) this.clear('),
  effect('case-not-cleared', 'bits of the case before stay in the packed state',
    'this.clear(at, shape.bits)\n    this.put(at, shape.which.bits, which)\n    for (const { name, at: offset, shape: '
      + 'of } of fields) {\n      const old',
    'this.put(at, shape.which.bits, which)\n'
    + '    for (const { name, at: offset, shape: of } of fields) {\n      const old'),
  effect('optional-not-cleared', 'what was there stays in the packed state when it is null',
    'this.clear(at, shape.bits)\n      if (value === null) return\n',
    'if (value === null) { this.put(at, 1, 0); return }\n'),
  effect('move-onto', 'a part that moves is laid over what was there', 'this.clear(to, bits)\n    this.pieces(to',
    'this.pieces(to'),
  effect('laid-over', 'what is written is laid over what was there', 'this.keep[word]! &= ~m\n', ''),
  effect('home-unmoved', 'a part is taken to be at home wherever it is',
    'if (value === found && value !== undefined) {',
    'if (nodeOf(value) !== null || value === found && value !== undefined) {'),
  effect('unknown-names', 'a name that the domain does not know is lost', 'if (!node.parts().has(name) && !(shape.kind',
    'if (false && !(shape.kind', 'plain-meaning'),
  effect('moved-unchecked', 'a part that moves may lack fields and be too long',
    'checkWhole(node, path)\n    const touched', 'const touched', 'plain-meaning'),

  draft('deleted-is-back', 'what is written, then deleted, is back',
    "if (typeof key === 'string' && !this.found.has(key) && this.isPart(key)) this.found.set(key, undefined)",
    'void 0', 'plain-meaning'),
  draft('cut-is-back', 'what is cut off unread comes back when the list grows',
    'for (let i = Number(value); i < target.length; i++) this.found.set(String(i), undefined)', 'void 0',
    'plain-meaning'),
  run('read-unlogged', 'what a recipe reads of one bit is not noted', 'if (bits === 0) return raw\n    const',
    'if (bits <= 1) return raw\n    const'),
  run('caught', 'a refusal that is caught is none', 'if (this.refused !== null) throw this.refused', 'void 0',
    'plain-meaning'),
  run('written-after', 'an object may be changed after it was put into the state',
    'const changed = this.puts.find(isChanged)',
    'const changed = this.puts.slice(1, 0).find(isChanged)', 'plain-meaning'),
  put('alias-lost', 'one object that is put in two places is two', 'if (known !== undefined) return known.copy',
    'void known', 'plain-meaning'),
  put('constant-changed', 'what is put into the state is the very object',
    'return Reflect.set(target, key, copied(run, value))',
    'return Reflect.set(target, key, value)'),
  put('no-json', 'observations that differ are one by their text', 'if (!Number.isFinite(value)) throw',
    'if (false) throw', 'plain-meaning'),

  recipe('monitor-first', 'a monitor hears of the first event only', "if (property.kind === 'monitor')\n",
    "if (property.kind === 'monitor' && event === events[0])\n"),
  recipe('ledger-deaf', 'the ledger hears nothing',
    'refuseAnswer(machine.ledger.observe(draft.ledger, event.observation))',
    'void 0'),
  recipe('monitor-before-ledger', 'monitors hear before the ledger does',
    'refuseAnswer(machine.ledger.observe(draft.ledger, event.observation))\n      for (const property of '
      + 'machine.properties)\n        if (property.kind === \'monitor\')\n          '
      + 'refuseAnswer(property.update(draft.monitors[property.name], event.observation, draft.ledger))',
    'for (const property of machine.properties)\n        if (property.kind === \'monitor\')\n          '
      + 'refuseAnswer(property.update(draft.monitors[property.name], event.observation, draft.ledger))\n      '
      + 'refuseAnswer(machine.ledger.observe(draft.ledger, event.observation))', 'plain-meaning'),
  recipe('answer-taken', 'a recipe may return a state that nobody looks at',
    "typeof answer !== 'object' || answer === null", 'true', 'plain-meaning'),
  judge('world-before', 'claims about steps get the world before as that after', 'property.judge(one, world, before())',
    'property.judge(one, before(), before())'),
  judge('first-seen', 'claims about steps judge the first observation only',
    'for (const one of seen)\n        if (verdict === true',
    'for (const one of seen.slice(0, 1))\n        if (verdict === true'),
  judge('part-skipped', 'the first conjunct is not judged', 'for (let i = 0, parts', 'for (let i = 1, parts'),
  record('step-unjudged', 'claims about steps read a state that is not that after',
    'const seen = new After(before, effect, after)',
    'const seen = new After(before, effect, words.slice(offset, offset + this.words))'),
]
