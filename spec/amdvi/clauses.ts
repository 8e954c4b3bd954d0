/** Clauses of the AMD IOMMU Specification, 48882 rev 3.05. Ids are `AMD:<section>/<what>`; a chapter stands for the
 *  section where our sources name no finer one. The manual is known through those who implement it: `strength` says how
 *  well each rule is. Events derive from `faults.ts`. */
import type { Clauses, Strength } from '../iommu/citation.ts'
import { faultClauses } from './faults.ts'
import type { FaultClause } from './faults.ts'

const amd = <S extends string>(section: S, says: string, strength: Strength = 'specification') =>
  ({ manual: 'AMD', section, says, strength }) as const

const tables = {
  'AMD:2.2/device-table': amd('2.2', 'The DeviceID selects an entry of 256 bits; V=0 lets DMA pass untranslated, '
    + 'without any check.'),
  'AMD:2.2/segments': amd('2.2', 'With DevTblSegEn the device table is in 2, 4 or 8 segments: the upper bits of the '
    + 'DeviceID select the segment, the others the entry of it.', 'one source'),
  'AMD:2.2/iommu-off': amd('2.2', 'IommuEn=0: all DMA and all interrupts pass as they are.'),
  'AMD:2.2/blocked': amd('2.2', 'V=1 with TV=0 blocks all DMA of a device: the state between two domains.',
    'implementations'),
  'AMD:2.2/permissions': amd('2.2', 'A read needs IR and a write IW in the device table entry and in every entry of '
    + 'the walk.'),
  'AMD:2.2/mode-zero': amd('2.2', 'Mode=0 uses the address as it is, as far as IR and IW of the entry allow.'),
  'AMD:2.2/dte-update': amd('2.2', 'The unit may read an entry at any time. Root, Mode, DomainID and TV change '
    + 'together, in one store of 128 bits, or while TV=0.', 'implementations'),
  'AMD:2.2/dte-halves': amd('2.2', 'Root and DomainID stored one after the other let a walk tag translations of the '
    + 'new tables with the old DomainID.', 'implementations'),
  'AMD:2.2/same-domain-same-tables': amd('2.2', 'Devices with one DomainID have the same root and Mode: the unit may '
    + 'use for one what it cached for another.', 'implementations'),
  'AMD:2.2/exclusion': amd('2.2', 'Addresses of the exclusion range pass untranslated, for devices with EX=1 or for '
    + 'all; before permissions are looked at.', 'one source'),
  'AMD:2.2/guest': amd('2.2', 'Guest translation: the PASID selects in the GCR3 table the root of tables of the CPU\'s '
    + 'form; without PASID it is PASID 0, where GIoV is set.', 'implementations'),
  'AMD:2.2/nested': amd('2.2', 'Where Mode is not 0, guest tables and what they map are guest-physical, and go through '
    + 'the host tables.', 'implementations'),
  'AMD:2.2.3/walk': amd('2.2.3', 'A walk reads one entry a level, from the root of the device table entry down; '
    + 'NextLevel names the level of the next table and may skip levels.'),
  'AMD:2.2.3/page-size': amd('2.2.3', 'NextLevel=0 maps the size of the level. NextLevel=7 maps 2^(1+z) bytes, z the '
    + 'lowest zero bit of the address from bit 12 up.'),
  'AMD:2.2.3/coherency': amd('2.2.3', 'Reads of tables snoop the CPU caches on the parts in use; a unit that does not '
    + 'sees a store when it is written back.', 'one source'),
} as const
const caches = {
  'AMD:2.4/dte-cache': amd('2.4', 'The unit may hold a device table entry, valid or not, until '
    + 'INVALIDATE_DEVTAB_ENTRY.'),
  'AMD:2.4/page-cache': amd('2.4', 'The unit may hold a translation, tagged with the DomainID, at any time and until '
    + 'INVALIDATE_IOMMU_PAGES.'),
  'AMD:2.4/shared-page-cache': amd('2.4', 'A translation that one device left is a hit for each device of the '
    + 'DomainID.'),
  'AMD:2.4/directory-cache': amd('2.4', 'The unit may hold page directory entries, tagged with the DomainID, until '
    + 'INVALIDATE_IOMMU_PAGES with PDE=1.'),
  'AMD:2.4/interrupt-cache': amd('2.4', 'The unit may hold interrupt entries, tagged with the DeviceID, until '
    + 'INVALIDATE_INTERRUPT_TABLE.'),
  'AMD:2.4/np-cache': amd('2.4', 'With NpCache=1 entries that are not present may be held too: a new mapping needs an '
    + 'invalidation.'),
  'AMD:2.4/old-or-new': amd('2.4', 'Until an invalidation has ended, a request may use the old entry or the new one.'),
} as const
const commands = {
  'AMD:2.4/buffer': amd('2.4', 'Software writes commands into a ring and moves its tail; the head says what was '
    + 'fetched, not what is done.'),
  'AMD:2.4/ordered': amd('2.4', 'Commands are executed one by one, in the order of the ring.', 'implementations'),
  'AMD:2.4/unordered': amd('2.4', 'Between waits, commands may overlap and end in any order; what follows a wait with '
    + 'F=1 begins after it.', 'one source'),
  'AMD:2.4/illegal-command': amd('2.4', 'A reserved bit that is set, or an unknown code, stops the unit: '
    + 'ILLEGAL_COMMAND_ERROR, CmdBufRun=0.'),
  'AMD:2.4.1/completion-wait': amd('2.4.1', 'COMPLETION_WAIT stores its word when every command before it has ended.'),
  'AMD:2.4.1/drain': amd('2.4.1', 'Invalidation and wait also drain DMA that used the entries: reads are answered and '
    + 'writes are visible.', 'one source'),
  'AMD:2.4.1/interrupt-drain': amd('2.4.1', 'Interrupts that used the entries have been delivered by then: '
    + 'drivers free a vector after the wait, and no source says more.', 'one source'),
  'AMD:2.4.2/devtab': amd('2.4.2', 'Any change of a device table entry: INVALIDATE_DEVTAB_ENTRY of the device.'),
  'AMD:2.4.2/old-domain': amd('2.4.2', 'Then INVALIDATE_IOMMU_PAGES of the DomainID that the entry had, if TV was 1: '
    + 'units go on using what they cached under it.', 'implementations'),
  'AMD:2.4.3/pages': amd('2.4.3', 'An entry that was present changes: INVALIDATE_IOMMU_PAGES of its range, then wait.'),
  'AMD:2.4.3/pde': amd('2.4.3', 'PDE=0 keeps cached page directory entries; PDE=1 removes those of the range too.'),
  'AMD:2.4.3/size': amd('2.4.3', 'S=1 removes 2^(1+z) bytes, z the lowest zero bit of the address from bit 12 up; '
    + '7FFFFFFFFFFFF000h all of the domain.'),
  'AMD:2.4.4/device-tlb': amd('2.4.4', 'INVALIDATE_IOTLB_PAGES goes to the TLB of a device; without an answer within '
    + 'InvTimeOut it ends with IOTLB_INV_TIMEOUT.', 'implementations'),
  'AMD:2.4/all': amd('2.4', 'INVALIDATE_IOMMU_ALL empties every cache of the unit, that of interrupts too, where IASup '
    + 'is set; else it is illegal.', 'implementations'),
  'AMD:2.4/prefetch': amd('2.4', 'PREFETCH_IOMMU_PAGES, COMPLETE_PPR_REQUEST and commands of virtual IOMMUs remove '
    + 'nothing; without their feature they are illegal.', 'one source'),
  'AMD:2.4.5/interrupt-table': amd('2.4.5', 'An interrupt entry changes: INVALIDATE_INTERRUPT_TABLE of the DeviceID, '
    + 'the whole table.'),
} as const
const interrupts = {
  'AMD:2.2.5/interrupt-map': amd('2.2.5', 'IV=0 lets interrupts of the device pass unmapped. With IV=1 IntCtl aborts, '
    + 'forwards or remaps those of fixed and arbitrated delivery mode.'),
  'AMD:2.2.5/table-per-device': amd('2.2.5', 'Each device table entry has its interrupt table; an entry names no '
    + 'source. What a device can raise is what its table holds.'),
  'AMD:2.2.5/index': amd('2.2.5', 'Bits 10:0 of the message data are the index; no bit tells a format.'),
  'AMD:2.2.5.1/remap': amd('2.2.5.1', 'An entry with RemapEn=1 gives type, destination mode, destination and vector.'),
  'AMD:2.2.5.1/destination': amd('2.2.5.1', 'With XTEn=1 a destination has 32 bits, else 8.'),
  'AMD:2.2.5.1/irte-update': amd('2.2.5.1', 'Vector and destination stand in different halves of an entry of 128 bits: '
    + 'a live one changes in one exchange of 16 bytes.', 'implementations'),
  'AMD:2.2.5/guest-mode': amd('2.2.5', 'GuestMode=1 sets the vector in the virtual APIC page of the guest, in memory; '
    + 'a doorbell goes to its core where IsRun is 1.', 'implementations'),
  'AMD:2.2.5/ga-log': amd('2.2.5', 'IsRun=0 and GALogIntr=1: an entry with GATag and DeviceID goes to the GA log, and '
    + 'the hypervisor wakes the guest.', 'implementations'),
  'AMD:2.2.5/smi': amd('2.2.5', 'An SMI passes as it is: only the SMI filter looks at it.', 'one source'),
  'AMD:2.2.5/pass-bits': amd('2.2.5', 'NMI, INIT, ExtINT and LINT messages pass where the entry says so, and are '
    + 'aborted elsewhere.'),
} as const
const log = {
  'AMD:2.5/log-entry': amd('2.5', 'An event is an entry of 16 bytes in a ring; its tail moves.'),
  'AMD:2.5/log-overflow': amd('2.5', 'A full log sets EventOverflow; events are dropped until software restarts it.'),
  'AMD:2.5/first-fault': amd('2.5', 'SE=1 lets the first IO_PAGE_FAULT of the device into the log, and the next one '
    + 'after its entry was invalidated.', 'one source'),
  'AMD:2.5/log-suppressed': amd('2.5', 'SA, SE, IG and SupIOPF suppress the log entry; the request is refused all the '
    + 'same.', 'one source'),
} as const

const registers = {
  'AMD:3/access': amd('3', 'Registers have 64 bits and are read and written in one or two aligned dwords; what is '
    + 'reserved is written as 0.', 'implementations'),
  'AMD:3/hardware-event': amd('3', 'With EFR.HESup an access of the unit itself that fails is kept in the hardware '
    + 'event registers too: HEV, and HEO where the one before was not read.', 'one source'),
  'AMD:3.3.13/pointers': amd('3.3.13', 'Software moves the tail of commands and the head of events. Writing one behind '
    + 'the ring, or the other pointer while the ring runs, is undefined.'),
  'AMD:3/base': amd('3', 'Bases are written while what uses them is off: tables and rings, then CmdBufEn and '
    + 'EventLogEn, a full invalidation, then IommuEn.', 'implementations'),
} as const

const own = { ...tables, ...caches, ...commands, ...interrupts, ...log, ...registers }
export type AmdviClause = keyof typeof own | FaultClause
export const amdviClauses = { ...own, ...faultClauses } as Readonly<Record<AmdviClause, Clauses[string]>>
