/** The answer to an event of an AMD unit (AMD 48882 rev 3.10: 2.5 events, 2.2.2.1 device table entry, 2.1.2 the
 *  interrupt range). */
import { addressConclusions } from '../addresses.ts'
import type { Answer, Conclusion, Group, Known, Look, Meaning } from '../happening.ts'
import { bitsOf, hex, idOf } from '../text.ts'
import type { UnitEvent } from './events.ts'
import {
  accessOf, deviceEntryOf, entryMeaning, events, flagNames, flagOf, flagsText, pageFault, requestText, requestType,
} from './flags.ts'

const clauseText = (name: string): Meaning =>
  ({ says: `${name}: ${events[name] ?? 'an event that is in no table here'} (AMD 48882, 2.5)`, clause: null })

const answers: Readonly<Record<string, (event: UnitEvent, group: Group, known: Known) => Answer>> = {
  IO_PAGE_FAULT: ofPage, ILLEGAL_DEV_TABLE_ENTRY: ofEntry, INVALID_DEVICE_REQUEST: ofRequest,
}

export function answerEvent(event: UnitEvent, group: Group, known: Known): Answer {
  const lost = known.fact('events lost')
  const doubt: readonly Meaning[] = lost === null ? []
    : [{ says: `the event log overflowed (line ${lost.number}): there were more`, clause: null }]
  const answer = (answers[event.name] ?? ofOther)(event, group, known)
  return { ...answer, hardware: [clauseText(event.name), ...answer.hardware, ...doubt] }
}

const whoOf = ({ device }: UnitEvent): string => device ?? 'a device that the line does not name'
const whereOf = ({ address, domain }: UnitEvent): string =>
  `${address === null ? '' : ` ${hex(address)}`}${domain === null ? '' : `, domain 0x${domain.toString(16)}`}`

function ofPage(event: UnitEvent, group: Group, known: Known): Answer {
  const { flags } = event
  const who = whoOf(event)
  if (flags === null) return {
    title: `${who}: a page fault whose flags are cut off`, happened: `${who} used${whereOf(event)}.`, hardware: [],
    concludes: [], next: nextOf(event), shows: [],
  }
  const { short, says } = pageFault(flags)
  const access = accessOf(flags)
  const verb = ({ read: 'read', write: 'wrote', interrupt: 'sent an interrupt by', execute: 'used', unknown: 'used' })[
    access]
  const where = placesOf(group)
  return {
    title: `${who} ${verb} ${where}: ${short}`,
    happened: `${who} ${verb}${whereOf(event)}: ${says}. The unit blocked it.`,
    hardware: [{ says: `${flagsText(flags)}: ${says}`, clause: null }, ...entryBeside(event, known)],
    concludes: pageConclusions(flags, group, known, event), next: nextOf(event),
    shows: [{ run: `remapcheck explain 'IO_PAGE_FAULT flags=0x${flags.toString(16).padStart(4, '0')}'`,
      says: 'the flags' },
    ...flagOf(flags, 'PR') ? [{ run: 'remapcheck check ring0-strict --scope permissions',
      says: 'a design that downgrades a mapping to read-only' }] : [{ run: 'remapcheck explain ring0-strict',
      says: 'a design in which a late access after unmap ends in such a fault' }]],
  }
}

/** The device's entry, where a text of debugfs has it. */
function entryBeside({ device }: UnitEvent, known: Known): readonly Meaning[] {
  const row = device === null ? undefined : known.beside.texts.amd.devices.get(idOf(device) ?? -1)
  const entry = row === undefined ? null : deviceEntryOf(row.words)
  return entry === null ? [] : [{ says: `debugfs, when it was read: ${entryMeaning(entry).says}`, clause: null }]
}
const placesOf = ({ addresses, moreAddresses }: Group): string => {
  if (addresses.length > 1) return `${moreAddresses ? 'more than ' : ''}${addresses.length} addresses`
  return addresses.length === 0 ? 'an address' : hex(addresses[0]!)
}

