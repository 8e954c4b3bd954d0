/** Where a text stops being JSON (RFC 8259). Messages of JSON.parse differ between versions of Node and often give no
 *  place. */

export interface JsonFault {
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The text ended before the value did. */
  readonly truncated: boolean
}

/** What is wrong with a text that should be JSON, as all messages say it; null where nothing is. `place` goes behind
 *  the name of the file. */
export function badJson(text: string): { readonly place: string; readonly problem: string } | null {
  const fault = jsonFault(text)
  return fault === null ? null : { place: `:${fault.line}:${fault.column}`,
    problem: fault.truncated ? 'the file ends in the middle of its JSON' : 'not JSON from here on' }
}

const space = /[ \t\n\r]*/y
const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

type Expect = 'value' | 'first element' | 'first key' | 'key' | 'colon' | 'separator'
type Bracket = '{' | '['
const isValue = (expect: Expect): boolean => expect === 'value' || expect === 'first element'
const isKey = (expect: Expect): boolean => expect === 'key' || expect === 'first key'

/** The first place where `text` cannot be JSON any more, or null when it is. Linear in its length, whatever it
 *  holds. */
export function jsonFault(text: string): JsonFault | null {
  const open: Bracket[] = []
  let expect: Expect = 'value'
  let at = 0
  for (;;) {
    at = after(space, text, at)
    const c = text[at]
    const done: boolean = expect === 'separator' && open.length === 0
    if (done && c === undefined) return null
    if (done || c === undefined) return fault(text, at)
    const next = afterMark(c, expect, open)
    if (next !== null) { at++; expect = next }
    else if (c === '"' && (isKey(expect) || isValue(expect))) {
      at = stringFrom(text, at)
      if (text[at] !== '"') return fault(text, at)
      at++
      expect = isKey(expect) ? 'colon' : 'separator'
    } else {
      const end: number = isValue(expect) ? after(literal, text, at) : at
      if (end === at) return fault(text, at)
      at = end
      expect = 'separator'
    }
  }
}

/** What is expected after a bracket, comma or colon; null where it cannot stand here, and for all else. Keeps track of
 *  what is open. */
function afterMark(c: string, expect: Expect, open: Bracket[]): Expect | null {
  switch (c) {
    case '{': case '[':
      if (!isValue(expect)) return null
      open.push(c)
      return c === '{' ? 'first key' : 'first element'
    case '}': case ']': {
      const [bracket, first] = c === '}' ? ['{', 'first key'] : ['[', 'first element']
      if (open.at(-1) !== bracket || expect !== 'separator' && expect !== first) return null
      open.pop()
      return 'separator'
    }
    case ',':
      if (expect !== 'separator') return null
      return open.at(-1) === '{' ? 'key' : 'value'
    case ':': return expect === 'colon' ? 'value' : null
    default: return null
  }
}

/** Index of the closing quote, or of what cannot stand in a string. */
function stringFrom(text: string, quote: number): number {
  for (let at = quote + 1; ;) {
    const c = text[at]
    if (c === '\\') {
      const end = after(escape, text, at)
      if (end === at) return /^\\(?:u[0-9a-fA-F]{0,3})?$/.test(text.slice(at, at + 6)) ? text.length : at
      at = end
    } else if (c === undefined || c === '"' || c < ' ') return at
    else at++
  }
}

/** Index after the token, or `at` where there is none. */
function after(token: RegExp, text: string, at: number): number {
  token.lastIndex = at
  return token.test(text) ? token.lastIndex : at
}

function fault(text: string, at: number): JsonFault {
  const before = text.slice(0, at)
  const rest = text.slice(at, at + 6)
  const truncated = ['', 'true', 'false', 'null', '-'].some(word => word.startsWith(rest))
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n'), truncated }
}
