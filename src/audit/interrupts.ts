/** Entries of interrupt tables: where each interrupt goes and who may send it. */

/** A present entry. */
export interface Entry {
  readonly index: number
  /** Whose table it stands in, where devices have tables of their own: `00:03.0`; null in the one of the unit. */
  readonly of: string | null
  readonly kind: 'remapped' | 'posted'
  readonly vector: number
  /** APIC id or, in logical mode, mask; null of a posted entry. */
  readonly destination: number | null
  readonly logical: boolean
  /** DLM; null of a posted entry. */
  readonly delivery: number | null
  readonly level: boolean
  /** Null: any device. */
  readonly source: string | null
  /** Address of the posted-interrupt descriptor. */
  readonly descriptor: number | null
  /** Why no request can use it, by number and by name; null where one can. */
  readonly fault: number | null
  readonly refusal: string | null
}

export interface InterruptTable {
  /** False where the dump does not show it: then nothing is said of it. */
  readonly known: boolean
  readonly remapping: boolean
  /** Compatibility-format requests pass unchanged. */
  readonly compatibility: boolean
  /** Of the one table of the unit; null where devices have tables of their own. */
  readonly address: number | null
  /** How many tables there are, and entries in all of them. */
  readonly tables: number
  readonly size: number
  readonly entries: readonly Entry[]
  /** Pages of the table that the dump does not hold, and its pages. */
  readonly pagesMissing: number
  readonly pages: number
}

export const unknownTable: InterruptTable = { known: false, remapping: true, compatibility: false,
  address: 0, tables: 0, size: 0,
  entries: [], pagesMissing: 0, pages: 0 }

/** Delivery modes in which the vector says which interrupt it is: fixed and lowest priority. */
export const hasVector = ({ delivery }: Entry): boolean => delivery === 0 || delivery === 1

/** Entries that arrive at the same place as the same vector, so that no handler can tell their sources apart. */
export function sameTargets(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const byTarget = new Map<string, Entry[]>()
  for (const entry of entries) {
    if (entry.fault !== null || !hasVector(entry)) continue
    const key = `${entry.logical}/${entry.destination}/${entry.vector}`
    const group = byTarget.get(key)
    if (group === undefined) byTarget.set(key, [entry])
    else group.push(entry)
  }
  return [...byTarget.values()].filter(group => group.length > 1)
}
