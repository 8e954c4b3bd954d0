/** The answer to IO_PAGE_FAULT (AMD 48882 rev 3.10: 2.5.3, 2.1.2 the interrupt range, 2.2.5 interrupt tables). */
import { addressConclusions, interruptRange, memoryAt } from '../addresses.ts'
import type { Answer, Conclusion, Group, Known, Look, Meaning } from '../happening.ts'
import { servedInterrupts } from '../interrupts/served.ts'
import { hex, idOf } from '../text.ts'
import type { UnitEvent } from './event.ts'
import { accessOf, deviceEntryOf, entryMeaning, flagOf, flagsText, pageFault } from './flags.ts'
import { nextOf, unattached, usedOf, whoOf } from './look.ts'

const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })

export function answerPage(event: UnitEvent, group: Group, known: Known): Answer {
  const { flags, address, domain } = event
  const who = whoOf(event)
  // With GN the field holds a PASID.
  const space = flags !== null && flagOf(flags, 'GN') ? 'PASID' : 'domain'
  const where = ` ${usedOf(address)}`
    + `${domain === null ? '' : `, ${space} 0x${domain.toString(16)}`}`
  if (flags === null) return {
    title: `${who}: a page fault whose flags the line does not tell`, happened: `${who} used${where}.`, hardware: [],
    concludes: [], next: nextOf(event), shows: [],
  }
  if (flagOf(flags, 'I')) return answerInterrupt(event, flags, known)
  const { short, says } = pageFault(flags)
  const verb = ({ read: 'read', write: 'wrote', interrupt: '', execute: 'used', unknown: 'used' })[accessOf(flags)]
  return {
    title: `${who} ${verb} ${placesOf(group)}: ${short}`,
    happened: `${who} ${verb}${where}: ${says}. The unit blocked it.`,
    hardware: [{ says: `${flagsText(flags)}: ${says}`, clause: null }, ...entryBeside(event, known)],
    concludes: [...pageConclusions(flags, group, known, event), ...silent(event, known)],
    next: isBlocked(event) ? unattached(event) : nextOf(event),
    shows: isBlocked(event) ? [explainFlags(flags)] : [explainFlags(flags),
      ...flagOf(flags, 'PR') ? [{ run: 'remapcheck check ring0-strict@amdvi --scope permissions',
        says: 'a design that downgrades a mapping to read-only' }] : [{ run: 'remapcheck explain ring0-strict',
        says: 'a design in which a late access after unmap ends in such a fault' }]],
  }
}
const explainFlags = (flags: number): Look => ({ says: 'the flags',
  run: `remapcheck explain 'IO_PAGE_FAULT flags=0x${flags.toString(16).padStart(4, '0')}'` })

