/** Clauses of the local APIC, MSI and x2APIC chapters. Ids are `SDM:<chapter>/<what>`, `APM:...`, `PCI:...`.
 *  SDM sections count the APIC chapter as 10, as in the editions up to 2022; the same text stands in chapter 13 of
 *  revision 092. */
import type { Clauses } from '../iommu/citation.ts'

export const apicClauses = {
  // lapic.ts
  'SDM:apic/accept': { manual: 'SDM', section: '10.8.4',
    says: 'An accepted fixed interrupt sets the IRR bit of its vector; one more may wait there while the vector is in '
      + 'service.' },
  'SDM:apic/irr-merge': { manual: 'SDM', section: '10.8.4',
    says: 'A request whose IRR bit is already set merges into that bit: only the count is lost. Disputed: the APM has '
      + 'it refused '
      + '(APM:16/irr-refuse).' },
  'APM:16/irr-refuse': { manual: 'APM', section: '16.6',
    says: 'A request whose IRR bit is already set is refused and stays with its sender, who retries. Disputed: the '
      + 'SDM merges it '
      + 'since the Pentium 4 (SDM:apic/irr-merge).' },
  'SDM:apic/tmr-rewrite': { manual: 'SDM', section: '10.8.4',
    says: 'Every acceptance rewrites the TMR bit of its vector: 1 for level, 0 for edge. Sharing a vector between '
      + 'both corrupts it.' },
  'SDM:apic/illegal-vector': { manual: 'SDM', section: '10.5.2',
    says: 'A fixed interrupt with a vector below 16 is not stored; ESR bit 6 (receive illegal vector) is set.' },
  'APM:16/software-disabled': { manual: 'APM', section: '16.4.7',
    says: 'While SVR bit 8 (or EN of the APIC base) is 0, fixed and lowest-priority interrupts are dropped; IRR and '
      + 'ISR bits stay but nothing new is dispatched.' },
  'SDM:apic/dispatch-above-ppr': { manual: 'SDM', section: '10.8.3.1',
    says: 'The highest IRR vector is dispatched when its class is above that of PPR, which is the higher of TPR and '
      + 'the highest vector in service. Disputed: PPR 3:0 when both classes are equal is TPR 3:0 or 0; no dispatch '
      + 'depends on it.' },
  'SDM:apic/spurious': { manual: 'SDM', section: '10.9',
    says: 'When nothing is dispatchable at the acknowledge, the vector of SVR 7:0 is delivered; ISR does not change '
      + 'and its handler '
      + 'writes no EOI.' },
  'SDM:apic/eoi-highest-isr': { manual: 'SDM', section: '10.8.5',
    says: 'EOI clears the highest ISR bit, whichever handler writes it.' },
  'SDM:apic/eoi-edge': { manual: 'SDM', section: '10.8.5',
    says: 'The EOI of a vector whose TMR bit is 0 stays inside the local APIC.' },
  'SDM:apic/eoi-broadcast': { manual: 'SDM', section: '10.8.5',
    says: 'The EOI of a vector whose TMR bit is 1 is broadcast with that vector to all I/O APICs.' },
  'SDM:apic/eoi-suppressed': { manual: 'SDM', section: '10.8.5',
    says: 'With SVR bit 12 set no EOI is broadcast: software writes the EOI register of the I/O APIC.' },

  // x2apic.ts
  'SDM:apic/mode-change': { manual: 'SDM', section: '10.12.5',
    says: 'Disabled to xAPIC, xAPIC to x2APIC and either to disabled are legal; disabling loses the state, entering '
      + 'x2APIC keeps all '
      + 'but LDR and the high half of ICR.' },
  'SDM:apic/mode-refused': { manual: 'SDM', section: '10.12.5',
    says: 'Disabled to x2APIC, x2APIC to xAPIC, and EXTD set while EN is clear raise #GP.' },
  'SDM:apic/physical': { manual: 'SDM', section: '10.6.2.1',
    says: 'A physical destination names the CPU whose APIC id equals it.' },
  'SDM:apic/broadcast': { manual: 'SDM', section: '10.6.2.3',
    says: 'All ones name every CPU: FF in an 8-bit destination, FFFFFFFF in a 32-bit one.' },
  'SDM:apic/logical-flat': { manual: 'SDM', section: '10.6.2.2',
    says: 'Flat model: a CPU accepts when destination AND its 8-bit logical id is not zero.' },
  'SDM:apic/logical-cluster': { manual: 'SDM', section: '10.6.2.2',
    says: 'Cluster model: a CPU accepts when bits 7:4 equal its cluster and bits 3:0 AND its member bits is not '
      + 'zero.' },
  'SDM:x2apic/logical': { manual: 'SDM', section: '10.12.10.2',
    says: 'LDR is derived from the id: cluster id[19:4] in 31:16, member bit 1 << id[3:0]; a CPU accepts when the '
      + 'cluster is equal and the member bits meet.' },
  'SDM:apic/no-target': { manual: 'SDM', section: '10.6',
    says: 'A message that no CPU matches is discarded without a trace.' },
  'SDM:apic/one-of-many': { manual: 'SDM', section: '10.6.2.4',
    says: 'Lowest priority, or a message with RH = 1, reaches one CPU of those it names; which one is the '
      + 'platform\'s choice.' },

  // msi.ts
  'SDM:msi/redirection-hint': { manual: 'SDM', section: '10.11.1',
    says: 'Disputed: with RH = 0 the text takes no account of DM and reads the destination as physical; Linux, Xen '
      + 'and QEMU honour DM '
      + 'whatever RH is.' },
  'PCI:msi/message': { manual: 'PCI', section: '6.1.4',
    says: 'An enabled, unmasked event is one posted write of the data to the address that the function holds at that '
      + 'instant.' },
  'PCI:msi/disabled': { manual: 'PCI', section: '6.1.4',
    says: 'A function whose MSI enable bit is 0 sends no message: the event is lost, or raised on INTx.' },
  'PCI:msi/address-data-separate': { manual: 'PCI', section: '7.7.1',
    says: 'Address and data are separate registers: between the two writes the function may send a message that is '
      + 'half old, half '
      + 'new.' },
  'PCI:msix/pending-on-mask': { manual: 'PCI', section: '6.1.4.5',
    says: 'Events of a masked vector set its pending bit; any number of them is one bit.' },
  'PCI:msix/unmask-sends-one': { manual: 'PCI', section: '6.1.4.5',
    says: 'Unmasking a vector whose pending bit is set sends exactly one message and clears the bit.' },
  'PCI:msix/rewrite-unmasked': { manual: 'PCI', section: '6.1.4.5',
    says: 'Changing address or data of an unmasked entry is undefined: the function may go on with a cached copy '
      + 'until the entry is '
      + 'unmasked anew.' },
  'PCI:posted/read-back': { manual: 'PCI', section: '2.4.1',
    says: 'A read does not pass the posted writes before it: when its value is back, all of them have reached the '
      + 'function.' },
} as const satisfies Clauses

export type ApicClause = keyof typeof apicClauses
/** Is told of each rule as it is exercised; a recipe passes `emit.clause`. */
export type Cite = (id: ApicClause) => void
export const uncited: Cite = () => {}
