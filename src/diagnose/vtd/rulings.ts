/** What the reason of a DMA fault rules in and out by itself (VT-d rev 5.10: table 30, the order of the walk; 3.4.5
 *  and 3.6: requests with PASID; 4.1: ATS; 11.4.2: MGAW). */
import { decode, dwordsOf, registers } from '../../../spec/vtd/index.ts'
import type { Conclusion, Known } from '../happening.ts'
import { hex } from '../text.ts'
import type { UnitFault } from './fault.ts'

/** What tables, dumped or beside the log, say of the page: then the reason's own doubt about it is settled. */
export type Told = 'nothing is mapped' | 'the right lacks' | 'memory has it' | null

const sure = (says: string, rule = 'order of the walk, table 30'): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })

/** Reasons of a page table that maps nothing there, or not for that. */
export const leafCodes: readonly number[] = [0x05, 0x06, 0x71, 0x79, 0x85, 0x86]
/** No entry of the device is present. */
export const deviceCodes: readonly number[] = [0x01, 0x02, 0x39, 0x41]
/** An ATS request where the context entry admits none. */
export const atsCodes: readonly number[] = [0x0d, 0x44]
/** No PASID entry is present. */
export const boundCodes: readonly number[] = [0x51, 0x59]
const reservedCodes: readonly number[] = [0x0a, 0x0b, 0x0c, 0x3a, 0x42, 0x52, 0x5a, 0x72, 0x7a]
const unreadableCodes: readonly number[] = [0x08, 0x09, 0x07, 0x38, 0x40, 0x50, 0x58, 0x70, 0x73, 0x78, 0x7b]
/** The address has more bits than what translates it. */
const widthCodes: readonly number[] = [0x04, 0x83, 0x84]

export function byReason(fault: UnitFault, code: number, known: Known, told: Told): readonly Conclusion[] {
  const { access, walk, pasid } = fault
  const of = pasid ?? null
  if (leafCodes.includes(code)) return [...ofLeaf(code, access, told), ...of === null ? [] : [ofProcess(fault)]]
  if (widthCodes.includes(code)) return beyondWidth(fault, known)
  if (code === 0x80) return [
    sure('No page table was looked at: bits 63 to 47 of the address (63 to 56 with five levels) are not all alike.',
      'a canonical address'), wrongAddress(fault)]
  if (deviceCodes.includes(code)) return [
    sure('No page table was looked at: the address does not matter.'),
    ...walk !== null && (walk.context[0] ?? walk.root[0] ?? 0n) % 2n === 1n ? []
      : [likely('No driver has this device, or its requests carry the id of another one: an alias behind a bridge, '
        + 'or a function that is not enumerated.', 'no entry for the source id')]]
  if (boundCodes.includes(code)) return [
    sure('Root and context entry were found: the device is known to the unit. What it lacks is the PASID '
      + `${code === 0x51 ? 'directory' : 'table'} entry.`),
    ...of === null ? [] : [likely(`PASID ${hex(of)} is not bound for this device: it never was, or the process or `
      + 'driver that had it is gone and the device still uses it.', 'a request with PASID')]]
  if (atsCodes.includes(code)) return [
    sure('The device asked for a translation, or sent an address that it had had translated (ATS), and its context '
      + 'entry admits neither. No page table was looked at.'),
    likely('ATS is on in the device and off in its context entry: left on by firmware or by the kernel before (kexec), '
      + 'or the entry was changed before ATS was switched off in the device.', 'an ATS request that is not admitted')]
  if (reservedCodes.includes(code)) return [
    sure('An entry is present and has a bit set that must be 0 on this unit: tables and capabilities do not fit, or '
      + 'memory under the tables was overwritten.', 'reserved bits, table 30')]
  if (unreadableCodes.includes(code)) return [
    sure('The unit could not read a table: an entry above it holds an address where no memory answers.',
      'unreadable, table 30')]
  return others[code] ?? []
}

function ofLeaf(code: number, access: string, told: Told): readonly Conclusion[] {
  if (code === 0x71) return [sure('The unit translates this request in scalable mode by a first-stage table. Root, '
    + 'context and PASID entry were found and good: the device is known, and nothing is mapped at this address.')]
  if (code === 0x79) return [
    sure('The unit translates this request in scalable mode by a second-stage table, which maps nothing there.')]
  return [
    sure(`The device has a context entry, and the walk came to its page table. Missing: the right to `
      + `${access === 'write' ? 'write' : 'read'}.`),
    ...told !== null ? [] : [{ certainty: 'open', rule: 'an entry without R and W maps nothing, and gives the same '
      + 'reason', says: 'Either nothing is mapped there, or it is mapped for the other direction only: this reason '
      + 'does not distinguish them.' } as const]]
}

