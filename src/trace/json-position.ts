/** Where a text stops being JSON (RFC 8259). Messages of JSON.parse differ between versions of Node and often give no place. */

export interface JsonFault {
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The text ended before the value did. */
  readonly truncated: boolean
}

const space = /[ \t\n\r]*/y
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

type Expect = 'value' | 'first element' | 'first key' | 'key' | 'colon' | 'separator'

/** The first place where `text` cannot be JSON any more, or null when it is. */
export function jsonFault(text: string): JsonFault | null {
  const open: ('{' | '[')[] = []
  let expect: Expect = 'value'
  let at = 0
  const take = (token: RegExp): boolean => {
    token.lastIndex = at
    const found = token.exec(text)
    if (found === null) return false
    at = token.lastIndex
    return true
  }
  for (;;) {
    take(space)
    const done: boolean = expect === 'separator' && open.length === 0
    const c = text[at]
    if (c === undefined) return done ? null : fault(text, at)
    if (done) return fault(text, at)
    const closes = (expect === 'separator' || expect === 'first element') && c === ']' && open.at(-1) === '['
      || (expect === 'separator' || expect === 'first key') && c === '}' && open.at(-1) === '{'
    if (closes) { open.pop(); at++; expect = 'separator' }
    else if (expect === 'separator' && c === ',') { at++; expect = open.at(-1) === '{' ? 'key' : 'value' }
    else if (expect === 'colon' && c === ':') { at++; expect = 'value' }
    else if ((expect === 'key' || expect === 'first key') && take(string)) expect = 'colon'
    else if (expect === 'value' || expect === 'first element') {
      if (c === '{') { open.push('{'); at++; expect = 'first key' }
      else if (c === '[') { open.push('['); at++; expect = 'first element' }
      else if (take(scalar)) expect = 'separator'
      else return fault(text, at)
    } else return fault(text, at)
  }
}

function fault(text: string, at: number): JsonFault {
  const before = text.slice(0, at)
  const rest = text.slice(at)
  const cutString = rest.startsWith('"') && !/^"(?:[^"\\\n]|\\.)*["\n]/.test(rest)
  const cutToken = cutString || ['true', 'false', 'null', '-'].some(word => word.startsWith(rest))
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n'), truncated: rest === '' || cutToken }
}
