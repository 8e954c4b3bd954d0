/** What readers make of the lines of a log, and what an answer to them is made of. No manual: plain data between the
 *  readers, each of which knows one kind of message, and the report, which knows none. */
import type { Beside } from './beside.ts'

/** `uptime`: seconds since that machine started. `wall`: a time of day, of which only differences mean something. */
export interface Stamp { readonly text: string; readonly s: number; readonly clock: 'uptime' | 'wall' }

/** One line, cleaned of quoting, and where it stands. */
export interface Line {
  readonly text: string
  readonly file: string
  readonly number: number
  readonly stamp: Stamp | null
}

export type Access = 'read' | 'write' | 'execute' | 'interrupt' | 'unknown'

/** `sure`: a contradiction within the text, or what an encoding means. `likely`: what such signs mostly come from.
 *  `open`: several causes fit, and the log does not tell which. */
export type Certainty = 'sure' | 'likely' | 'open'
export interface Conclusion {
  readonly certainty: Certainty
  readonly says: string
  /** The sign or rule that it follows from. */
  readonly rule: string
}
export interface Meaning { readonly says: string; readonly clause: string | null }
/** A command to run; null where it is something to do by hand. */
export interface Look { readonly run: string | null; readonly says: string }

export interface Answer {
  readonly title: string
  /** Who did what where; when and how often is added from the group. */
  readonly happened: string
  readonly hardware: readonly Meaning[]
  readonly concludes: readonly Conclusion[]
  readonly next: readonly Look[]
  /** Commands of this program that show the same fault. */
  readonly shows: readonly Look[]
}

/** Alike happenings, counted. */
export interface Group {
  readonly first: Happening
  readonly count: number
  readonly from: Line
  readonly to: Line
  /** Numbers of the first lines in the file of `from`. */
  readonly lines: readonly number[]
  /** The first different addresses, and whether there were more than are kept. */
  readonly addresses: readonly bigint[]
  readonly moreAddresses: boolean
}

/** Something that a log says went wrong. */
export interface Happening {
  readonly line: Line
  /** What alike happenings have in common: kind, device, access, code; with `device` it makes the group. */
  readonly kind: string
  readonly device: string | null
  readonly access: Access
  readonly address: bigint | null
  /** It stops a queue or a unit: other faults may follow from it, so it is answered before them. */
  readonly stops?: true
  /** Asked once the whole log is read. */
  readonly answer: (group: Group, known: Known) => Answer
}

/** A unit as the boot lines give it. `values` by name, such as `cap`; null where two lines disagree. */
export interface Unit { readonly name: string; readonly values: Readonly<Record<string, bigint>>; readonly at: Line }
/** Addresses that firmware reserves for devices; `to` inclusive. */
export interface Region {
  readonly from: bigint; readonly to: bigint; readonly devices: readonly string[]
  /** What says so: `RMRR of the boot lines, line 2`. */
  readonly by: string
  /** Said not to be mapped. */
  readonly unmapped: boolean
  /** Devices of it may be behind a bridge, or are not named. */
  readonly open: boolean
}
/** What the rest of the log knows, for answers. */
export interface Known {
  readonly units: ReadonlyMap<string, Unit | null>
  readonly regions: readonly Region[]
  /** Whether a line said this of the machine, such as `scalable mode`. */
  fact(name: string): Line | null
  /** Lines of other drivers about trouble, within `within_s` seconds after the group's first line. */
  after(at: Line, within_s: number): readonly Line[]
  /** The last line about a reset of the device before that line. */
  resetBefore(device: string, at: Line): Line | null
  /** What map and unmap events say of the address of a group. */
  mappings(group: Group): readonly Conclusion[]
  /** Tables, firmware and interrupts that stand beside the log. */
  readonly beside: Beside
  /** Devices of the other groups. */
  readonly others: readonly { readonly device: string | null; readonly kind: string; readonly at: Line }[]
}

/** `other`: none of its lines. `more`: the beginning of one, whose rest is on the next. `context`: it tells something
 *  that is no trouble. */
export type Reading = 'other' | 'more' | 'context' | readonly Happening[]
/** Reads the lines of one kind of message, in order. */
export interface Reader {
  /** What it reads, in words. */
  readonly name: string
  /** Every line of its kind has one of these. */
  readonly words: RegExp
  /** Its lines are no log of their own: they serve the faults of others. */
  readonly aside?: true
  /** How its messages begin, where a second line of one has its words too. */
  readonly starts?: RegExp
  /** `final`: the next lines did not complete it. */
  read(line: Line, final: boolean): Reading
  /** What was still open when the file ended. */
  end?(): readonly Happening[]
}