/** An interrupt: its address says nothing of memory. */
function answerInterrupt(event: UnitEvent, flags: number, known: Known): Answer {
  const { device, address, system } = event
  const who = whoOf(event)
  const { short, says } = pageFault(flags)
  const special = device === null ? null : known.beside.special(device)
  const of = device ?? 'BB:DD.F'
  return {
    title: `an interrupt of ${who} was blocked: ${short}`,
    happened: `${who} sent an interrupt${address === null ? '' : ` (${hex(address)}: the interrupt range)`}: ${says}. `
      + 'The unit blocked it: no CPU got it.',
    hardware: [{ says: `${flagsText(flags)}: ${says}`, clause: null }, ...entryBeside(event, known)],
    concludes: [
      ...flagOf(flags, 'PR') ? [sure('It is an interrupt, and its entry is enabled.', 'flags I and PR'),
        likely('The entry was half written when it was read, or written for another mode of the unit (GAEn, XTEn).',
          'an enabled entry that is not accepted')]
        : [sure('It is an interrupt, and no enabled entry was used for it.', 'flag I without PR'),
          likely('RemapEn is 0, or the index is beyond the table (IntTabLen): the entry was cleared while its source '
            + 'could still send, or never filled in. Mask the source first.', 'an interrupt without entry')],
      ...special === null ? pinsOf(device)
        : [sure(`${of} is the id by which ${special.what} sends.`, special.by)],
      ...servedInterrupts(device, known),
    ],
    next: system === 'Xen' ? [{ run: 'xl debug-keys V; xl dmesg', says: 'the interrupt tables of the devices' }] : [
      { run: 'cat /proc/interrupts', says: 'which interrupts of that device stand still' },
      { run: `lspci -vvs ${of}`, says: 'its MSI data: on AMD that is the index of the entry' },
      { run: `echo ${of.length === 7 ? `0000:${of}` : of} > /sys/kernel/debug/iommu/amd/devid; cat `
        + '/sys/kernel/debug/iommu/amd/irqtbl', says: 'its entries as memory has them (Linux 6.17 on)' }],
    shows: [explainFlags(flags),
      { run: 'remapcheck check ring0-strict~migrateInterrupt/invalidateInterruptTable --scope interrupts --iommu amdvi',
        says: 'an entry changed and its cached copy kept' },
      { run: 'remapcheck explain no-lost-edge', says: 'the claim that a lost interrupt breaks' }],
  }
}
/** Chip sets give their I/O APIC and HPET the id of the SMBus function. */
const pinsOf = (device: string | null): readonly Conclusion[] => device !== '00:14.0' ? []
  : [likely('00:14.0 is the id by which the I/O APIC and the HPET of AMD chip sets send; the IVRS table says so.',
    '00:14.0 as a source')]

/** The device's entry, where a text of debugfs has it. */
const entryOf = ({ device }: UnitEvent, known: Known): ReturnType<typeof deviceEntryOf> => {
  const row = device === null ? undefined : known.beside.texts.amd.devices.get(idOf(device) ?? -1)
  return row === undefined ? null : deviceEntryOf(row.words)
}
function entryBeside(event: UnitEvent, known: Known): readonly Meaning[] {
  const entry = entryOf(event, known)
  return entry === null ? [] : [{ says: `debugfs, when it was read: ${entryMeaning(entry).says}`, clause: null }]
}
const placesOf = ({ addresses, moreAddresses }: Group): string => {
  if (addresses.length > 1) return `${moreAddresses ? 'more than ' : ''}${addresses.length} addresses`
  return addresses.length === 0 ? 'an address' : hex(addresses[0]!)
}

function pageConclusions(flags: number, group: Group, known: Known, event: UnitEvent): readonly Conclusion[] {
  const isDenied = flagOf(flags, 'PR') && flagOf(flags, 'PE')
  if (isDenied) return ofRights(flags, group, known, event)
  if (flagOf(flags, 'RZ')) return [sure('An entry is there, and a bit of it is set that must be 0 on this unit, or its '
    + 'level does not fit: tables and features do not fit, or memory under the tables was overwritten.', 'flag RZ')]
  if (flagOf(flags, 'PR')) return [likely('An entry is there, and the walk could not follow it: its level or page size '
    + 'does not fit, or the address has bits that a skipped level would index.', 'PR without PE and RZ')]
  if (flagOf(flags, 'TR')) return []
  return [sure('No page table entry is present for it, or the device has no page table (TV=0).', 'PR is not set'),
    ...isBlocked(event) ? [blocked] : [],
    ...flagOf(flags, 'GN') ? [ofProcess]
      : addressConclusions(group, known, event.system === 'Linux' && !isBlocked(event)),
    ...offsets(group)]
}
/** Linux keeps the number 0 for what has no domain (drivers/iommu/amd: domain ids begin at 1). */
const isBlocked = ({ system, domain, flags }: UnitEvent): boolean =>
  system === 'Linux' && domain === 0 && !flagOf(flags ?? 0, 'GN')
const blocked = likely('Linux gives no domain the number 0: the device is attached to none, so its device table entry '
  + 'lets nothing pass, whatever the address. Its driver is not loaded yet, was unbound or failed, or the device was '
  + 'left '
  + 'running by firmware or the kernel before.', 'domain 0')
