/** Follows the command buffer of a log: every command from head to tail, and what the unit says it did for it (AMD
 *  48882 rev 3.05, 2.4). */
import { count, noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'
import type { Doubts } from '../replay/doubts.ts'
import type { QueueReport } from '../replay/reports.ts'
import type { CommandFetched, CommandUnknown, WaitDone } from './event.ts'

const command_bytes = 16
/** Lengths of the buffer are powers of two from 256 commands up. */
const isLength = (bytes: number): boolean => bytes >= 256 * command_bytes && Number.isInteger(Math.log2(bytes))

export class CommandReplay {
  /** Where the next fetch must be; null where the log has not said. */
  #next: number | null = null
  #base: number | null = null
  /** Bytes of the buffer, once the head has gone round. */
  #length: number | null = null
  #tail: number | null = null
  /** Fetched, and nothing said of it yet. */
  #pending: number | null = null
  #submissions = 0
  #commands = 0
  #waits = 0
  #sinceWait = 0
  #unwaited: number[] = []
  /** Commands whose end software took for granted. */
  readonly #reliedOn = new Set<number>()
  readonly #kinds = new Map<string, number>()
  readonly #perWait = new Map<number, number>()
  readonly #unseen = noPlaces()
  readonly #gaps = noPlaces()
  readonly #disagreeing = noPlaces()
  readonly #undecoded: { line: number; why: string }[] = []

  readonly #doubts: Doubts

  constructor(doubts: Doubts) { this.#doubts = doubts }

  /** Software may set the head while the buffer is off. */
  restarted(): void { this.#next = null }

  fetched({ head, tail, base, at: { line } }: CommandFetched): void {
    if (this.#pending !== null) this.#lack(this.#unseen, this.#pending)
    this.#pending = line
    if (base !== this.#base) { this.#next = null; this.#length = null; this.#base = base }
    if (this.#next !== null && head !== this.#next) {
      if (head !== 0 || !isLength(this.#next) || this.#length !== null && this.#length !== this.#next)
        this.#lack(this.#gaps, line)
      else this.#length = this.#next
    }
    if (head === this.#next) this.#doubts.settle()
    // A submission ends where the head had reached the tail.
    if (this.#tail === null || this.#tail === this.#next || this.#next === null) this.#submissions++
    this.#next = head + command_bytes
    this.#tail = tail === 0 && this.#length !== null ? this.#length : tail
    this.#commands++
  }

  done(kind: string, line: number): void {
    this.#answer(line)
    count(this.#kinds, kind)
    this.#sinceWait++
    this.#unwaited.push(line)
  }
  wait({ at: { line } }: WaitDone): void {
    this.#answer(line)
    count(this.#kinds, 'wait')
    this.#waits++
    count(this.#perWait, this.#sinceWait)
    this.#sinceWait = 0
    this.#unwaited = []
  }
  /** Software went on from the command of that line before a wait ended. */
  reliedOn(line: number): void { this.#reliedOn.add(line) }
  unknown({ code, at: { line } }: CommandUnknown): void {
    this.#answer(line)
    count(this.#kinds, 'undecoded')
    if (this.#undecoded.length < 20) this.#undecoded.push({ line, why: `no command has the code ${code}` })
  }

  report(): QueueReport {
    if (this.#pending !== null) note(this.#unseen, this.#pending)
    const withoutWait = noPlaces()
    for (const line of new Set([...this.#reliedOn, ...this.#unwaited])) note(withoutWait, line)
    return {
      ring: 'command buffer', entry: 'command', submissions: this.#submissions, descriptors: this.#commands,
      byKind: [...this.#kinds].map(([kind, n]) => ({ kind, count: n })).sort((a, b) => a.kind < b.kind ? -1 : 1),
      waits: this.#waits, completed: this.#waits,
      perWait: [...this.#perWait].sort(([a], [b]) => a - b).map(([descriptors, waits]) => ({ descriptors, waits })),
      withoutWait, beyond: noPlaces(),
      unseen: this.#unseen, gaps: this.#gaps, disagreeing: this.#disagreeing, undecoded: this.#undecoded,
    }
  }

  #lack(places: Places, line: number): void {
    note(places, line)
    this.#doubts.gap(line)
  }
  #answer(line: number): void {
    if (this.#pending === null) this.#lack(this.#disagreeing, line)
    this.#pending = null
  }
}
