/** Kinds of alarms, and those that any unit may give rise to. A vendor's folder has the words for its own unit, and the
 *  kinds that only that one gives rise to. */

/** `error`: a device reaches, or can bring about, what no device should. `warning`: tables that are broken or weaken
 *  isolation, or that could not be judged. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

/** Clauses are those of the vendor's manual. */
export interface AlarmKind<Clause = string> {
  readonly severity: Severity
  readonly says: string
  /** What to do. */
  readonly todo: string
  readonly clause?: Clause
}

/** Of a kind that units of others have too: what is not given is as there. */
export type AlarmWords<Clause = string> = Partial<Omit<AlarmKind<Clause>, 'severity'>>

/** What a vendor's folder has of alarms. */
export interface VendorAlarms<Clause = string> {
  /** The unit as people call it. */
  readonly title: string
  readonly kinds: Readonly<Record<string, AlarmKind<Clause>>>
  readonly words: Readonly<Partial<Record<CommonCode, AlarmWords<Clause>>>>
}

export const commonKinds = {
  'translation-off': { severity: 'error',
    says: 'DMA is not translated: every device reaches all of memory.',
    todo: 'set up the tables, then enable translation.' },
  'pass-through': { severity: 'error',
    says: 'A device uses addresses as they are and reaches all of memory.',
    todo: 'give it a domain with page tables of its own.' },
  'writes-tables': { severity: 'error',
    says: 'A device can write a table or queue that the unit reads, and so undo any isolation.',
    todo: 'unmap that page from the device, or move the table; then invalidate what is cached of it.' },
  'shared-writable': { severity: 'error',
    says: 'Devices with different page tables reach the same memory, and one of them can write it.',
    todo: 'unmap it from one of them, or put both into one domain if they are meant to share.' },
  'domain-conflict': { severity: 'error',
    says: 'One domain stands for different page tables: what is cached of one serves the other.',
    todo: 'give each set of page tables a domain of its own.' },
  'interrupts-not-remapped': { severity: 'error',
    says: 'Interrupts are not remapped: every device can send any vector to any CPU.',
    todo: 'set up the interrupt table, then enable remapping.' },
  'identity-map': { severity: 'warning',
    says: 'Memory is mapped to the device at its own address, as firmware asks for, or a leftover.',
    todo: 'check that the device needs it; prefer a range of its own.' },
  'device-tlb': { severity: 'warning',
    says: 'A device may send translated requests: it reaches all of memory if it lies.',
    todo: 'disable ATS unless the device is trusted.' },
  'irte-same-target': { severity: 'warning',
    says: 'Several interrupt entries send the same vector to the same CPU: no handler can tell them apart.',
    todo: 'give each a vector of its own on that CPU.' },
  'irte-unusable': { severity: 'warning',
    says: 'An interrupt entry is enabled, but blocks every request.',
    todo: 'mend its fields, or disable it.' },
  'reserved-bits': { severity: 'warning',
    says: 'Paging entries have reserved bits set, or a page size the unit lacks: they map nothing, and '
      + 'using them faults.',
    todo: 'clear the bits, or use a size that the unit has.' },
  'entry-unusable': { severity: 'warning',
    says: 'An entry that gives a device its tables is valid, but blocks every request.',
    todo: 'mend its fields, or make it one that is not valid.' },
  'table-outside': { severity: 'warning',
    says: 'A table lies outside the dump: what is below it is not known.',
    todo: 'dump that memory too (--absent-zero, where a trimmed dump leaves out pages of zeros); if there is none at '
      + 'the address, the entry is wrong.' },
  'table-unmapped': { severity: 'warning',
    says: 'A table of a guest has an address that the tables below do not map: a walk faults there.',
    todo: 'map the table there, or mend the pointer.' },
  'table-cyclic': { severity: 'warning',
    says: 'A table points back to a table above it: its entries mean one thing at each level.',
    todo: 'mend the pointer; no table may be its own child.' },
  'too-many-ranges': { severity: 'warning',
    says: 'Tables that share tables map more ranges than are listed. Memory reached is complete, '
      + 'input addresses are not.',
    todo: 'look at the pointers of the tables: real ones form a tree.' },
  'cut-short': { severity: 'warning',
    says: 'There are more tables or PASIDs than an audit looks at: what was left out is not known.',
    todo: 'look at the pointers of the tables, or audit fewer devices.' },
  'region-in-ram': { severity: 'warning',
    says: 'Firmware reserves memory for a device where the system has RAM: the device may write what the kernel uses.',
    todo: 'ask for a firmware update; the system must keep that memory free, or not use the device.' },
  'region-wrong': { severity: 'warning',
    says: 'A region that firmware reserves for a device is no run of whole pages.',
    todo: 'ask for a firmware update; map the whole pages around it.' },
  'device-unscoped': { severity: 'warning',
    says: 'No unit of the firmware tables covers a device: its DMA is translated by none that the kernel knows.',
    todo: 'ask for a firmware update; until then, do not trust the device.' },
  'x2apic-opt-out': { severity: 'note',
    says: 'Firmware asks the system not to use x2APIC: interrupt entries name APIC ids of 8 bits only.',
    todo: 'switch it off in the settings of the firmware, or boot with intremap=no_x2apic_optout.' },
  'interrupt-range-mapped': { severity: 'note',
    says: 'Input addresses in FEEx_xxxx are mapped; without PASID a write there is an interrupt, no DMA.',
    todo: 'leave the range out of the addresses given to drivers.' },
  'interrupt-table-partial': { severity: 'warning',
    says: 'Pages of an interrupt table are not in the dump: entries there are not judged.',
    todo: 'dump the whole table; --absent-zero, where a trimmed dump leaves out pages of zeros.' },
} as const satisfies Readonly<Record<string, AlarmKind>>
export type CommonCode = keyof typeof commonKinds
