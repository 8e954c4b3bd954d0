/** XML 1.0 as text: elements with attributes, and what stands in them. Whatever a name holds, it comes out
 *  well-formed. */

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | number | undefined>>
  /** Elements, or text. */
  readonly content?: readonly Element[] | string
}

/** What XML 1.0 cannot hold, not even escaped: control characters, halves of surrogate pairs, two non-characters. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' }
const escaped = (text: string, which: RegExp): string =>
  text.replace(forbidden, '\ufffd').replace(which, char => entities[char as keyof typeof entities])

export const xml = (root: Element): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${elementText(root, '')}`

function elementText({ name, attributes, content = [] }: Element, indent: string): string {
  const shown = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escaped(String(value), /[&<>"\n\r\t]/g)}"`]).join('')
  const head = `${indent}<${name}${shown}`
  if (content.length === 0) return `${head}/>\n`
  if (typeof content === 'string') return `${head}>${escaped(content, /[&<>\r]/g)}</${name}>\n`
  return `${head}>\n${content.map(one => elementText(one, `${indent}  `)).join('')}${indent}</${name}>\n`
}
