/** The answer to a DMA fault (VT-d rev 5.10, ch. 3 and 7, table 30). */
import { faultReason } from '../../../spec/vtd/index.ts'
import type { Answer, Conclusion, Group, Known, Look, Meaning } from '../happening.ts'
import { hex, whenOf } from '../text.ts'
import { addressConclusions } from '../addresses.ts'
import type { UnitFault } from './fault.ts'
import { hexReason, reasonMeaning, statusMeaning, uncertain } from './reason.ts'
import { atsCodes, boundCodes, byReason, deviceCodes, leafCodes } from './rulings.ts'
import type { Told } from './rulings.ts'
import { domainConclusions, tableConclusions } from './tables.ts'
import { cannotGive, walkConclusions, walkText } from './walk.ts'

export function answerDma(fault: UnitFault, group: Group, known: Known): Answer {
  const { device, access, reason, pasid, walk, status } = fault
  const who = device ?? 'a device that the line does not name'
  const code = reason?.code ?? null
  const { concludes, told } = ruled(fault, group, known)
  const verb = ({ write: 'wrote', read: 'read' } as Readonly<Record<string, string>>)[access] ?? 'used'
  const where = group.addresses.length > 1 ? `${group.moreAddresses ? 'more than ' : ''}${group.addresses.length} pages`
    : hex(fault.address)
  return {
    title: `${who} ${verb} ${where}: ${titleOf(fault, told)}`
      + `${hasPasid(pasid) ? '' : reservedText(group, known)}`,
    happened: `${who} ${verb} ${hex(fault.address)} (address as the device sees it; the low 12 bits are not recorded)`
      + `${pasidText(pasid)}. The unit blocked it: memory was not reached.`,
    hardware: [
      ...reason === null ? [{ says: 'the line was cut before its reason', clause: null }] : reasonMeaning(reason),
      ...status === null ? [] : [{ says: statusMeaning(status), clause: null }],
      ...walk === null ? [] : [{ says: walkText(walk), clause: null } satisfies Meaning],
    ],
    concludes,
    ...walk !== null && code !== null && cannotGive(walk, code) ? elsewhere(walk)
      : { next: nextOf(fault, known, told), shows: showsOf(code, told) },
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

interface Ruled { readonly concludes: readonly Conclusion[]; readonly told: Told }

/** Tables that cannot give the fault make the order of the walk and the address moot; so does a reason that may be
 *  another one. */
function ruled(fault: UnitFault, group: Group, known: Known): Ruled {
  const { walk, system, reason, pasid } = fault
  if (reason === null) return { concludes: [], told: null }
  if (reason.doubt !== null) return { told: null, concludes: [uncertain] }
  const { code } = reason
  const ofWalk = walk === null ? null : walkConclusions(walk, code, known)
  if (ofWalk?.contradicted === true) return { concludes: ofWalk.concludes, told: null }
  const ofTables = tableConclusions(fault, code, known), ofDomains = domainConclusions(fault, known)
  const told = ofWalk?.told ?? ofTables.told ?? ofDomains.told
  return { told, concludes: [
    ...byReason(fault, code, known, told), ...ofWalk?.concludes ?? [], ...ofTables.concludes, ...ofDomains.concludes,
    ...leafCodes.includes(code) && !hasPasid(pasid) ? addressConclusions(group, known, system === 'Linux') : [],
    ...[deviceCodes, boundCodes, leafCodes].some(codes => codes.includes(code)) ? kdump(known) : [],
  ] }
}
const hasPasid = (pasid: UnitFault['pasid']): pasid is number => typeof pasid === 'number'
const pasidText = (pasid: number | null | undefined): string => {
  if (pasid === undefined) return ''
  return pasid === null ? ', without PASID' : `, with PASID ${hex(pasid)}`
}

function titleOf({ reason, walk, access }: UnitFault, told: Told): string {
  if (reason === null) return 'a DMA fault whose reason is cut off'
  const { code, doubt } = reason
  const of = hexReason(code)
  if (doubt !== null) return `a DMA fault whose reason is not certain (${of})`
  if (walk !== null && cannotGive(walk, code)) return `a reason that the dumped tables cannot give (${of})`
  if (!leafCodes.includes(code)) return shortOf(code)
  if (told === 'memory has it') return `mapped in memory, and the unit did not find it so (${of})`
  if ([0x71, 0x79].includes(code) || told === 'nothing is mapped') return `nothing is mapped there (${of})`
  return told === null ? `not mapped, or not for that (${of})`
    : `mapped, but not for ${access === 'write' ? 'writing' : 'reading'} (${of})`
}

const titles: Readonly<Record<number, string>> = {
  0x03: 'the unit cannot follow its context entry', 0x04: 'the address is beyond what can be mapped',
  0x0d: 'an ATS request that its context entry does not admit', 0x44: 'an ATS request that its context entry does not '
    + 'admit',
  0x84: 'the address is beyond what can be mapped', 0x5b: 'the unit cannot follow its PASID table entry',
}
function shortOf(code: number): string {
  const of = hexReason(code)
  if (deviceCodes.includes(code)) return `the unit has no entry for the device (${of})`
  const said = titles[code] ?? faultReason(code)?.says.replace(/\.$/, '')
  return said === undefined || said.length > 70 ? `DMA fault ${of}` : `${said.replace(/^./, a => a.toLowerCase())} `
    + `(${of})`
}

const kdump = (known: Known): readonly Conclusion[] => {
  const copied = known.fact('copied tables')
  return copied === null ? [] : [{ certainty: 'likely', rule: whenOf(copied),
    says: 'This kernel began with the tables of the one before it (kdump or kexec): a device that still runs uses '
      + 'addresses of that one, and the unit may still walk that one\'s tables, or a copy that lacks entries.' }]
}

function nextOf(fault: UnitFault, known: Known, told: Told): readonly Look[] {
  const { system, device, walk } = fault
  const of = device ?? 'BB:DD.F'
  if (system === 'Xen') return [
    { run: `xl pci-assignable-list; lspci -vs ${of}`, says: 'who the device is, and whose' },
    { run: 'xl dmesg | grep -e RMRR -e VT-D', says: 'whether the address lies in a reserved region' },
    { run: 'xl debug-keys o; xl dmesg', says: 'what is mapped for the domain (key o)' },
  ]
  if (system === 'FreeBSD') return [
    { run: `pciconf -lv pci0:${pciName(of)}`, says: 'who the device is, and its driver' },
    { run: 'sysctl hw.dmar hw.iommu; acpidump -t | grep -A30 DMAR', says: 'how the units are used, and what firmware '
      + 'reserves' },
  ]
  if (system !== 'Linux')
    return [{ run: null, says: `look up ${of} in the bus enumeration of ${system}, and the address among what it `
      + `maps` }]
  const isOpen = told === 'memory has it' || told === null && walk !== null
  const coherent = isOpen && walk !== null && known.units.get(walk.unit) === undefined
  return [
    { run: `lspci -vs ${of}`, says: 'who the device is, and its driver' }, ...ofLinux(fault, of),
    ...coherent ? [{ run: "dmesg | grep 'ecap'", says: 'bit 0 of ecap: whether table walks are coherent' }] : [],
  ]
}
/** As FreeBSD writes bus, slot and function. */
const pciName = (device: string): string => device.split(/[:.]/).map(part => Number.parseInt(part, 16)).join(':')
function ofLinux({ reason, pasid }: UnitFault, device: string): readonly Look[] {
  const code = reason?.code ?? null
  if (hasPasid(pasid) || code !== null && atsCodes.includes(code)) return [
    { run: `lspci -vvs ${device} | grep -i -A3 -e ATS -e PASID -e 'Page Request'`,
      says: 'whether the device has ATS, PASID and page requests on' },
    ...hasPasid(pasid) ? [{ run: 'trace-cmd record -e intel_iommu:prq_report', says: 'whether the device asks for '
      + 'pages, and which' }] : [],
  ]
  return code === null || leafCodes.includes(code) ? [
    { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
      says: 'whether the address was ever mapped, and how long before the fault it was unmapped' },
    { run: 'remapcheck audit /sys/firmware/acpi/tables/DMAR', says: 'whether it lies in memory that firmware '
      + 'reserves, and for which device' },
  ] : [{ run: 'cat /sys/kernel/debug/iommu/intel/dmar_translation_struct',
    says: 'whether the tables have an entry for the device now' }]
}

function showsOf(code: number | null, told: Told): readonly Look[] {
  if (code === null) return []
  const explain: Look = { run: `remapcheck explain ${hexReason(code)}`, says: 'the reason and its clause' }
  if ([0x02, 0x41, 0x51, 0x59].includes(code)) return told === 'nothing is mapped' ? [explain] : [explain,
    { run: 'remapcheck check ring0-strict@vtd~attach/writeBackContext --scope old-hardware',
      says: 'an entry that is stored and not written back, for context entries' }]
  if (leafCodes.includes(code)) return [explain,
    ...told === 'memory has it' ? [{ run: 'remapcheck check ring0-strict@vtd~map/writeBackPte --scope old-hardware',
      says: 'a page that is mapped and not written back' }] : [],
    { run: 'remapcheck explain ring0-strict', says: 'a design in which a late access after unmap ends in this fault' }]
  return [explain]
}