function pageConclusions(flags: number, group: Group, known: Known,
  { device, system }: UnitEvent): readonly Conclusion[] {
  const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
  const likely = (says: string, rule: string): Conclusion => ({ certainty: 'likely', says, rule })
  if (flagOf(flags, 'I')) return [sure(flagOf(flags, 'PR') ? 'It is an interrupt, and its entry is enabled.'
    : 'It is an interrupt, and its entry is not enabled (RemapEn=0): cleared while its source could still send, or '
      + 'never filled in.', 'flag I')]
  if (flagOf(flags, 'PR') && flagOf(flags, 'PE')) return [
    ...ofRights(flags, device, known),
    sure(`An entry is there and well-formed. Missing: ${flagOf(flags, 'RW') ? 'IW, the right to write'
      : 'IR, the right to read'}, in the page table entry or in the device table entry.`,
    'PR and PE are set: present, permission denied'),
    likely(flagOf(flags, 'RW') ? 'A buffer that was mapped for the device to read (DMA_TO_DEVICE), into which the '
      + 'device '
      + 'or its firmware writes: a status written back, or the wrong direction in the driver. Map it '
      + 'DMA_BIDIRECTIONAL if the device is right.'
      : 'A buffer that was mapped for the device to write (DMA_FROM_DEVICE), which the device or its firmware '
        + 'reads: map '
        + 'it DMA_BIDIRECTIONAL.', flagOf(flags, 'RW') ? 'a write to a read-only page' : 'a read of a write-only page'),
    ...offsets(group), { certainty: 'open', rule: 'the tables of the domain are not in the log', says: 'The log '
      + 'does not '
      + 'show who mapped the page, nor whether it was still mapped for the same use.' },
  ]
  if (flagOf(flags, 'PR') || flagOf(flags, 'RZ') || flagOf(flags, 'TR')) return []
  return [
    sure('No entry is present for it.', 'PR is not set'),
    ...device === null ? [] : addressConclusions(group, known, system === 'Linux'), ...offsets(group),
  ]
}
/** Whether the device's own entry, where debugfs has it, gives the right that is missing. */
function ofRights(flags: number, device: string | null, known: Known): readonly Conclusion[] {
  const row = device === null ? undefined : known.beside.texts.amd.devices.get(idOf(device) ?? -1)
  const entry = row === undefined ? null : deviceEntryOf(row.words)
  if (entry === null) return []
  const [right, has] = flagOf(flags, 'RW') ? ['IW', entry.write] as const : ['IR', entry.read] as const
  return [{ certainty: 'sure', rule: 'the device table entry in debugfs, when it was read', says: has
    ? `The device table entry has ${right}: it is the page table entry that lacks it.`
    : `The device table entry lacks ${right}: no page of it can be ${right === 'IW' ? 'written' : 'read'}.` }]
}
/** The address is exact here. */
function offsets({ addresses }: Group): readonly Conclusion[] {
  const inside = addresses.filter(address => address % 4096n !== 0n)
  if (addresses.length === 0 || inside.length < addresses.length) return []
  const ends = new Set(inside.slice(0, 6).map(address => (address % 4096n).toString(16).padStart(3, '0')))
  return [{ certainty: 'likely', rule: 'exact addresses, none page-aligned', says: 'None of the addresses is '
    + `page-aligned (ends ${[...ends].join(', ')}): small structures or packet buffers, not the start of a ring.` }]
}

function ofEntry(event: UnitEvent): Answer {
  const entry = deviceEntryOf(event.entry)
  const who = whoOf(event)
  const { control } = event
  const { valid = false, translates = false, mode = null, ppr = false, guest = false } = entry ?? {}
  const enhanced = control !== null && bitsOf(control, 45) === 1
  return {
    title: `the device table entry of ${who} is not legal`,
    happened: `${who} used${whereOf(event)}, and the unit does not accept its device table entry.`,
    hardware: [
      ...event.flags === null ? [] : [{ says: flagsText(event.flags), clause: null }],
      ...entry === null ? [] : [entryMeaning(entry)],
      ...control === null ? [] : [{ says: `control register ${hex(control)}`, clause: null }],
    ],
    concludes: entry === null ? [{ certainty: 'open', rule: 'newer kernels print the entry (DTE[0] to DTE[3])',
      says: 'The entry is not in the log: which bit it is cannot be told.' }] : [
      ...mode === 0 && valid && translates ? [{ certainty: 'likely', rule: 'Mode=0 with V=1 and TV=1, and the unit '
        + 'calls the entry illegal', says: 'Mode 0 with TV=1 (identity, no translation) is legal without SNP, and '
          + 'illegal where SNP is enabled: then Mode must be 1 to 6, and an identity domain has to be refused.' } as
        const] : [],
      ...mode === 7 ? [{ certainty: 'sure', rule: 'Mode=7', says: 'Mode is 7, which is reserved.' } as const] : [],
      ...(ppr || guest) && !enhanced ? [{ certainty: 'likely', rule: 'PPR or GV set in the entry', says: 'The entry '
        + 'asks '
        + 'for page requests or guest translation, which the control register must enable (EPHEn, bit 45): after a '
        + 'resume it may not have been restored.' } as const] : [],
    ],
    next: [{ run: 'cat /sys/kernel/iommu_groups/*/type', says: 'which groups are identity' },
      { run: "dmesg | grep -i -e SNP -e 'AMD-Vi: Extended features'", says: 'whether SNP is on' },
      { run: null, says: 'set the group to DMA instead of identity (iommu=nopt, or echo DMA > type)' }],
    shows: [],
  }
}

