/** How long one waits for another process: counted in what it did meanwhile, not by the clock, so that a busy machine
 *  makes nobody late. */

/** What a process did since it was last looked at. */
export interface Did {
  /** Milliseconds of a processor that its busiest thread had. */
  readonly worked_ms: number
  /** All of it slept: nothing of it ran, waited for a processor, or for a disk. */
  readonly slept: boolean
}
export interface Meter { look(): Did }

/** What one bears with: work without a sign of life, and looks that find it asleep. */
export interface Limits { readonly work_ms: number; readonly sleeps: number }

/** Between looks. Their number decides, not this: a look that comes late is one look. */
export const look_ms = 250
/** Looks without a sign of life before it counts as silent; what it did until then counts for nothing. */
const before = 4

/** A process that loops gets processor time and uses it up; one that blocks is found asleep. One that has to wait for a
 *  processor is neither. */
export class Patience {
  readonly limits: Limits
  readonly #meter: Meter
  #silence = 0
  #worked_ms = 0
  #sleeps = 0

  constructor(meter: Meter, limits: Limits) {
    this.#meter = meter
    this.limits = limits
  }

  /** It gave a sign of life. */
  renew(): void { this.#silence = this.#worked_ms = this.#sleeps = 0 }

  /** To be asked once a look: why there is no point in waiting any longer; null while there is. */
  look(): 'works' | 'sleeps' | null {
    if (++this.#silence < before) return null
    const { worked_ms, slept } = this.#meter.look()
    if (this.#silence === before) return null
    this.#worked_ms += worked_ms
    if (slept) this.#sleeps++
    if (this.#worked_ms >= this.limits.work_ms) return 'works'
    return this.#sleeps >= this.limits.sleeps ? 'sleeps' : null
  }
}
