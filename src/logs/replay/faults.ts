/** Faults of a log, by reason and source (VT-d rev 5.10, tables 15 and 30). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Complaint, Fault } from '../event.ts'
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
  /** QEMU's own words on stderr: each once a run, so that they say that something was refused and not how often. */
  readonly complaints: readonly { readonly line: number; readonly says: string; readonly isRefusal: boolean }[]
}
/** A request that was refused, and the page that it asked for. */
export interface FaultAt { readonly sid: number; readonly page: number }

const mostComplaints = 50
const complaint_chars = 200
/** Pages with faults that are kept; what lies beyond is counted alone. */
const mostPages = 100_000
const keyOf = ({ sid, page }: FaultAt): string => `${sid} ${page}`

export class FaultReplay {
  readonly #groups = new Map<string, FaultGroup>()
  readonly #recorded = noPlaces()
  readonly #complaints: FaultReport['complaints'][number][] = []
  /** Where each was refused first. */
  readonly #pages = new Map<string, number>()
  #total = 0

  fault({ sid, reason, write, address, at: { line } }: Fault): void {
    this.#total++
    this.#refused({ sid, page: Math.floor(address / 4096) }, line)
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
    if (sid !== null && address !== null && isRefusal) this.#refused({ sid, page: Math.floor(address / 4096) }, line)
    if (this.#complaints.length < mostComplaints)
      this.#complaints.push({ line, says: says.replace(/[^\x20-\x7e]/g, '·').slice(0, complaint_chars), isRefusal })
  }

  #refused(at: FaultAt, line: number): void {
    const key = keyOf(at)
    if (!this.#pages.has(key) && this.#pages.size < mostPages) this.#pages.set(key, line)
  }
  /** Each request that was refused, with its first line. */
  refusals(): readonly (FaultAt & { readonly line: number })[] {
    return [...this.#pages].map(([key, line]) => {
      const [sid, page] = key.split(' ').map(Number)
      return { sid: sid!, page: page!, line }
    })
  }

  report(): FaultReport {
    const groups = [...this.#groups.values()].sort((a, b) =>
      a.reason - b.reason || Number(a.sid) - Number(b.sid) || Number(a.write) - Number(b.write))
    return { total: this.#total, groups, recorded: this.#recorded, complaints: this.#complaints }
  }
}
