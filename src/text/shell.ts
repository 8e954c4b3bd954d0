/** Commands that people copy. */

/** A word as a shell takes it. */
export const shellWord = (word: string, quoted = /[\s'"*?<>#~&|;$]/.test(word)): string =>
  quoted ? `'${word.replaceAll("'", "'\\''")}'` : word
