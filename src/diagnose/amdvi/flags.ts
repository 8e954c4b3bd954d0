/** Events of an AMD unit and their flags (AMD 48882 rev 3.10, 2.5: event log). */
import type { Access, Meaning } from '../happening.ts'
import { bitsOf } from '../text.ts'

/** What each event means, in a sentence. */
export const events: Readonly<Record<string, string>> = {
  ILLEGAL_DEV_TABLE_ENTRY: 'the device table entry is one that the unit does not accept',
  IO_PAGE_FAULT: 'a page or interrupt entry does not admit the request',
  DEV_TAB_HARDWARE_ERROR: 'the device table could not be read',
  PAGE_TAB_HARDWARE_ERROR: 'a page table could not be read',
  ILLEGAL_COMMAND_ERROR: 'a command of the command buffer is not legal; the unit has stopped taking commands',
  COMMAND_HARDWARE_ERROR: 'the command buffer could not be read; the unit has stopped taking commands',
  IOTLB_INV_TIMEOUT: 'a device did not answer an invalidation of its device TLB (ATS)',
  INVALID_DEVICE_REQUEST: 'a device sent a request of a kind that is not allowed for it',
  INVALID_PPR_REQUEST: 'a page request that is not allowed',
  NOT_ATTACHED: 'a fault of a device that Linux has not attached to a domain properly',
  RMP_PAGE_FAULT: 'the reverse map table (SEV-SNP) does not admit the access',
  RMP_HW_ERROR: 'the reverse map table (SEV-SNP) could not be read',
}

/** Lowest first; Xen prints the same names. */
const names = ['GN', 'NX', 'US', 'I', 'PR', 'RW', 'PE', 'RZ', 'TR'] as const
export type FlagName = (typeof names)[number]
export const flagOf = (flags: number, name: FlagName): boolean => (flags >> names.indexOf(name) & 1) === 1
export const flagNames = (flags: number): string =>
  names.filter(name => flagOf(flags, name)).toReversed().join(' ') || 'none'

/** RW means something only with PR, without TR and I. */
export function accessOf(flags: number): Access {
  if (flagOf(flags, 'I')) return 'interrupt'
  if (flagOf(flags, 'TR')) return 'unknown'
  if (flagOf(flags, 'PR')) return flagOf(flags, 'RW') ? 'write' : 'read'
  return 'unknown'
}

/** Flags of IO_PAGE_FAULT in words, and whether that is certain. */
export function pageFault(flags: number): { readonly short: string; readonly says: string } {
  const at = (name: FlagName): boolean => flagOf(flags, name)
  if (at('I')) return at('PR') ? { short: 'its interrupt entry has bad fields',
    says: 'an interrupt whose entry is enabled and has a reserved bit, or a type or mode that is not allowed' }
    : { short: 'it has no enabled entry', says: 'an interrupt whose entry has RemapEn=0, or is beyond the table' }
  if (at('RZ')) return { short: 'a reserved bit or level in its entry',
    says: 'an entry with a reserved bit set or a level that does not fit' }
  if (at('TR')) return { short: 'a translation request that the entry does not admit',
    says: 'a translation request (ATS), not an access' }
  if (at('PR') && at('PE')) return at('RW')
    ? { short: 'present, not writable', says: 'a write to a page whose entry is present but not writable for it' }
    : { short: 'present, not readable', says: 'a read of a page whose entry is present but not readable for it' }
  if (at('PR')) return { short: 'present, and refused', says: 'a present entry, without the sign of a missing '
    + 'permission or a reserved bit' }
  return { short: 'nothing is mapped there', says: `nothing is mapped `
    + `there${at('RW') ? '; RW says write, but without PR '
    + 'that bit is not reliable' : ', and whether it was a read or a write is not told'}` }
}

export const flagsText = (flags: number): string => `flags 0x${flags.toString(16).padStart(4, '0')} = `
  + `${flagNames(flags)}`

