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
