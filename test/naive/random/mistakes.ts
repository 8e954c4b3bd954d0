/** What a recipe or a guard must not do, as random text: done in some states only. */
import type { Domain } from '../../../src/index.ts'
import { when } from './deeds.ts'
import type { Place, Scope, Words } from './words.ts'

export interface Spoilt { readonly deed: string; readonly guard: (honest: string) => string }
const scopeOf = (root: string, domain: Domain): Scope => ({ roots: [{ text: root, domain, needs: [] }], ids: [],
  numbers: [], constant: null })
const nothing: Spoilt = { deed: 'void 0', guard: honest => honest }

export function mistakes(words: Words, state: Domain): Spoilt {
  const { dice } = words
  const when_ = (fact: string, deed: string): string => `if (${fact}) { ${deed} }`
  const fact = words.fact(scopeOf('d', state), 1)
  if (dice.chance(0.25)) {
    const at = words.place(scopeOf('s', state), () => true)
    if (at === null || at.text === 's') return nothing
    const write = dice.pick([`${at.text} = 0`, ...at.text.endsWith(']') ? [] : [`delete ${at.text}`],
      ...at.domain.kind === 'list' ? [`${at.text}.sort()`] : []])
    const tries = dice.chance(0.5) ? `try { ${write} } catch {}` : write
    return { deed: 'void 0', guard: honest => `(() => { ${when(at.needs, tries)}; return ${honest} })()` }
  }
  if (dice.chance(0.3)) return { ...nothing, deed: when_(fact, `return ${dice.pick(answers)}`) }
  const deed = writes(words, state)
  return { ...nothing, deed: dice.chance(0.3) ? deed : when_(fact, deed) }
}

/** Of these a number and `undefined` are no mistake: a step that is one expression answers what that is. */
const answers = ['1', 'undefined', '{}', 'd', '[]', '() => 0', 'Promise.resolve()', '{ then() {} }',
  '(function* () {})()', 'null', "'text'"]

function writes(words: Words, state: Domain): string {
  const { dice } = words
  const desk = scopeOf('d', state)
  const at = words.place(desk, () => true)
  if (at === null) return "throw new Error('no')"
  const own = dice.weigh(...ofAny(at), ...ofKind(words, desk, at))
  return when(at.needs, own)
}
function ofAny({ text }: Place): (readonly [number, string])[] {
  const name = /^(.*)\.(\w+)$/.exec(text)
  if (text === 'd') return [[2, "throw new Error('no')"], [1, 'd.unknown = 1'], [1, "emit.cost('look', -1)"],
    [1, 'null.field']]
  return [
    ...['NaN', 'Infinity', 'undefined', "'7'", '1.5', '1e9', '{}', '[]', '() => 0', 'Symbol.iterator', '7n']
      .map((value): [number, string] => [1, `${text} = ${value}`]),
    ...name === null ? [] : [
      [2, `delete ${text}`],
      [2, `Object.defineProperty(${name[1]}, '${name[2]}', { get: () => 0, enumerable: true, configurable: true })`],
      [2,
        `Object.defineProperty(${name[1]}, '${name[2]}', { value: ${text}, enumerable: false, writable: true, `
          + 'configurable: true })'],
    ] as [number, string][],
  ]
}
function ofKind(words: Words, desk: Scope, { text, domain }: Place): (readonly [number, string])[] {
  const value = words.value(desk, domain, false)
  switch (domain.kind) {
    case 'struct': case 'variant': return [
      [4, `${text}.unknown = 1`], [4, `${text}[Symbol.for('k')] = 1`],
      ...text === 'd' || value === null ? [] : [
        [4, when(value.needs, `const made = ${value.text}; ${text} = made; made.unknown = 1`)],
        [4, when(value.needs,
          `const made = ${value.text}; ${text} = made; for (const name of Object.keys(made)) delete made[name]`)],
        [2, when(value.needs, `${text} = Object.create(${value.text})`)],
      ] as [number, string][],
    ]
    case 'table': case 'list': return [
      [4, `${text}.lenght = 0`], [4, `${text}[-1] = 0`], [3, `${text}['01'] = 0`], [3, `delete ${text}[0]`],
      [3, `${text}.length = 7`], [3, `${text}.length = 0; ${text}.length = 1`],
      [3, `${text}.push(${text}[0], ${text}[0], ${text}[0], ${text}[0])`],
      ...domain.kind === 'table' ? [[3, `${text}.length = 0`]] as [number, string][] : [],
      ...value === null ? []
        : [[4, when(value.needs,
          `const made = ${value.text}; ${text} = made; made.push(made[0])`)]] as [number, string][],
    ]
    default: return []
  }
}
