/** Where a text stops being JSON (RFC 8259). Messages of JSON.parse differ between versions of Node and often give no place. */

export interface JsonFault {
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The text ended before the value did. */
  readonly truncated: boolean
}

const space = /[ \t\n\r]*/y
const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

type Expect = 'value' | 'first element' | 'first key' | 'key' | 'colon' | 'separator'

/** The first place where `text` cannot be JSON any more, or null when it is. Linear in its length, whatever it holds. */
export function jsonFault(text: string): JsonFault | null {
  const open: ('{' | '[')[] = []
  let expect: Expect = 'value'
  let at = 0
  for (;;) {
    at = after(space, text, at)
    const c = text[at]
    const done: boolean = expect === 'separator' && open.length === 0
    if (done && c === undefined) return null
    if (done || c === undefined) return fault(text, at)
    const closes = (expect === 'separator' || expect === 'first element') && c === ']' && open.at(-1) === '['
      || (expect === 'separator' || expect === 'first key') && c === '}' && open.at(-1) === '{'
    const isKey: boolean = expect === 'key' || expect === 'first key'
    const isValue: boolean = expect === 'value' || expect === 'first element'
    if (closes) { open.pop(); at++; expect = 'separator' }
    else if (expect === 'separator' && c === ',') { at++; expect = open.at(-1) === '{' ? 'key' : 'value' }
    else if (expect === 'colon' && c === ':') { at++; expect = 'value' }
    else if (isValue && c === '{') { open.push(c); at++; expect = 'first key' }
    else if (isValue && c === '[') { open.push(c); at++; expect = 'first element' }
    else if ((isKey || isValue) && c === '"') {
      at = stringFrom(text, at)
      if (text[at] !== '"') return fault(text, at)
      at++
      expect = isKey ? 'colon' : 'separator'
    } else {
      const end: number = isValue ? after(literal, text, at) : at
      if (end === at) return fault(text, at)
      at = end
      expect = 'separator'
    }
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
