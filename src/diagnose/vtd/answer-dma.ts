/** The answer to a DMA fault (VT-d rev 5.10, ch. 3 and 7, table 30; signs of addresses: Linux's IOVA allocator, which
 *  hands out from the top of 4 GiB down, drivers/iommu/iova.c). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Answer, Conclusion, Group, Known, Look, Meaning } from '../happening.ts'
import { hex, whenOf } from '../text.ts'
import { addressConclusions } from '../addresses.ts'
import type { UnitFault } from './fault.ts'
import { hexReason, reasonMeaning, statusMeaning } from './reason.ts'
import { domainConclusions, tableConclusions } from './tables.ts'
import { cannotGive, walkConclusions, walkText } from './walk.ts'

export function answerDma(fault: UnitFault, group: Group, known: Known): Answer {
  const { device, access, reason, pasid, walk, status } = fault
  const who = device ?? 'a device that the line does not name'
  const code = reason?.code ?? null
  const verb = ({ write: 'wrote', read: 'read' } as Readonly<Record<string, string>>)[access] ?? 'used'
  const where = group.addresses.length > 1 ? `${group.moreAddresses ? 'more than ' : ''}${group.addresses.length} pages`
    : hex(fault.address)
  return {
    title: `${who} ${verb} ${where}: ${titleOf(code, walk)}${reservedText(group, known)}`,
    happened: `${who} ${verb} ${hex(fault.address)} (address as the device sees it; the low 12 bits are not recorded)`
      + `${pasidText(pasid)}. The unit blocked it: memory was not reached.`,
    hardware: [
      ...reason === null ? [{ says: 'the line was cut before its reason', clause: null }] : reasonMeaning(reason),
      ...status === null ? [] : [{ says: statusMeaning(status), clause: null }],
      ...walk === null ? [] : [{ says: walkText(walk), clause: null } satisfies Meaning],
    ],
    concludes: code === null ? [] : conclusions(fault, code, group, known),
    ...walk !== null && code !== null && cannotGive(walk, code) ? elsewhere(walk)
      : { next: nextOf(fault, known), shows: showsOf(code, walk !== null) },
  }
}
/** A region of firmware says more than the reason. */
const reservedText = ({ addresses, first: { device } }: Group, known: Known): string => {
  const region = known.regions.find(({ from, to, devices }) => device !== null && devices.includes(device)
    && addresses.some(one => one >= from && one <= to))
  return region === undefined ? '' : ', in memory that firmware reserves for it'
}
/** Where the unit walks other tables, the next question is which. */
const elsewhere = ({ unit, pasid }: NonNullable<UnitFault['walk']>): Pick<Answer, 'next' | 'shows'> => ({
  next: [
    { run: `grep -A20 'IOMMU: ${unit} ' /sys/kernel/debug/iommu/intel/iommu_regset`, says: 'RTADDR: the root table and '
      + 'the mode (bits 11:10) that the unit really has, and GSTS.RTPS' },
    { run: null, says: 'in a hypervisor or an emulated unit: whether SRTP was carried out after RTADDR was written, '
      + 'and '
      + 'which tables its shadow has' },
    { run: "dmesg | grep -e 'translation structures' -e 'Copied translation'", says: 'whether this kernel took over '
      + 'the '
      + 'tables of one before it' },
  ],
  shows: [{ run: 'remapcheck explain RTADDR', says: 'the register, bit by bit' },
    ...pasid.length < 2 ? [] : [{ run: `remapcheck explain PASID-table-entry=${hex(pasid[0]!)},${hex(pasid[1]!)}`,
      says: 'the dumped PASID entry, bit by bit' }]],
})

/** Tables that cannot give the fault make the order of the walk and the address moot. */
function conclusions(fault: UnitFault, code: number, group: Group, known: Known): readonly Conclusion[] {
  const { access, walk, system } = fault
  const { contradicted, concludes } = walk === null ? { contradicted: false, concludes: [] }
    : walkConclusions(walk, code, known)
  if (contradicted) return concludes
  return [
    ...byReason(code, access, walk), ...concludes, ...tableConclusions(fault, code, known),
    ...domainConclusions(fault, known),
    ...looksAtAddress(code) ? addressConclusions(group, known, system === 'Linux') : [],
    ...aboutDevice(code) || looksAtAddress(code) ? kdump(known) : [],
  ]
}
const pasidText = (pasid: number | null | undefined): string => {
  if (pasid === undefined) return ''
  return pasid === null ? ', without PASID' : `, with PASID ${hex(pasid)}`
}

function titleOf(code: number | null, walk: UnitFault['walk']): string {
  if (code === null) return 'a DMA fault whose reason is cut off'
  return walk !== null && cannotGive(walk, code) ? `a reason that the dumped tables cannot give (${hexReason(code)})`
    : shortOf(code)
}

const leafCodes = [0x05, 0x06, 0x71, 0x79, 0x85, 0x86]
const looksAtAddress = (code: number): boolean => leafCodes.includes(code) || code === 0x04 || code === 0x80
const aboutDevice = (code: number): boolean => [0x01, 0x02, 0x39, 0x41].includes(code)

function shortOf(code: number): string {
  const of = hexReason(code)
  if ([0x71, 0x79].includes(code)) return `nothing is mapped there (${of})`
  if (leafCodes.includes(code)) return `not mapped, or not for that (${of})`
  if (aboutDevice(code)) return `the unit has no entry for the device (${of})`
  const said = faultReason(code)?.says.replace(/\.$/, '')
  return said === undefined || said.length > 70 ? `DMA fault ${of}` : `${said.replace(/^./, a => a.toLowerCase())} `
    + `(${of})`
}

