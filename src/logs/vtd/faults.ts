/** Faults of a log, by reason and source (VT-d rev 5.10, tables 15 and 30). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Complaint, Fault } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import { mostPages } from '../replay/reports.ts'
import type { FaultAt, FaultGroup, FaultReport } from '../replay/reports.ts'
import type { SoFar } from '../side.ts'

const mostComplaints = 50
const complaint_chars = 200

export class FaultReplay {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #recorded = noPlaces()
  readonly #complaints: FaultReport['complaints'][number][] = []
  readonly #pages = new Map<string, FaultAt>()
  #total = 0

  fault({ sid, reason, write, address, at: { line } }: Fault): void {
    this.#total++
    this.#refused({ sid, page: Math.floor(address / 4096), line })
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

  complaint({ says, sid, address, isRefusal, at: { line } }: Complaint): void {
    if (sid !== null && address !== null && isRefusal) this.#refused({ sid, page: Math.floor(address / 4096), line })
    if (this.#complaints.length < mostComplaints)
      this.#complaints.push({ line, says: says.replace(/[^\x20-\x7e]/g, '·').slice(0, complaint_chars), isRefusal })
  }

  #refused(at: FaultAt): void {
    const key = `${at.sid} ${at.page}`
    if (!this.#pages.has(key) && this.#pages.size < mostPages) this.#pages.set(key, at)
  }

  soFar(): SoFar[] { return [...this.#groups.values()].map(({ places }) => ({ claim: 'no-faults', places })) }

  report(): FaultReport {
    const groups = [...this.#groups.values()].sort((a, b) =>
      a.reason - b.reason || Number(a.sid) - Number(b.sid) || Number(a.write) - Number(b.write))
    return { total: this.#total, groups, recorded: this.#recorded, complaints: this.#complaints,
      refused: [...this.#pages.values()], unplaced: 0 }
  }
}
