/** Raw words of a log as the layouts take them: dwords, lowest first. No manual: a form of numbers. */

export function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return a.length === b.length
}

/** The words of a structure that has `length` of them; what the log does not print of it is taken as 0. */
export function padded(words: Uint32Array, length: number): Uint32Array {
  if (words.length === length) return words
  const all = new Uint32Array(length)
  all.set(words.subarray(0, length))
  return all
}
