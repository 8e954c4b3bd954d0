/** Where a value stands in the text of a JSON document that is known to be right. */

export interface JsonPosition { readonly line: number; readonly column: number }
type Key = string | number

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Every value with the keys that lead to it, from the document itself. The list of keys is one for all, and changes
 *  from value to value. */
function* valuesOf(text: string): Generator<{ readonly path: readonly Key[]; readonly at: number }> {
  const path: Key[] = []
  const open: ('{' | '[')[] = []
  let key: string | null = null
  let before = ''
  for (const { 0: word, index } of text.matchAll(token)) {
    const inObject = open.at(-1) === '{'
    const isKey: boolean = inObject && word.startsWith('"') && (before === '{' || before === ',')
    if (word === '}' || word === ']') {
      if (before !== '{' && before !== '[') path.pop()
      open.pop()
    } else if (isKey) { key = JSON.parse(word) as string }
    else if (word === ',') {
      const last = path.pop()
      if (!inObject) path.push((last as number) + 1)
    } else if (word !== ':') {
      if (inObject) path.push(key!)
      else if (before === '[') path.push(0)
      yield { path, at: index }
      if (word === '{' || word === '[') open.push(word)
    }
    // After an empty list or object its own brackets count as a value.
    before = (word === '}' || word === ']') ? 'value' : word
  }
}

function placeAt(text: string, at: number): JsonPosition {
  const before = text.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

/** The value at a path, or, where it is missing, the value it is missing in. */
export function whereIn(text: string, path: readonly Key[]): JsonPosition {
  let best = { length: -1, at: 0 }
  for (const { path: own, at } of valuesOf(text))
    if (own.length > best.length && own.length <= path.length && own.every((key, i) => key === path[i]))
      best = { length: own.length, at }
  return placeAt(text, best.at)
}

/** The second place of a key that an object has twice; null where none has. */
export function twice(text: string): JsonPosition & { readonly key: string } | null {
  /** Keys so far of each object that is open, by how deep it lies. */
  const open: (Set<Key> | undefined)[] = []
  for (const { path, at } of valuesOf(text)) {
    const key = path.at(-1)
    // What is deeper belongs to the value before.
    open.length = path.length + 1
    const seen = open[path.length] ??= new Set()
    if (key === undefined) continue
    if (seen.has(key)) return { ...placeAt(text, at), key: String(key) }
    seen.add(key)
  }
  return null
}
