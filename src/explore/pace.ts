/** The clock of a long run: time limit, interruption, progress, letting the event loop live. Nothing else in a search reads a clock. */
import type { StopReason } from './result.ts'

export interface Limits {
  readonly maxSeconds?: number | undefined
  /** Aborting ends the run with what it has. */
  readonly signal?: AbortSignal | undefined
  /** Called at most five times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface Counts {
  readonly states: number; readonly transitions: number; readonly depth: number
  /** States whose successors are not known yet; 0 in a random run. */
  readonly queue: number
  /** Bytes that the states take; 0 where they are not counted. */
  readonly bytes: number
  /** Fewer states were found at the last distance from the initial one than at that before: the end is in sight. */
  readonly shrinks: boolean
}
export interface Progress extends Counts {
  /** Transitions a second since the last report. */
  readonly rate: number
  /** Seconds that the queue takes at the speed of late, once the search shrinks: what is still to be found comes on top. Else null. */
  readonly remaining: number | null
}

/** The run is over in the middle of something. What was found stays valid. */
export class Stopped extends Error {
  readonly reason: StopReason
  constructor(reason: StopReason) { super(`stopped: ${reason}`); this.reason = reason }
}

const breath_ms = 50
const report_ms = 200

export class Pace {
  private readonly limits: Limits
  private readonly start = performance.now()
  private breathed = this.start
  private reported = this.start
  private transitions = 0
  private expanded = 0
  constructor(limits: Limits) { this.limits = limits }

  get seconds(): number { return (performance.now() - this.start) / 1000 }

  /** Cheap enough to be asked every few microseconds; when true, `breathe` is wanted. */
  due(): boolean { return performance.now() - this.breathed >= breath_ms || this.stop() !== null }

  /** Lets timers and signals run, reports, and says whether to stop. */
  async breathe(counts: Counts): Promise<StopReason | null> {
    await new Promise(resolve => { setImmediate(resolve) })
    const now = this.breathed = performance.now()
    if (now - this.reported >= report_ms && this.limits.onProgress !== undefined) {
      const aSecond = 1000 / (now - this.reported), expanded = counts.states - counts.queue
      const speed = (expanded - this.expanded) * aSecond
      this.limits.onProgress({
        ...counts, rate: Math.max(0, Math.round((counts.transitions - this.transitions) * aSecond)),
        remaining: counts.shrinks && speed > 0 ? counts.queue / speed : null,
      })
      this.reported = now
      this.transitions = counts.transitions
      this.expanded = expanded
    }
    return this.stop()
  }

  /** Whether the run is over. */
  stop(): StopReason | null {
    if (this.limits.signal?.aborted) return 'interrupted'
    return this.seconds >= (this.limits.maxSeconds ?? Infinity) ? 'time' : null
  }
}
