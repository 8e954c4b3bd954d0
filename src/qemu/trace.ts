/** The trace of a running QEMU, as it comes, and where it stands against the answers. */
import type { UserError } from '../errors.ts'
import { parseEvent } from './events.ts'
import type { EventName, TraceEvent } from './events.ts'
import type { Qtest } from './qtest.ts'

/** How places in the trace are marked: by an access to the unit that changes nothing and leaves an event. */
export interface Marks {
  readonly event: EventName
  readonly mark: (qtest: Qtest, value: number) => void
  /** Which mark an event is, or `next` where its value is not printed; null where it is none. */
  readonly of: (event: TraceEvent) => number | 'next' | null
}

/** Collects the events that were asked for. Answers and events come by two streams whose order is not kept, hence
 *  `sync`. */
export class Trace {
  readonly #wanted: ReadonlySet<EventName>
  readonly #qtest: Qtest
  readonly #marked: Marks
  readonly #complaint: (line: string) => void
  #events: TraceEvent[] = []
  #marks = 0
  #waiting: {
    readonly mark: number
    readonly resolve: (events: readonly TraceEvent[]) => void
    readonly reject: (cause: UserError) => void
  }[] = []
  #failure: UserError | null = null

  /** `complaint` takes what is no event. */
  constructor(wanted: readonly EventName[], marks: Marks, qtest: Qtest, complaint: (line: string) => void) {
    this.#wanted = new Set(wanted)
    this.#qtest = qtest
    this.#marked = marks
    this.#complaint = complaint
  }

  /** Events of all that was sent before this call and not yet taken. Costs a round trip, or joins the batch that is
   *  being made. */
  sync(): Promise<readonly TraceEvent[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) { reject(this.#failure); return }
      if (this.#wanted.size === 0) { resolve([]); return }
      const mark = this.#marks = this.#marks + 1 >>> 0
      this.#waiting.push({ mark, resolve, reject })
      this.#marked.mark(this.#qtest, mark)
    })
  }

  /** A line of stderr. */
  line(text: string): void {
    const event = parseEvent(text)
    const mark = event === null ? null : this.#marked.of(event)
    if (event === null) this.#complaint(text)
    else if (mark !== null) this.#reached(mark)
    else if (this.#wanted.has(event.name)) this.#events.push(event)
  }
  #reached(mark: number | 'next'): void {
    const [first] = this.#waiting
    if (first === undefined || mark !== 'next' && first.mark !== mark) return
    this.#waiting.shift()
    const events = this.#events
    this.#events = []
    first.resolve(events)
  }
  get waits(): boolean { return this.#waiting.length > 0 }

  fail(cause: UserError): void {
    this.#failure = cause
    for (const { reject } of this.#waiting.splice(0)) reject(cause)
  }
}

/** What must be switched on in QEMU for these events and the marks. */
export const switchedOn = (wanted: readonly EventName[], { event }: Marks): readonly EventName[] =>
  wanted.length === 0 || wanted.includes(event) ? wanted : [...wanted, event]
