/** Mistakes of a user: what is wrong, where, and what to do. Never a stack. */
import { exitCode } from './exit.ts'
import type { ExitName } from './exit.ts'

export interface UserMistake {
  /** Short and stable, like 'E-TRACE-VERSION': people search for it. */
  readonly code: string
  /** The place: `file`, `file:line`, `file:line:column`, or a flag. */
  readonly subject: string
  /** One line, no full stop. */
  readonly problem: string
  /** What to do about it, as an instruction. */
  readonly next: string
  /** Class of the exit code; 'usage' where not given. */
  readonly exit?: ExitName
}

export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: string
  readonly subject: string
  readonly next: string
  readonly exitCode: number

  constructor(mistake: UserMistake) {
    super(mistake.problem)
    this.code = mistake.code
    this.subject = mistake.subject
    this.next = mistake.next
    this.exitCode = exitCode(mistake.exit ?? 'usage')
  }

  /** Two lines for stderr: place, cause and code; then what to do. */
  text(): string { return `${this.subject === '' ? "''" : this.subject}: ${this.message} [${this.code}]\n  → ${this.next}` }
}

/** Text of a file, without what a terminal would obey. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?')

/** The known name closest to a mistyped one, or null when none is close (more than a third of its letters differ). */
export function nearest(typed: string, known: readonly string[]): string | null {
  if (typed === '') return null
  let best: string | null = null
  // Of one or two letters any name of a few would be as close.
  let least = Math.min(Math.max(2, Math.floor(typed.length / 3)), typed.length - 1) + 1
  for (const name of known) {
    const distance = name.startsWith(typed) && typed.length >= 3 ? 0 : editDistance(typed, name)
    if (distance < least) [best, least] = [name, distance]
  }
  return best
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