function ofRequest(event: UnitEvent, { count }: Group): Answer {
  const { address, flags } = event
  const who = whoOf(event)
  // Printed with its sign extended above bit 39 by some units.
  const low = address === null ? null : address & 0xffffffffffn
  const inRange = low !== null && low >= 0xfdf8000000n && low <= 0xfdf8ffffffn
  const extended = low === null || low === address ? '' : `, which is ${hex(low)} with its sign extended`
  const isMessage = flags !== null && requestType(flags) === 5
  return {
    title: `${who} sent a request that is not allowed${inRange ? ': a write to the interrupt range' : ''}`,
    happened: `${who} used ${address === null ? 'an address that is cut off' : hex(address)}${extended}${inRange
      ? ', in the interrupt and EOI range FD_F800_0000 to FD_F8FF_FFFF' : ''}.`,
    hardware: flags === null ? [] : [{ says: requestText(flags), clause: null }],
    concludes: isMessage && inRange ? [
      { certainty: 'sure', rule: 'type 5 in the interrupt range', says: 'An interrupt message was thrown away: the '
        + 'device '
        + 'table entry of that id lets no interrupts pass (IntCtl is abort).' },
      { certainty: 'likely', rule: count <= 2 ? 'seen once or twice' : 'repeated', says: count <= 2
        ? 'Harmless if it stays at that, for example at the reset of a GPU.'
        : 'An interrupt is lost each time.' },
    ] : [],
    next: [{ run: `lspci -vs ${event.device ?? 'BB:DD.F'}`, says: 'who sends with that id' },
      { run: 'cat /proc/interrupts', says: 'whether an interrupt stands still' }],
    shows: [{ run: 'remapcheck explain no-lost-edge', says: 'the claim that such a loss breaks' }],
  }
}

function ofOther(event: UnitEvent): Answer {
  const { name, flags } = event
  const who = whoOf(event)
  const isTimeout = name === 'IOTLB_INV_TIMEOUT'
  const title = events[name] ?? `event ${name}, which this kernel does not know`
  return {
    title: event.device === null ? title : `${who}: ${title}`,
    happened: isTimeout ? `${who} did not answer; the address${whereOf(event)} is that of the command.`
      : `The event names ${event.device ?? 'no device'}${whereOf(event).replace(/^ /, ' and ')}.`,
    hardware: flags === null ? [] : [{ says: `flags 0x${flags.toString(16)} (${flagNames(flags)})`, clause: null }],
    concludes: isTimeout ? [{ certainty: 'likely', rule: 'a device TLB that does not answer', says: `${who} was `
      + `reset, is `
      + 'gone or in a low power state while its ATS is on in the device table.' }] : [],
    next: isTimeout ? [{ run: `lspci -vvs ${event.device ?? 'BB:DD.F'} | grep -A2 ATS`, says: 'whether ATS is on' },
      { run: null, says: 'boot with pci=noats: if it is gone, it is the ATS of this device' }] : nextOf(event),
    shows: [],
  }
}

const nextOf = ({ device, system }: UnitEvent): readonly Look[] => system === 'Xen' ? [
  { run: 'xl debug-keys o; xl dmesg', says: 'what is mapped for the domain (key o)' },
  { run: `lspci -vs ${device ?? 'BB:DD.F'}`, says: 'who the device is' },
] : [
  { run: `lspci -vks ${device ?? 'BB:DD.F'}`, says: 'who the device is, and its driver' },
  { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
    says: 'who mapped the page, and whether it was unmapped before' },
  { run: 'cat /proc/iomem', says: 'what lies at the address: System RAM, or a reserved range' },
]