/** With a PASID the kernel's allocator of addresses says nothing. */
function ofProcess({ address, access }: UnitFault): Conclusion {
  const looks = address >= 1n << 32n && address < 1n << 47n
    ? `, and ${hex(address)} looks like one` : ''
  return likely('With a PASID the address belongs to the address space that the PASID stands for. In shared virtual '
    + `addressing (SVA) it is a virtual address of a process${looks}. That process had not touched the page, had `
    + `freed it or was gone${access === 'write' ? ', or may not write it' : ''}, and the device did not ask for it `
    + 'first (a page request, PRI).', 'a request with PASID')
}

function beyondWidth(fault: UnitFault, known: Known): readonly Conclusion[] {
  const { address, walk } = fault
  const bits = address.toString(2).length
  const units = [...known.units.values()].filter(unit => walk === null || unit?.name === walk.unit)
  const widths = new Set(units.map(unit => {
    const cap = unit?.values['cap']
    return cap === undefined ? null : decode(registers.CAP.layout, dwordsOf(cap)).MGAW + 1
  }))
  const [width] = widths
  const told = widths.size !== 1 || typeof width !== 'number' ? [] : [sure(bits > width
    ? `The address has ${bits} bits, and the unit translates ${width}.`
    : `The address has ${bits} bits, and the unit translates ${width}: it is the tables of the device that have fewer.`,
  `CAP.MGAW of the boot lines`)]
  return [sure('No page table was looked at: the address has more bits than the unit, the tables of the device or '
    + 'memory have.'), ...told, wrongAddress(fault)]
}
/** No mapping can have such an address. */
function wrongAddress({ address }: UnitFault): Conclusion {
  if (address >= 0xfffffffffffff000n) return likely('All ones: the device read its descriptor from something that '
    + 'does not answer.', 'all ones')
  if (address >= 0xffff800000000000n) return likely('It looks like a virtual address of an x86-64 kernel: the device '
    + 'was given a pointer of the CPU in the place of an address for DMA.', 'ffff8000_0000_0000 and above')
  return likely('No mapping has this address, so it was never one for DMA: a descriptor that was overwritten or never '
    + 'filled in, a pointer of the CPU, or a device that mixes other bits into its addresses.',
  'an address that cannot be mapped')
}

const execute = [sure('The device asked for the right to execute, which is not given here.')]
const others: Readonly<Record<number, readonly Conclusion[]>> = {
  0x03: [sure('The context entry is present, and the unit cannot follow it: it supports not that width (AW) or type '
    + '(TT), or could not read the table.'),
  { certainty: 'open', rule: 'CAP.SAGAW and ECAP.PT', says: 'Compare AW with CAP.SAGAW, and TT=2 (pass-through) with '
    + 'ECAP.PT.' }],
  0x0e: [sure('The page is mapped, to an address in the range of interrupt messages, FEEx_xxxx.')],
  0x87: [sure('The page is mapped, to an address in the range of interrupt messages, FEEx_xxxx.')],
  0x31: [sure('The unit is in legacy mode, in which no request may have a PASID.'),
    likely('PASID is on in the device while scalable mode is off in the kernel (intel_iommu=sm_on): left on by '
      + 'firmware or by the kernel before.', 'a request with PASID in legacy mode')],
  0x32: [sure('The unit is in legacy mode, in which no device may ask for pages.'),
    likely('Page requests (PRI) were left on in the device.', 'a page request in legacy mode')],
  0x33: [sure('RTADDR tells the unit to abort all DMA: no table was looked at.')],
  0x34: execute, 0x5c: execute, 0x82: execute,
  0x45: [sure('The context entry of the device admits no PASID (PASIDE=0).'),
    likely('PASID is on in the device, and this kernel did not enable it: left on by firmware, by a driver or by the '
      + 'kernel before.', 'a request with PASID')],
  0x46: [sure('The PASID is beyond the directory of the device.'),
    likely('No kernel gave the device this PASID: it made it up, or was told one of another device.',
      'a request with PASID')],
  0x47: [sure('The context entry of the device admits no page requests (PRE=0).')],
  0x49: [likely('The device sent an address that it had had translated, with a PASID, and its context entry does not '
    + 'admit that (EPTR=0).', 'SCT.10, of which one source tells')],
  0x5d: [sure('The request is privileged, and the PASID table entry admits none (SRE=0).')],
  0x81: [sure('The page is mapped for the kernel alone (U/S=0), and the request is one of a user.')],
  0x89: [sure('The PASID has more bits than the unit takes (ECAP.PSS).')],
}
