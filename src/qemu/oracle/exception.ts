/** What a known way of QEMU to leave the manual is, and which QEMUs have it. */
import type { Version } from '../find.ts'

export interface QemuException {
  readonly name: string
  readonly qemu: string
  readonly manual: string
  readonly clause: string
  /** Major version that first has it; not given: the oldest that is driven. */
  readonly from?: number
  /** Major version that has it no more; not given: none yet. */
  readonly before?: number
}
/** Whether a QEMU has it. */
export const isOn = ({ from = 0, before = Infinity }: QemuException, { major }: Version): boolean =>
  from <= major && major < before
/** Which have it, for a table. */
export function versionsOf({ from, before }: QemuException): string {
  if (from === undefined) return before === undefined ? 'all' : `before ${before}`
  return before === undefined ? `${from} on` : `${from} up to ${before - 1}`
}

/** An exception as what QEMU goes by in place of the model; null where it has no part in the request. */
export interface Bend<On, Name extends string = string> {
  readonly name: Name
  readonly bends: (on: On) => On | null
}
/** The fewest that together explain a difference, and what explains it besides. `explained`: null where the model by
 *  these does not do what QEMU did. */
export function fewest<On, Name extends string>(known: readonly Bend<On, Name>[], on: On,
  explained: (on: On) => readonly Name[] | null): readonly Name[] | null {
  const some = (from: number, bent: On, names: readonly Name[], more: number): readonly Name[] | null => {
    if (more === 0) {
      const rest = explained(bent)
      return rest === null ? null : [...names, ...rest]
    }
    for (let i = from; i < known.length; i++) {
      const { name, bends } = known[i]!, next = bends(bent)
      const found = next === null ? null : some(i + 1, next, [...names, name], more - 1)
      if (found !== null) return found
    }
    return null
  }
  for (let count = 0; count <= known.length; count++) {
    const found = some(0, on, [], count)
    if (found !== null) return found
  }
  return null
}
