/** The clock of a long run: time limit, interruption, progress, letting the event loop live. Nothing else in a search
 *  reads a clock. */
import { ModelError } from '../model/index.ts'
import type { StopReason, Violation } from './result.ts'

export interface Limits {
  readonly maxSeconds?: number | undefined
  /** Aborting ends the run with what it has. */
  readonly signal?: AbortSignal | undefined
  /** Called at most five times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** Called at once when a claim is found to be violated; the result may show another way there. */
  readonly onViolation?: ((violation: Violation) => void) | undefined
  /** Called where a step or a claim fails: the run then ends with what it has, and that is not thrown. */
  readonly onMistake?: ((mistake: ModelError) => void) | undefined
}

export interface Counts {
  readonly states: number; readonly transitions: number; readonly depth: number
  /** States whose successors are not known yet; 0 in a random run. */
  readonly queue: number
  /** Bytes that the states take; 0 where they are not counted. */
  readonly bytes: number
  /** How many states were found at the last distance from the initial one for each at that before. Below 1 the end is
   *  in sight. */
  readonly growth: number
  /** What is being decided, in words, once all states are known. */
  readonly deciding?: string | undefined
}
export interface Progress extends Counts {
  /** Transitions a second since the last report. */
  readonly rate: number
  /** Seconds that the queue takes at the speed of late, with all that comes after it if each distance has fewer states
   *  than the one before by as much as the last; null where it has more. */
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

  /** Whether the run just ends where this happens. */
  bears(error: unknown): boolean {
    const { onMistake } = this.limits
    if (onMistake === undefined || !(error instanceof ModelError)) return false
    onMistake(error)
    return true
  }

  tell(violation: Violation): void { this.limits.onViolation?.(violation) }

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
        remaining: counts.growth < 1 && speed > 0 ? counts.queue / speed / (1 - counts.growth) : null,
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

/** Work on all states that loops over typed arrays, in slices: between two of them timers and signals run. */
export class Slices {
  private readonly pace: Pace
  private readonly counts: () => Counts
  private done = 0
  constructor(pace: Pace, counts: () => Counts) { this.pace = pace; this.counts = counts }

  /** Cheap enough to be asked for each state, before `states` more are looked at; when true, `rest` is wanted. */
  due(states = 1): boolean {
    this.done += states
    if (this.done < slice) return false
    this.done = 0
    return this.pace.due()
  }

  /** @throws Stopped when the run is to end. */
  async rest(): Promise<void> {
    const stop = await this.pace.breathe(this.counts())
    if (stop !== null) throw new Stopped(stop)
  }

  /** Does the work in pieces, which look at `most` states each and say whether more are left. V8 makes better code of a
   *  plain function than of one that waits in its loop. @throws Stopped */
  async while(work: (most: number) => boolean): Promise<void> {
    while (work(slice)) if (this.due(slice)) await this.rest()
  }

  /** The same of states, or whatever is numbered, from 0 to `count`. */
  async over(count: number, work: (from: number, to: number) => void): Promise<void> {
    for (let from = 0; from < count; from += slice) {
      const to = Math.min(count, from + slice)
      work(from, to)
      if (this.due(to - from)) await this.rest()
    }
  }
}
/** States between two looks at the clock. */
const slice = 4096
/** Of work that nobody limits. */
export const unhurried = (): Slices =>
  new Slices(new Pace({}), () => ({ states: 0, transitions: 0, depth: 0, queue: 0, bytes: 0, growth: 1 }))

/** What some work gave, or what stopped it. */
export interface Worked<T> { readonly value: T | null; readonly stopped: StopReason | null }
/** Does the work where nothing has stopped the run yet. No room for what it needs is a limit too. */
export async function unlessStopped<T>(stopped: StopReason | null, work: () => Promise<T>,
  pace: Pace | null = null): Promise<Worked<T>> {
  if (stopped !== null) return { value: null, stopped }
  try { return { value: await work(), stopped } } catch (error) {
    if (error instanceof Stopped) return { value: null, stopped: error.reason }
    if (error instanceof RangeError && noRoom.test(error.message)) return { value: null, stopped: 'memory' }
    if (pace?.bears(error)) return { value: null, stopped: 'mistake' }
    throw error
  }
}
/** V8 has no other name for it. */
const noRoom = /^(?:Array buffer allocation failed|Invalid typed array length|Map maximum size exceeded)/
