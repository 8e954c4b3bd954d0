/** Alarms in the words of VT-d, and those that only its units give rise to. */
import type { VtdClause } from '../../../spec/vtd/index.ts'
import type { VendorAlarms } from '../kinds.ts'

export const vtdAlarms = {
  title: 'VT-d',
  kinds: {
    'compatibility-interrupts': { severity: 'error', clause: 'VTD:5.1.4/compatibility-format',
      says: 'Interrupts in compatibility format pass unchanged: every device can send any vector to any CPU.',
      todo: 'clear CFI, or use x2APIC mode (EIME), which blocks them.' },
    'irte-any-source': { severity: 'error', clause: 'VTD:9.9/source-validation',
      says: 'An interrupt entry has no source check, or admits all buses: every device can send this interrupt.',
      todo: 'set SVT=1 and the SID of the device.' },
    'mode-unusable': { severity: 'warning', clause: 'VTD:11.4/translation-table-mode',
      says: 'RTADDR asks for a mode in which the unit blocks all DMA.',
      todo: 'set TTM to one the unit supports, with SRTP.' },
    'domain-zero': { severity: 'warning', clause: 'VTD:6/caching-mode',
      says: 'Domain-id 0 is used with CAP.CM=1, where it tags entries that fault.',
      todo: 'use domain-ids from 1.' },
    'directory-partial': { severity: 'warning',
      says: 'Pages of a PASID directory are not in the dump: PASIDs there are not judged.',
      todo: 'dump the whole directory; --absent-zero, where a trimmed dump leaves out pages of zeros.' },
  },
  words: {
    'translation-off': { clause: 'VTD:11.4/translation-disabled',
      todo: 'set the root table (SRTP), then enable translation (TE).' },
    'pass-through': { clause: 'VTD:9/pass-through' },
    'writes-tables': { todo: 'unmap that page from the device, or move the table; then flush the IOTLB.' },
    'domain-conflict': { clause: 'VTD:6/same-domain-same-tables',
      says: 'One domain-id stands for different page tables, or is used with a second stage and without: what is '
        + 'cached of one serves the other.',
      todo: 'give each set of page tables a domain-id of its own.' },
    'interrupts-not-remapped': { clause: 'VTD:5.1.4/remapping-disabled',
      todo: 'set the interrupt table (SIRTP), then enable remapping (IRE).' },
    'identity-map': {
      says: 'Memory is mapped to the device at its own address, as firmware asks for (RMRR), or a leftover.' },
    'device-tlb': { clause: 'VTD:9/translated-request',
      todo: 'disable ATS (TT=0, DTE=0) unless the device is trusted.' },
    'irte-unusable': { says: 'An interrupt entry is present, but blocks every request.',
      todo: 'mend its fields, or clear P.' },
    'reserved-bits': { todo: 'clear the bits, or use a size in SSLPS (FS1GP).' },
    'entry-unusable': { says: 'A root, context or PASID entry is present, but blocks every request.',
      todo: 'mend its fields, or clear its present bit.' },
    'table-unmapped': {
      says: 'A first-stage table has an address that the second stage does not map: a walk faults there.',
      todo: 'map the table in the second stage, or mend the pointer.' },
    'interrupt-range-mapped': { clause: 'VTD:3/interrupt-range' },
  },
} as const satisfies VendorAlarms<VtdClause>