/** What the reason alone rules in and out. */
function byReason(code: number, access: string, walk: UnitFault['walk']): readonly Conclusion[] {
  const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
  if (code === 0x71) return [
    sure('The unit translates this request in scalable mode by a first-stage table. Root, context and PASID entry were '
      + 'found and good: the device is known, and nothing is mapped at this address.', 'order of the walk, table 30'),
  ]
  if (code === 0x79) return [
    sure('The unit translates this request in scalable mode by a second-stage table, which maps nothing there.',
      'order of the walk, table 30'),
  ]
  if (leafCodes.includes(code)) return [
    sure(`The device has a context entry, and the walk came to its page table. Missing: the right to `
      + `${access === 'write' ? 'write' : 'read'}.`, 'order of the walk, table 30'),
    { certainty: 'open', rule: 'an entry without R and W maps nothing, and gives the same reason',
      says: 'Either nothing is mapped there, or it is mapped for the other direction only: this reason does not '
        + 'distinguish them.' },
  ]
  if (aboutDevice(code)) return [
    sure('No page table was looked at: the address does not matter.', 'order of the walk, table 30'),
    ...walk !== null && (walk.context[0] ?? walk.root[0] ?? 0n) % 2n === 1n ? [] : [{ certainty: 'likely',
      rule: 'no entry for the source id',
      says: 'No driver has this device, or its requests carry the id of another one: an alias behind a bridge, or a '
        + 'function that is not enumerated.' } as const],
  ]
  if (code === 0x51 || code === 0x59) return [sure('Root and context entry were found: the device is known to the '
    + 'unit. '
    + `What it lacks is the PASID ${code === 0x51 ? 'directory' : 'table'} entry.`, 'order of the walk, table 30')]
  if ([0x0a, 0x0b, 0x0c, 0x3a, 0x42, 0x52, 0x5a, 0x72, 0x7a].includes(code)) return [
    sure('An entry is present and has a bit set that must be 0 on this unit: tables and capabilities do not fit, or '
      + 'memory under the tables was overwritten.', 'reserved bits, table 30'),
  ]
  if ([0x08, 0x09, 0x07, 0x38, 0x40, 0x50, 0x58, 0x70, 0x73, 0x78, 0x7b].includes(code)) return [
    sure('The unit could not read a table: an entry above it holds an address where no memory answers.',
      'unreadable, table 30'),
  ]
  return []
}
const kdump = (known: Known): readonly Conclusion[] => {
  const copied = known.fact('copied tables')
  return copied === null ? [] : [{ certainty: 'likely', rule: whenOf(copied),
    says: 'This kernel began with the tables of the one before it (kdump or kexec): a device that still runs uses '
      + 'addresses of that one, and the unit may still walk that one\'s tables, or a copy that lacks entries.' }]
}

function nextOf({ system, device, walk, reason }: UnitFault, known: Known): readonly Look[] {
  const of = device ?? 'BB:DD.F'
  if (system === 'Xen') return [
    { run: `xl pci-assignable-list; lspci -vs ${of}`, says: 'who the device is, and whose' },
    { run: 'xl dmesg | grep -e RMRR -e VT-D', says: 'whether the address lies in a reserved region' },
    { run: 'xl debug-keys o; xl dmesg', says: 'what is mapped for the domain (key o)' },
  ]
  if (system !== 'Linux')
    return [{ run: null, says: `look up ${of} in the bus enumeration of ${system}, and the address among what it `
      + `maps` }]
  const coherent = walk !== null && known.units.get(walk.unit) === undefined
  return [
    { run: `lspci -vs ${of}`, says: 'who the device is, and its driver' },
    ...reason === null || looksAtAddress(reason.code) ? [
      { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
        says: 'whether the address was ever mapped, and how long before the fault it was unmapped' },
      { run: 'remapcheck audit /sys/firmware/acpi/tables/DMAR', says: 'whether it lies in memory that firmware '
        + 'reserves, '
        + 'and for which device' },
    ] : [{ run: 'cat /sys/kernel/debug/iommu/intel/dmar_translation_struct',
      says: 'whether the tables have an entry for the device now' }],
    ...coherent ? [{ run: "dmesg | grep 'ecap'", says: 'bit 0 of ecap: whether table walks are coherent' }] : [],
  ]
}

/** `dumped`: the tables are in the log, so a missing write-back can be told from a missing entry. */
function showsOf(code: number | null, dumped: boolean): readonly Look[] {
  if (code === null) return []
  const explain: Look = { run: `remapcheck explain ${hexReason(code)}`, says: 'the reason and its clause' }
  if ([0x02, 0x41, 0x51, 0x59].includes(code)) return [explain,
    { run: 'remapcheck check ring0-strict~attach/writeBackContext --scope old-hardware',
      says: 'an entry that is stored and not written back, for context entries' }]
  if (leafCodes.includes(code)) return [explain,
    ...dumped ? [{ run: 'remapcheck check ring0-strict~map/writeBackPte --scope old-hardware',
      says: 'a page that is mapped and not written back' }] : [],
    { run: 'remapcheck explain ring0-strict', says: 'a design in which a late access after unmap ends in this fault' }]
  return [explain]
}
