/** Keeps where a search stands, where that is asked for: now and then, and when the search stops. */
import type { Checkpoints, ResumePoint, Snapshot } from './checkpoint.ts'

const every_s = 180

export class Keeper {
  /** The last place from which the search can go on, where the current one is none: a parent whose successors have
   *  found no room. */
  private mark: ResumePoint | null = null
  private keptAt = 0
  /** Before the first state is stored, and after a mistake, there is nothing to go on from. */
  isPlaced = false

  constructor(
    private readonly checkpoints: Checkpoints | undefined,
    private readonly place: () => ResumePoint,
    private readonly snapshot: (place: ResumePoint) => Snapshot,
  ) {}

  /** What is kept from now on is where the search stands now. */
  stay(): void { this.mark = this.place() }
  /** As `stay`, where the next parents may find no room. */
  stayIf(mayStop: boolean): void { this.mark = this.checkpoints !== undefined && mayStop ? this.place() : null }
  /** What is kept from now on is where the search stands then. */
  go(): void { this.mark = null }

  keep(): void {
    const save = this.checkpoints?.save ?? null
    if (save !== null && this.isPlaced) save(this.snapshot(this.mark ?? this.place()))
  }
  keepNowAndThen(seconds: number): void {
    if (seconds - this.keptAt < (this.checkpoints?.every ?? every_s)) return
    this.mark = null
    this.keep()
    this.keptAt = seconds
  }
}
