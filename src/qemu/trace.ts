/** The trace of a running QEMU, as it comes, and where it stands against the answers. */
import type { UserError } from '../errors.ts'
import { parseEvent } from './events.ts'
import type { EventName, TraceEvent } from './events.ts'

/** The marks are writes of the version register, which is read-only: nothing changes, and the value is printed. */
const versionRegister = 0

/** Collects the events that were asked for. Answers and events come by two streams whose order is not kept, hence
 *  `sync`. */
export class Trace {
  readonly #wanted: ReadonlySet<EventName>
  readonly #mark: (value: number) => void
  readonly #complaint: (line: string) => void
  #events: TraceEvent[] = []
  #marks = 0
  #waiting: {
    readonly mark: number
    readonly resolve: (events: readonly TraceEvent[]) => void
    readonly reject: (cause: UserError) => void
  }[] = []
  #failure: UserError | null = null

  /** `mark` writes the value to the version register; `complaint` takes what is no event. */
  constructor(wanted: readonly EventName[], mark: (value: number) => void, complaint: (line: string) => void) {
    this.#wanted = new Set(wanted)
    this.#mark = mark
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
      this.#mark(mark)
    })
  }

  /** A line of stderr. */
  line(text: string): void {
    const event = parseEvent(text)
    if (event === null) this.#complaint(text)
    else if (event.name === 'vtd_reg_write' && event.offset === versionRegister) this.#reached(Number(event.value))
    else if (this.#wanted.has(event.name)) this.#events.push(event)
  }
  #reached(mark: number): void {
    const [first] = this.#waiting
    if (first?.mark !== mark) return
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
export const switchedOn = (wanted: readonly EventName[]): readonly EventName[] =>
  wanted.length === 0 || wanted.includes('vtd_reg_write') ? wanted : [...wanted, 'vtd_reg_write']
