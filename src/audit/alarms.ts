/** What an audit may have to say: the registry of alarms. The report, `explain`, `list alarms` and docs/audit.md derive
 *  from it. */
import type { AmdviClause } from '../../spec/amdvi/index.ts'
import type { VtdClause } from '../../spec/vtd/index.ts'
import { bdf } from './devices.ts'

/** `error`: a device reaches, or can bring about, what no device should. `warning`: tables that are broken or weaken
 *  isolation, or that could not be judged. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

export interface AlarmKind {
  readonly severity: Severity
  readonly says: string
  /** What to do. */
  readonly todo: string
  readonly clause: VtdClause | AmdviClause | null
  /** The clause of another vendor's manual. */
  readonly also?: AmdviClause
}

export const alarmKinds = {
  'translation-off': { severity: 'error', clause: 'VTD:11.4/translation-disabled', also: 'AMD:2.2/iommu-off',
    says: 'DMA is not translated: every device reaches all of memory.',
    todo: 'set the root table (SRTP), then enable translation (TE).' },
  'pass-through': { severity: 'error', clause: 'VTD:9/pass-through', also: 'AMD:2.2/device-table',
    says: 'A device uses addresses as they are and reaches all of memory.',
    todo: 'give it a domain with page tables of its own.' },
  'writes-tables': { severity: 'error', clause: null,
    says: 'A device can write a table or queue that the unit reads, and so undo any isolation.',
    todo: 'unmap that page from the device, or move the table; then flush the IOTLB.' },
  'shared-writable': { severity: 'error', clause: null,
    says: 'Devices with different page tables reach the same memory, and one of them can write it.',
    todo: 'unmap it from one of them, or put both into one domain if they are meant to share.' },
  'domain-conflict': { severity: 'error', clause: 'VTD:6/same-domain-same-tables',
    also: 'AMD:2.2/same-domain-same-tables',
    says: 'One domain-id stands for different page tables, or is used with a second stage and without: what is cached '
      + 'of one serves the other.',
    todo: 'give each set of page tables a domain-id of its own.' },
  'interrupts-not-remapped': { severity: 'error', clause: 'VTD:5.1.4/remapping-disabled', also: 'AMD:2.2/iommu-off',
    says: 'Interrupts are not remapped: every device can send any vector to any CPU.',
    todo: 'set the interrupt table (SIRTP), then enable remapping (IRE).' },
  'compatibility-interrupts': { severity: 'error', clause: 'VTD:5.1.4/compatibility-format',
    says: 'Interrupts in compatibility format pass unchanged: every device can send any vector to any CPU.',
    todo: 'clear CFI, or use x2APIC mode (EIME), which blocks them.' },
  'irte-any-source': { severity: 'error', clause: 'VTD:9.9/source-validation',
    says: 'An interrupt entry has no source check, or admits all buses: every device can send this interrupt.',
    todo: 'set SVT=1 and the SID of the device.' },
  'interrupts-unmapped': { severity: 'error', clause: 'AMD:2.2.5/interrupt-map',
    says: 'Interrupts of a device pass unmapped (IV=0, or IntCtl=1): it can send any vector to any CPU.',
    todo: 'set IV=1 and IntCtl=2 with an interrupt table, or IntCtl=0 for a device that sends none.' },
  'interrupt-table-shared': { severity: 'error', clause: 'AMD:2.2.5/table-per-device',
    says: "Devices with different page tables share an interrupt table: each can send the other's interrupts.",
    todo: 'give each device table entry an interrupt table of its own.' },
  'identity-map': { severity: 'warning', clause: null,
    says: 'Memory is mapped to the device at its own address, as firmware asks for (RMRR), or a leftover.',
    todo: 'check that the device needs it; prefer a range of its own.' },
  'device-tlb': { severity: 'warning', clause: 'VTD:9/translated-request',
    says: 'A device may send translated requests: it reaches all of memory if it lies.',
    todo: 'disable ATS (TT=0, DTE=0) unless the device is trusted.' },
  'irte-same-target': { severity: 'warning', clause: null,
    says: 'Several interrupt entries send the same vector to the same CPU: no handler can tell them apart.',
    todo: 'give each a vector of its own on that CPU.' },
  'irte-unusable': { severity: 'warning', clause: null,
    says: 'An interrupt entry is present, but blocks every request.',
    todo: 'mend its fields, or clear P.' },
  'reserved-bits': { severity: 'warning', clause: null,
    says: 'Paging entries have reserved bits set, or a page size the unit lacks: they map nothing, and '
      + 'using them faults.',
    todo: 'clear the bits, or use a size in SSLPS (FS1GP).' },
  'entry-unusable': { severity: 'warning', clause: null,
    says: 'A root, context or PASID entry is present, but blocks every request.',
    todo: 'mend its fields, or clear its present bit.' },
  'mode-unusable': { severity: 'warning', clause: 'VTD:11.4/translation-table-mode',
    says: 'RTADDR asks for a mode in which the unit blocks all DMA.',
    todo: 'set TTM to one the unit supports, with SRTP.' },
  'table-outside': { severity: 'warning', clause: null,
    says: 'A table lies outside the dump: what is below it is not known.',
    todo: 'dump that memory too (--absent-zero, where a trimmed dump leaves out pages of zeros); if there is none at '
      + 'the address, the entry is wrong.' },
  'entry-zero': { severity: 'warning', clause: 'AMD:2.2/device-table',
    says: 'Entries of the device table are zeros (V=0, IV=0): a device with such a '
      + 'DeviceID reaches all of memory and sends any interrupt. The dump does not say which devices exist.',
    todo: 'write V=1, TV=0, IV=1 and IntCtl=0 into entries of devices that are not there.' },
  'device-table-segments': { severity: 'warning', clause: 'AMD:2.2/segments',
    says: 'The device table is in segments (DevTblSegEn) that are not all known: what their devices reach is not known '
      + 'either.',
    todo: 'give the registers of the segments (DevTabSegment, at 0100 to 0130) with the dump, or with --devtab.' },
  'page-not-replicated': { severity: 'warning', clause: 'AMD:2.2.3/page-size',
    says: 'A page of another size than its level has does not stand in all entries that it covers: what is mapped '
      + 'depends on which one the unit read.',
    todo: 'write the same entry into all of them.' },
  'exclusion-range': { severity: 'warning', clause: 'AMD:2.2/exclusion',
    says: 'A device uses the addresses of the exclusion range as they are, whatever its tables say.',
    todo: 'clear EX of the entry and the low bits of ExclBase unless the firmware asks for the range (IVMD).' },
  'guest-tables': { severity: 'warning', clause: 'AMD:2.2/guest',
    says: 'A device has guest tables (v2) that are not followed: it counts as reaching all that its host tables, or '
      + 'Mode=0, let through.',
    todo: 'look at the guest tables with the tools of the kernel.' },
  'interrupt-pass-bits': { severity: 'warning', clause: 'AMD:2.2.5/pass-bits',
    says: 'A device may send NMI, INIT or ExtINT unmapped.',
    todo: 'clear the pass bits unless the device is the firmware\'s or an IO-APIC.' },
  'table-unmapped': { severity: 'warning', clause: null,
    says: 'A first-stage table has an address that the second stage does not map: a walk faults there.',
    todo: 'map the table in the second stage, or mend the pointer.' },
  'table-cyclic': { severity: 'warning', clause: null,
    says: 'A table points back to a table above it: its entries mean one thing at each level.',
    todo: 'mend the pointer; no table may be its own child.' },
  'too-many-ranges': { severity: 'warning', clause: null,
    says: 'Tables that share tables map more ranges than are listed. Memory reached is complete, '
      + 'input addresses are not.',
    todo: 'look at the pointers of the tables: real ones form a tree.' },
  'cut-short': { severity: 'warning', clause: null,
    says: 'There are more tables or PASIDs than an audit looks at: what was left out is not known.',
    todo: 'look at the pointers of the tables, or audit fewer devices.' },
  'domain-zero': { severity: 'warning', clause: 'VTD:6/caching-mode',
    says: 'Domain-id 0 is used with CAP.CM=1, where it tags entries that fault.',
    todo: 'use domain-ids from 1.' },
  'region-in-ram': { severity: 'warning', clause: null,
    says: 'Firmware reserves memory for a device where the system has RAM: the device may write what the kernel uses.',
    todo: 'ask for a firmware update; the system must keep that memory free, or not use the device.' },
  'region-wrong': { severity: 'warning', clause: null,
    says: 'A region that firmware reserves for a device is no run of whole pages.',
    todo: 'ask for a firmware update; map the whole pages around it.' },
  'device-unscoped': { severity: 'warning', clause: null,
    says: 'No unit of the firmware tables covers a device: its DMA is translated by none that the kernel knows.',
    todo: 'ask for a firmware update; until then, do not trust the device.' },
  'x2apic-opt-out': { severity: 'note', clause: null,
    says: 'Firmware asks the system not to use x2APIC: interrupt entries name APIC ids of 8 bits only.',
    todo: 'switch it off in the settings of the firmware, or boot with intremap=no_x2apic_optout.' },
  'interrupt-range-mapped': { severity: 'note', clause: 'VTD:3/interrupt-range',
    says: 'Input addresses in FEEx_xxxx are mapped; without PASID a write there is an interrupt, no DMA.',
    todo: 'leave the range out of the addresses given to drivers.' },
  'interrupt-table-partial': { severity: 'warning', clause: null,
    says: 'Pages of the interrupt table are not in the dump: entries there are not judged.',
    todo: 'dump the whole table; --absent-zero, where a trimmed dump leaves out pages of zeros.' },
  'directory-partial': { severity: 'warning', clause: null,
    says: 'Pages of a PASID directory are not in the dump: PASIDs there are not judged.',
    todo: 'dump the whole directory; --absent-zero, where a trimmed dump leaves out pages of zeros.' },
} as const satisfies Readonly<Record<string, AlarmKind>>

export type AlarmCode = keyof typeof alarmKinds
export const severities: readonly Severity[] = ['error', 'warning', 'note']

/** One alarm that was raised. */
export interface Alarm {
  readonly code: AlarmCode
  readonly severity: Severity
  /** Whom it is about: `00:02.0`; none where it is about the unit. */
  readonly devices: readonly string[]
  /** What was found, with numbers and places. */
  readonly because: string
}

/** Alarms that leave something unknown: a gate cannot pass over them. */
export const unknowns: readonly AlarmCode[] = ['table-outside', 'cut-short', 'interrupt-table-partial',
  'directory-partial', 'entry-zero', 'device-table-segments']

export const alarm = (code: AlarmCode, devices: readonly number[], because: string): Alarm =>
  ({ code, severity: alarmKinds[code].severity, devices: devices.map(bdf), because })
