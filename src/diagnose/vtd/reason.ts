/** Fault reasons as kernels print them (VT-d rev 5.10, tables 15 and 30; the texts are those of Linux and Xen). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Conclusion, Meaning } from '../happening.ts'

/** What Linux and Xen print for each reason. */
const texts: Readonly<Record<string, number>> = {
  'present bit in root entry is clear': 1, 'present bit in context entry is clear': 2, 'invalid context entry': 3,
  'access beyond mgaw': 4, 'pte write access is not set': 5, 'pte read access is not set': 6,
  'next page table ptr is invalid': 7, 'root table address invalid': 8, 'context table ptr is invalid': 9,
  'non-zero reserved fields in rtp': 0xa, 'non-zero reserved fields in ctp': 0xb,
  'non-zero reserved fields in pte': 0xc,
  'pce for translation request specifies blocking': 0xd, 'blocked a dma translation request': 0xd,
  'detected reserved fields in the decoded interrupt-remapped request': 0x20,
  'interrupt index exceeded the interrupt-remapping table size': 0x21,
  'present field in the irte entry is clear': 0x22,
  'error accessing interrupt-remapping table pointed by irta_reg': 0x23,
  'detected reserved fields in the irte entry': 0x24, 'blocked a compatibility format interrupt request': 0x25,
  'blocked an interrupt request due to source-id verification failure': 0x26,
  'sm: present bit in directory entry is clear': 0x51,
  'sm: present bit in first-level paging entry is clear': 0x71,
}
const plain = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ').replace(/[.`'"]+$/, '')
/** The reason that a text stands for. */
export const reasonOfText = (text: string): number | null => {
  const words = plain(text)
  return Object.entries(texts).find(([known]) => words === known || words.startsWith(`${known} `))?.[1] ?? null
}

export interface Reason {
  readonly code: number
  /** `decimal`: printed without 0x by a Linux before 5.14. */
  readonly base: 'hex' | 'decimal' | 'either'
  /** The text contradicts the number, or the base cannot be told. */
  readonly doubt: string | null
}

/** `digits` as printed. `habit`: how that system prints numbers without 0x. The text decides where both fit. */
export function reasonOf(digits: string, text: string, habit: 'hex' | 'decimal'): Reason {
  const hexadecimal = Number.parseInt(digits.replace(/^0x/i, ''), 16)
  const decimal = /^\d+$/.test(digits) ? Number(digits) : null
  const said = reasonOfText(text)
  if (/^0x/i.test(digits) || decimal === null)
    return { code: hexadecimal, base: 'hex', doubt: differs(said, hexadecimal, digits) }
  if (hexadecimal === decimal) return { code: decimal, base: 'either', doubt: differs(said, decimal, digits) }
  if (said !== null && said === hexadecimal) return { code: said, base: 'hex', doubt: null }
  const isScalable = text.trim().startsWith('SM:')
  if (said === null && isScalable && decimal < 0x30 && hexadecimal >= 0x30)
    return { code: hexadecimal, base: 'hex', doubt: null }
  const code = habit === 'hex' ? hexadecimal : decimal
  return { code, base: habit, doubt: differs(said, code, digits) }
}
const differs = (said: number | null, code: number, digits: string): string | null => said === null || said === code
  ? null : `the text is that of reason 0x${said.toString(16)}, the number is ${digits}: one of them is mistyped`

export const hexReason = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

export function reasonMeaning({ code, base, doubt }: Reason): readonly Meaning[] {
  const known = faultReason(code)
  const printed = base === 'decimal' && code > 9 ? `, which the log prints as ${code}: decimal, as Linux before `
    + `5.14 does`
    : ''
  return [
    known === undefined
      ? { says: `reason ${hexReason(code)}${printed}: in no table of the manual`, clause: null }
      : { says: `reason ${hexReason(code)} (${known.condition})${printed}: ${known.says}`, clause: known.clause },
    ...doubt === null ? [] : [{ says: doubt, clause: null }],
  ]
}

/** All that can be said where number and text of a reason do not fit. */
export const uncertain: Conclusion = { certainty: 'open', rule: 'a line that contradicts itself',
  says: 'Nothing follows from a reason that may be another one: read the line again where it comes from.' }

/** Bits of FSTS that a status line shows (11.4). */
export function statusMeaning(status: number): string {
  if (status >>> 0 === 0xffffffff)
    return 'fault status ffffffff: the register reads all ones, so nothing answers at its address'
  const bits = [[2, 'a record is pending'], [0x10, 'invalidation queue error'], [0x20, 'invalidation completion error'],
    [0x40, 'invalidation time-out']] as const
  const said = bits.filter(([bit]) => (status & bit) !== 0).map(([, says]) => says)
  return `fault status 0x${status.toString(16)}: ${said.join(', ') || 'nothing pending'}, `
    + ((status & 1) === 0 ? 'no record was lost' : 'and records were lost (PFO): there were more faults')
}

const ite = 'ITE: a device did not answer an invalidation of its device TLB; the queue stands still'
const ice = 'ICE: a device answered an invalidation with a completion that does not fit'
const iqe = 'IQE: the unit refused a descriptor of the queue, and stopped there'
/** Bits of FSTS by what Xen and FreeBSD call them. */
export const statusTexts: Readonly<Record<string, string>> = {
  'Invalidation Time-out Error': ite, 'Invalidation timed out': ite, 'Invalidation Completion Error': ice,
  'Invalidation completion error': ice, 'Invalidation Queue Error': iqe, 'Invalidation queue error': iqe,
  'Fault Overflow': 'PFO: records of faults were lost, since none was free',
  'Primary Pending Fault': 'PPF: a record of a fault is pending',
}

/** Which tables a reason is about: `legacy` and `scalable` modes have codes of their own (table 30). */
export function modeOf(code: number): 'legacy' | 'scalable' | null {
  if (code >= 0x01 && code <= 0x0e) return 'legacy'
  return code >= 0x38 && code <= 0x91 ? 'scalable' : null
}
