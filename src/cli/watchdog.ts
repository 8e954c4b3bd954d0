/** When a watched process is ended: a step of a user never returns, or nothing comes after Ctrl-C. Counts looks and
 *  work, reads no clock. */
import { Patience } from '../patience.ts'
import type { Limits, Meter } from '../patience.ts'
import type { RunningOp } from './heartbeat-file.ts'

export interface Verdict {
  readonly why: 'stuck' | 'late'
  readonly how: 'works' | 'sleeps'
  /** What of the user's never returned. */
  readonly ran: string
}

export class Watchdog {
  #verdict: Verdict | null = null
  #state: 'starting' | 'alive' | 'writing' = 'starting'
  #why: Verdict['why'] = 'stuck'
  #op: RunningOp | null = null
  #patience: Patience
  readonly #meter: Meter

  constructor(meter: Meter, limits: Limits) {
    this.#meter = meter
    this.#patience = new Patience(meter, limits)
  }

  /** Null while there is hope; stays. */
  get verdict(): Verdict | null { return this.#verdict }

  /** Its event loop turns, or it waits for the reader of its output, who may take their time. */
  onMessage(state: 'alive' | 'writing'): void {
    this.#state = state
    // After Ctrl-C it is not enough that the event loop turns.
    if (this.#why === 'stuck' || state === 'writing') this.#patience.renew()
  }
  /** It is ordered to end, which it notices when a step returns: a fifth is enough for that. */
  stop(): void {
    if (this.#why === 'late') return
    const { work_ms, sleeps } = this.#patience.limits
    this.#why = 'late'
    this.#patience = new Patience(this.#meter, { work_ms: work_ms / 5, sleeps: Math.ceil(sleeps / 5) })
  }

  /** One look, with what the process recorded last. Judges one run of what is the user's: a module, guard or recipe. */
  look(op: RunningOp | null): void {
    if (op?.run !== this.#op?.run || op === null || op.ran === null) this.#patience.renew()
    this.#op = op
    if (op === null || op.ran === null || this.#state !== 'alive') return
    const how = this.#patience.look()
    if (how !== null) this.#verdict ??= { why: this.#why, how, ran: op.ran }
  }
}
