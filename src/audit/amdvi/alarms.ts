/** Alarms in the words of AMD-Vi, and those that only its units give rise to. */
import type { AmdviClause } from '../../../spec/amdvi/index.ts'
import type { VendorAlarms } from '../kinds.ts'

export const amdviAlarms = {
  title: 'AMD-Vi',
  kinds: {
    'interrupts-unmapped': { severity: 'error', clause: 'AMD:2.2.5/interrupt-map',
      says: 'Interrupts of a device pass unmapped (IV=0, or IntCtl=1): it can send any vector to any CPU.',
      todo: 'set IV=1 and IntCtl=2 with an interrupt table, or IntCtl=0 for a device that sends none.' },
    'interrupt-table-shared': { severity: 'error', clause: 'AMD:2.2.5/table-per-device',
      says: 'Devices with different page tables, or with none, share an interrupt table or a part of it: each can send '
        + "the other's interrupts.",
      todo: 'give each device table entry an interrupt table of its own.' },
    'entry-zero': { severity: 'warning', clause: 'AMD:2.2/device-table',
      says: 'Entries of the device table are zeros (V=0, IV=0): a device with such a '
        + 'DeviceID reaches all of memory and sends any interrupt. The dump does not say which devices exist.',
      todo: 'write V=1, TV=0, IV=1 and IntCtl=0 into entries of devices that are not there.' },
    'device-table-segments': { severity: 'warning', clause: 'AMD:2.2/segments',
      says: 'The device table is in segments (DevTblSegEn) that are not all known: what their devices reach is not '
        + 'known either.',
      todo: 'give the registers of the segments (DevTabSegment, at 0100 to 0130) with the dump, or with --devtab.' },
    'page-not-replicated': { severity: 'warning', clause: 'AMD:2.2.3/page-size',
      says: 'A page of another size than its level has does not stand in all entries that it covers: what is mapped '
        + 'depends on which one the unit read.',
      todo: 'write the same entry into all of them.' },
    'exclusion-range': { severity: 'warning', clause: 'AMD:2.2/exclusion',
      says: 'A device uses the addresses of the exclusion range as they are, whatever its tables say.',
      todo: 'clear EX of the entry and the low bits of ExclBase unless the firmware asks for the range (IVMD).' },
    'exclusion-range-blocked': { severity: 'warning', clause: 'AMD:2.2/exclusion',
      says: 'The exclusion range is for devices with TV=0 too, and sources disagree which comes first: they count as '
        + 'blocked, but may use these addresses as they are.',
      todo: 'clear EX of the entry and the low bits of ExclBase, or keep nothing in the range that they may not '
        + 'reach.' },
    'guest-tables': { severity: 'warning', clause: 'AMD:2.2/guest',
      says: 'A device has guest tables (v2) that are not followed: it counts as reaching all that its host tables, or '
        + 'Mode=0, let through.',
      todo: 'look at the guest tables with the tools of the kernel.' },
    'interrupt-pass-bits': { severity: 'error', clause: 'AMD:2.2.5/pass-bits',
      says: 'A device may send NMI, INIT or ExtINT unmapped, to any CPU.',
      todo: 'clear the pass bits. Where firmware asks for them (IVHD), as for an IO-APIC, accept the alarm.' },
  },
  words: {
    'translation-off': { clause: 'AMD:2.2/iommu-off',
      todo: 'write the device table and DevTabBase, then set IommuEn.' },
    'pass-through': { clause: 'AMD:2.2/device-table',
      todo: 'set V=1, TV=1 and a Mode from 1 on in its device table entry, with host tables of its own.' },
    'writes-tables': {
      says: 'A device can write a table, the command buffer or the event log of the unit, and so undo any isolation.',
      todo: 'unmap that page from the device, or move the table; then INVALIDATE_IOMMU_PAGES and COMPLETION_WAIT.' },
    'domain-conflict': { clause: 'AMD:2.2/same-domain-same-tables',
      says: 'One DomainID stands for different host tables, or for different guest tables of one PASID: what is cached '
        + 'of one serves the other.',
      todo: 'give each set of page tables a DomainID of its own.' },
    'interrupts-not-remapped': { clause: 'AMD:2.2/iommu-off',
      todo: 'write IV=1 and IntCtl, with interrupt tables, into the device table; then set IommuEn.' },
    'identity-map': {
      says: 'Memory is mapped to the device at its own address, as firmware asks for (IVMD), or a leftover.' },
    'device-tlb': { todo: 'disable ATS (I=0 in its device table entry) unless the device is trusted.' },
    'irte-unusable': { says: 'An interrupt entry has RemapEn=1, but blocks every request.',
      todo: 'mend its fields, or clear RemapEn.' },
    'reserved-bits': {
      says: 'Paging entries have reserved bits set, or a NextLevel or page size that does not fit their level: they '
        + 'map nothing, and using them is an IO_PAGE_FAULT.',
      todo: 'clear the bits, or write a NextLevel below the level, or a size between that of the level and the next.' },
    'entry-unusable': {
      says: 'An entry of the device table (V=1 or IV=1), or of a GCR3 table, is valid, but blocks every request.',
      todo: 'mend its fields; an entry that is meant to block has V=1, TV=0, IV=1 and IntCtl=0.' },
    'table-unmapped': { clause: 'AMD:2.2/nested',
      says: 'A guest table has an address that the host tables do not map: a walk is refused there.',
      todo: 'map the table in the host tables, or mend the pointer.' },
  },
} as const satisfies VendorAlarms<AmdviClause>
