/** Faults of a log, by reason and source (VT-d rev 5.10, tables 15 and 30). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Fault } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

export interface FaultGroup {
  readonly reason: number
  /** The manual's name for the condition, such as 'LGN.3'; null for a code the manual does not list. */
  readonly condition: string | null
  readonly says: string
  /** Null where the log does not say. */
  readonly sid: number | null
  readonly write: boolean | null
  readonly places: Places
}
export interface FaultReport {
  readonly total: number
  readonly groups: readonly FaultGroup[]
  /** Lines of records written to FRCD; the others were dropped or compressed. */
  readonly recorded: Places
}

export class FaultReplay {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #recorded = noPlaces()
  #total = 0

  fault({ sid, reason, write, at: { line } }: Fault): void {
    this.#total++
    const key = `${reason} ${sid} ${write}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      const known = faultReason(reason)
      const says = known?.says ?? 'No reason of the manual has this code.'
      this.#groups.set(key,
        group = { reason, condition: known?.condition ?? null, says, sid, write, places: noPlaces() })
    }
    note(group.places, line)
  }
  record(line: number): void { note(this.#recorded, line) }

  report(): FaultReport {
    const groups = [...this.#groups.values()].sort((a, b) =>
      a.reason - b.reason || Number(a.sid) - Number(b.sid) || Number(a.write) - Number(b.write))
    return { total: this.#total, groups, recorded: this.#recorded }
  }
}
