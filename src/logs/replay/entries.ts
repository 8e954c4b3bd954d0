/** Entries, descriptors and register writes of a log held against their layouts: which bits must be 0 (VT-d rev 5.10,
 *  ch. 6, 9, 11.4). */
import { anySet, maskOf, remappedIrte, reservedMask, show } from '../../../spec/vtd/index.ts'
import type { Dwords, Layout, Rules } from '../../../spec/vtd/index.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

/** One kind of structure: how often the log printed one, and where a bit was set in it that must be 0. */
export interface EntryRow { readonly structure: string; readonly decoded: number; readonly bad: Places }
export interface BadEntry {
  readonly line: number
  readonly structure: string
  /** Its fields that are not 0. */
  readonly fields: string
  /** Those of them, or those bits of them, that must be. */
  readonly wrong: string
}
export interface EntryReport {
  /** `capabilities`: by CAP and ECAP of the unit; `none known`: only what every unit reserves. */
  readonly by: 'capabilities' | 'none known'
  readonly rows: readonly EntryRow[]
  readonly first: readonly BadEntry[]
}
const shown = 5

interface Kind { readonly of: Layout; readonly mask: Uint32Array; decoded: number; readonly bad: Places }
/** What was found of one content; the same content met again needs no second look. */
export interface Judged { readonly kind: Kind; readonly isBad: boolean }

export class EntryLedger {
  readonly #kinds = new Map<Layout, Kind>()
  readonly #first: BadEntry[] = []
  readonly #rules: Rules
  readonly #by: EntryReport['by']

  constructor(rules: Rules, by: EntryReport['by']) { this.#rules = rules; this.#by = by }

  /** `words` has all dwords of the layout; what the log does not print of them is 0. */
  judge(of: Layout, words: Dwords, line: number): Judged {
    const kind = this.#kind(of)
    const judged = { kind, isBad: anySet(kind.mask, words) }
    this.again(judged, line)
    if (judged.isBad && this.#first.length < shown)
      this.#first.push({ line, structure: of.name, fields: show(of, words),
        wrong: show(of, kind.mask.map((mask, i) => mask & words[i]!)) })
    return judged
  }

  again({ kind, isBad }: Judged, line: number): void {
    kind.decoded++
    if (isBad) note(kind.bad, line)
  }

  /** A structure that is not in use, so that nothing in it must be 0. */
  unused(of: Layout): Judged {
    const kind = this.#kind(of)
    kind.decoded++
    return { kind, isBad: false }
  }

  /** IRTA says how wide APIC ids are: of those with 8 bits all other bits of DST must be 0 (9.9). */
  narrowDestinations(): void { this.#kind(remappedIrte).mask[1]! |= maskOf(remappedIrte, 'DST')[1]! & ~0xff00 }

  report(): EntryReport {
    const rows = [...this.#kinds.values()].filter(({ decoded }) => decoded > 0)
      .map(({ of, decoded, bad }) => ({ structure: of.name, decoded, bad }))
    return { by: this.#by, rows: rows.sort((a, b) => a.structure < b.structure ? -1 : 1), first: this.#first }
  }

  #kind(of: Layout): Kind {
    let kind = this.#kinds.get(of)
    if (kind === undefined)
      this.#kinds.set(of, kind = { of, mask: reservedMask(of, this.#rules), decoded: 0, bad: noPlaces() })
    return kind
  }
}
