/** One thing that a report says. The reporters for CI (JUnit, GitHub, SARIF) know findings and no kinds of reports. */

/** `bad` fails the run. `known` is wrong and fails nothing: the design gives it up, or no policy forbids it. `open` was
 *  not decided, `unasked` not judged. */
export type Standing = 'good' | 'bad' | 'known' | 'open' | 'unasked'

export interface Finding {
  /** What was judged: a design, a trace, a log, a dump. */
  readonly about: string
  /** By what: the name of a claim, verdict, alarm or budget, or the code of an error. */
  readonly rule: string
  readonly standing: Standing
  /** Why, in a line; empty where nothing is to be said. */
  readonly because: string
  /** The rule in a sentence, where the report has it. */
  readonly says?: string
  /** Many lines, such as a trace. */
  readonly detail?: string
  /** The user's file that it is about, and a line in it. */
  readonly file?: string
  readonly line?: number
}