const ofProcess = likely('With a PASID the address belongs to the address space that the PASID stands for: in shared '
  + 'virtual addressing (SVA) it is a virtual address of a process, which had not touched the page, had freed it or '
  + 'was '
  + 'gone.', 'flag GN')

function ofRights(flags: number, group: Group, known: Known, event: UnitEvent): readonly Conclusion[] {
  const isWrite = flagOf(flags, 'RW')
  const entry = entryOf(event, known)
  const [right, has] = isWrite ? ['IW', entry?.write] as const : ['IR', entry?.read] as const
  const missing = `Missing: ${right}, the right to ${isWrite ? 'write' : 'read'}`
  const what = sure(`An entry is there and well-formed. ${missing}${entry === null
    ? ', in the page table entry or in the device table entry.'
    : '.'}`, 'PR and PE are set: present, permission denied')
  const where = entry === null ? [] : [sure(has === true
    ? `The device table entry has ${right}: it is the page table entry that lacks it.`
    : `The device table entry lacks ${right}: no page of it can be ${isWrite ? 'written' : 'read'}.`,
  'the device table entry in debugfs, when it was read')]
  const range = group.addresses.map(interruptRange).find(one => one !== null) ?? null
  if (range !== null) return [what, ...where, likely(range.says, range.rule)]
  if (isBlocked(event)) return [what, ...where, blocked]
  if (flagOf(flags, 'GN')) return [what, ...where, likely('The address is one of the address space that the PASID '
    + 'stands for: a process that may not '
    + `${isWrite ? 'write' : 'read'} the page itself.`, 'flag GN')]
  // Only that it was mapped fits: the entry was there.
  const mapped = known.mappings(group).filter(({ certainty, rule }) => certainty === 'open'
    && rule.includes('iommu:map'))
  return [what, ...where,
    likely(isWrite ? 'A buffer that was mapped for the device to read (DMA_TO_DEVICE), into which the device or its '
      + 'firmware writes: a status written back, or the wrong direction in the driver. Map it DMA_BIDIRECTIONAL if the '
      + 'device is right.' : 'A buffer that was mapped for the device to write (DMA_FROM_DEVICE), which the device or '
      + 'its firmware reads: map it DMA_BIDIRECTIONAL.', isWrite ? 'a write to a read-only page'
      : 'a read of a write-only page'),
    ...offsets(group), ...event.address === null ? [] : memoryAt(event.address, known), ...mapped.length > 0 ? mapped
      : [{ certainty: 'open', rule: 'the tables of the domain are not in '
      + 'the log', says: 'The log does not show who mapped the page, nor whether it was still mapped for the same '
      + 'use.' } as const]]
}
/** The address is exact here. */
function offsets({ addresses }: Group): readonly Conclusion[] {
  const inside = addresses.filter(address => address % 4096n !== 0n)
  if (addresses.length === 0 || inside.length < addresses.length) return []
  const ends = new Set(inside.slice(0, 6).map(address => (address % 4096n).toString(16).padStart(3, '0')))
  const list = [...ends].join(', ')
  return [addresses.length === 1
    ? likely(`The address is not page-aligned (it ends in ${list}): within a small structure `
    + 'or a packet buffer, not at the start of a ring.', 'an exact address, not page-aligned')
    : likely(`None of the addresses is page-aligned (ends ${list}): small structures or packet buffers, not the start `
      + 'of a ring.', 'exact addresses, none page-aligned')]
}
/** The same device answers no invalidations either. */
function silent({ device }: UnitEvent, known: Known): readonly Conclusion[] {
  const other = known.others.find(({ kind, device: of }) => kind.startsWith('amd IOTLB_INV_TIMEOUT') && of === device)
  return device === null || other === undefined ? [] : [likely(`${device} did not answer an invalidation of its TLB `
    + `either (IOTLB_INV_TIMEOUT, line ${other.at.number}): it was reset or hangs, or goes on with translations that `
    + `it `
    + 'cached before.', 'two faults of one device')]
}
