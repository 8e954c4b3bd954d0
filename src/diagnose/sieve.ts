/** A quick look at a line before any pattern is tried on it: most lines of a log are of no concern here. Of each
 *  pattern it knows texts of which one stands in whatever the pattern matches, and of each text four letters; a line
 *  without any of these matches no pattern. No manual: a filter. */

/** Letters of a text that are looked for, and bits of the table in which they are marked. */
const letters = 4, bits = 24, shift = bits / letters

export class Sieve {
  /** A bit a mark. */
  readonly #marked = new Uint32Array(2 ** bits / 32)

  /** @throws RangeError where a pattern has no text of four letters that every match has. */
  constructor(patterns: readonly RegExp[]) {
    for (const { source } of patterns)
      for (const text of new Parser(source).texts()) {
        if (text.length < letters) throw new RangeError(`no text of ${letters} letters in a branch of /${source}/: `
          + `'${text}'`)
        let mark = 0
        for (const letter of rarest(text)) mark = next(mark, letter.charCodeAt(0))
        this.#marked[mark >>> 5]! |= 1 << (mark & 31)
      }
  }

  /** False: no pattern matches. */
  may(line: string): boolean {
    const marked = this.#marked
    let mark = 0
    for (let i = 0; i < line.length; i++) {
      mark = next(mark, line.charCodeAt(i))
      if ((marked[mark >>> 5]! >>> (mark & 31) & 1) === 1) return true
    }
    return false
  }
}
/** Letters that every line of a log has, the most frequent first; others are rarer. */
const frequent = ' 0eaionrtsdl1c2pmu3bfgh4v5678k9xywqjz'
function rarest(text: string): string {
  const parts = Array.from({ length: text.length - letters + 1 }, (_, i) => text.slice(i, i + letters))
  const rare = (part: string): number => [...part].reduce((sum, letter) => {
    const at = frequent.indexOf(letter)
    return sum + (at < 0 ? frequent.length : at)
  }, 0)
  return parts.reduce((best, part) => rare(part) > rare(best) ? part : best)
}
/** What is older than four letters falls out at the top. */
const next = (mark: number, letter: number): number => (mark << shift ^ letter) & 2 ** bits - 1

/** The patterns of readers: literals, classes, groups without names, and what repeats them. Each part is a set of
 *  texts of which one stands in every match of it, or nothing. */
class Parser {
  #at = 0
  constructor(private readonly source: string) {}

  /** Of all branches. */
  texts(): readonly string[] {
    const found: string[] = [...this.#branch()]
    while (this.source[this.#at] === '|') { this.#at++; found.push(...this.#branch()) }
    return found
  }

  /** The part whose shortest text is the longest. */
  #branch(): readonly string[] {
    let best: readonly string[] = [''], run = ''
    const offer = (texts: readonly string[]): void => {
      if (Math.min(...texts.map(text => text.length)) > Math.min(...best.map(text => text.length))) best = texts
    }
    for (;;) {
      const letter = this.source[this.#at]
      if (letter === undefined || letter === '|' || letter === ')') break
      const atom = this.#atom(letter)
      const times = this.#repeats()
      if (typeof atom === 'string' && times !== 'perhaps') run += atom
      // What comes again is there once at least, and what follows is not beside what stands before.
      if (typeof atom !== 'string' || times !== 'once') { offer([run]); run = '' }
      if (typeof atom !== 'string' && atom !== null && times !== 'perhaps') offer(atom)
    }
    offer([run])
    return best
  }

  /** A letter that stands for itself, the texts of a group, or null: of any kind. */
  #atom(letter: string): string | readonly string[] | null {
    this.#at++
    if (letter === '(') {
      const isLook = /^\?[!=<]/.test(this.source.slice(this.#at))
      if (this.source.startsWith('?:', this.#at)) this.#at += 2
      const texts = this.texts()
      this.#at++
      return isLook ? null : texts
    }
    if (letter === '[') {
      for (; this.source[this.#at] !== ']'; this.#at++) if (this.source[this.#at] === '\\') this.#at++
      this.#at++
      return null
    }
    if (letter === '\\') {
      const escaped = this.source[this.#at++]!
      return /[\w]/.test(escaped) ? null : escaped
    }
    return '.^$'.includes(letter) ? null : letter
  }
  /** Passes over a quantifier. */
  #repeats(): 'once' | 'perhaps' | 'often' {
    const found = /^(?:([?*])|\+|\{(\d+)(?:,\d*)?\})\??/.exec(this.source.slice(this.#at))
    if (found === null) return 'once'
    this.#at += found[0].length
    return found[1] !== undefined || found[2] === '0' ? 'perhaps' : 'often'
  }
}