/** The type of an INVALID_DEVICE_REQUEST: bits 11:9 of the flags. `isTranslation`: TR, a translation request. */
export const requestType = (flags: number): { readonly type: number; readonly isTranslation: boolean } =>
  ({ type: flags >> 9 & 7, isTranslation: flagOf(flags, 'TR') })
/** By type, of requests that ask for no translation, and of those that do. */
const requests = ['a read, or a write that waits for its answer, in the interrupt range',
  'a request with an address translated before (ATS), from a device whose entry has V=0 or I=0',
  'a request of port I/O, which IoCtl forbids', 'a posted write that SysMgt forbids',
  'a read, or a write that waits for its answer, in the system management range', 'a posted write to the interrupt or '
    + 'EOI range while IntCtl of the device table entry is abort', 'a posted write to a reserved part of the interrupt '
    + 'range', 'a request of port I/O or system management that is to be translated, while TV=0'] as const
const translationRequests = ['a translation request (ATS) from a device whose entry has V=0, TV=0 or I=0',
  'a translation request (ATS) for the interrupt, port I/O or system management range'] as const
export function requestText(flags: number): string {
  const { type, isTranslation } = requestType(flags)
  return `type ${type} (flags 0x${flags.toString(16).padStart(4, '0')}): ${(isTranslation ? translationRequests
    : requests)[type] ?? 'reserved'}`
}

/** A device table entry, as the kernel prints it: four quadwords (AMD 48882, 2.2.2.1). */
export interface DeviceEntry {
  readonly valid: boolean; readonly translates: boolean; readonly mode: number; readonly read: boolean
  readonly write: boolean; readonly domain: number; readonly ats: boolean; readonly ppr: boolean
  readonly guest: boolean
  readonly interrupts: boolean; readonly tableLength: number; readonly table: bigint; readonly control: number
}
export function deviceEntryOf(words: readonly bigint[]): DeviceEntry | null {
  const [a, b, c] = words
  if (a === undefined || b === undefined || c === undefined) return null
  return {
    valid: bitsOf(a, 0) === 1, translates: bitsOf(a, 1) === 1, mode: bitsOf(a, 11, 9), read: bitsOf(a, 61) === 1,
    write: bitsOf(a, 62) === 1, domain: bitsOf(b, 15, 0), ats: bitsOf(b, 32) === 1, ppr: bitsOf(a, 52) === 1,
    guest: bitsOf(a, 55) === 1, interrupts: bitsOf(c, 0) === 1, tableLength: 2 ** bitsOf(c, 4, 1),
    table: BigInt(bitsOf(c, 51, 6)) << 6n, control: bitsOf(c, 61, 60),
  }
}
const controls = ['abort', 'pass as is', 'remap', 'reserved'] as const
function levelsText(mode: number): string {
  if (mode === 0) return 'no translation'
  return mode === 7 ? 'reserved' : `${mode} level${mode === 1 ? '' : 's'}`
}
export function entryMeaning(of: DeviceEntry): Meaning {
  const flag = (is: boolean, name: string): string[] => is ? [name] : []
  const parts = [
    [...flag(of.valid, 'V'), ...flag(of.translates, 'TV')].join(' ') || 'not valid',
    `Mode ${of.mode} (${levelsText(of.mode)})`,
    [...flag(of.read, 'IR'), ...flag(of.write, 'IW'), ...flag(of.ppr, 'PPR'), ...flag(of.guest, 'GV'),
      ...flag(of.ats, 'ATS')].join(' '), `domain ${of.domain}`,
    ...of.interrupts ? [`IV, ${of.tableLength} interrupt entries at 0x${of.table.toString(16)}, IntCtl `
      + `${controls[of.control]}`] : ['IV=0'],
  ]
  return { says: `the device table entry: ${parts.filter(text => text !== '').join(', ')}`, clause: null }
}
