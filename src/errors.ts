/** Mistakes of a user: what is wrong, where, and what to do. Never a stack. */
import { exitCode } from './exit.ts'
import type { ExitName } from './exit.ts'

export interface UserMistake {
  /** Short and stable, like 'E-TRACE-NEWER': people search for it. */
  readonly code: string
  /** The place: `file`, `file:line`, `file:line:column`, or a flag. */
  readonly subject: string
  /** One line, no full stop. */
  readonly problem: string
  /** What to do about it, as an instruction. */
  readonly next: string
  /** What stands below it, such as the steps that lead there. */
  readonly below?: readonly string[]
  /** Class of the exit code; 'usage' where not given. */
  readonly exit?: ExitName
}

/** Its texts are `printable`: names of files and what stands in files are parts of them. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: string
  readonly subject: string
  readonly next: string
  readonly below: readonly string[]
  readonly exitCode: number

  constructor(mistake: UserMistake) {
    super(printable(mistake.problem))
    this.code = mistake.code
    this.subject = printable(mistake.subject)
    this.next = printable(mistake.next)
    this.below = (mistake.below ?? []).map(printable)
    this.exitCode = exitCode(mistake.exit ?? 'usage')
  }

  /** For stderr: a line with place, cause and code, one with what to do, and those below it. */
  text(): string {
    const { subject, message, code, next, below } = this
    return [`${subject === '' ? "''" : subject}: ${message} [${code}]`, `  → ${next}`,
      ...below.map(line => `      ${line}`)].join('\n')
  }
}

/** Of the class 'usage'. */
export const usage = (subject: string, problem: string, next: string, code = 'USAGE'): UserError =>
  new UserError({ code: `E-${code}`, subject, problem, next })

/** No message of our own is as long. */
const longest_chars = 2000
/** What a terminal obeys, a control character or one that turns the direction of writing, and what ends a line. */
const obeyed = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u
export const isPrintable = (text: string): boolean => !obeyed.test(text)

/** Text from a file or the name of one, as one line that a terminal shows and does not obey; of a long one the middle
 *  is left out. */
export function printable(text: string): string {
  const part = longest_chars / 2
  const short = text.length <= longest_chars ? text : `${text.slice(0, part)} … ${text.slice(-part)}`
  return short.replace(new RegExp(obeyed, 'gu'), char => /\s/.test(char) ? ' ' : '?')
}

/** The known name closest to a mistyped one, or null when none is close (more than a third of its letters differ). */
export function nearest(typed: string, known: readonly string[]): string | null {
  if (typed === '') return null
  let best: string | null = null
  // Of one or two letters any name of a few would be as close.
  let least = Math.min(Math.max(2, Math.floor(typed.length / 3)), typed.length - 1) + 1
  for (const name of known) {
    // At least as many letters differ as one has more than the other; what is typed may be a whole file.
    if (Math.abs(typed.length - name.length) >= least && !(name.startsWith(typed) && typed.length >= 3)) continue
    const distance = name.startsWith(typed) && typed.length >= 3 ? 0 : editDistance(typed, name)
    if (distance < least) [best, least] = [name, distance]
  }
  return best
}

/** `did you mean 'x'?`, or the list of what there is. */
export function suggest(typed: string, known: readonly string[], otherwise: string): string {
  const meant = nearest(typed, known)
  return meant === null ? otherwise : `did you mean '${meant}'?`
}

/** Levenshtein's, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++)
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
  }
  return row[b.length]!
}
