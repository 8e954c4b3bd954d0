/** Numbers as logs print them, `0x` and up to 16 digits, as dwords, lowest first. */

function put(words: Uint32Array, at: number, text: string): void {
  const low = text.length - 8
  words[at] = Number.parseInt(low <= 2 ? text : text.slice(low), 16)
  if (low > 2) words[at + 1] = Number.parseInt(text.slice(2, low), 16)
}

/** Two dwords of one quadword. */
export function word(text: string): Uint32Array {
  const words = new Uint32Array(2)
  put(words, 0, text)
  return words
}

/** Four dwords of two quadwords. */
export function words(low: string, high: string): Uint32Array {
  const all = new Uint32Array(4)
  put(all, 0, low)
  put(all, 2, high)
  return all
}
