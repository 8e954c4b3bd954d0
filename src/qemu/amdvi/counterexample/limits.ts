/** What QEMU's AMD unit does not do, so that a violation which rests on it cannot be shown. Seen by experiment with
 *  QEMU 7.2 and 10.0; the clause is what a real unit may do. */
import { commonLimits } from '../../counterexample/deeds.ts'
import type { Limit } from '../../counterexample/deeds.ts'

export const limits = {
  'no-paging-structure-cache': { says: 'QEMU caches no directory entry: it walks from the top each time',
    clause: 'AMD:2.4/directory-cache' },
  'no-interrupt-entry-cache': { says: 'QEMU reads the interrupt entry from memory for each interrupt',
    clause: 'AMD:2.4/interrupt-cache' },
  'no-device-entry-cache': { says: 'QEMU reads the device table entry from memory where its IOTLB has nothing',
    clause: 'AMD:2.4/dte-cache' },
  'caches-no-refusal': { says: 'QEMU caches nothing that is not present', clause: 'AMD:2.4/np-cache' },
  'drops-nothing': {
    says: 'QEMU keeps what it has cached until it is invalidated; here hardware has dropped an entry and fetched '
      + 'it anew',
    clause: 'AMD:2.4/old-or-new',
  },
  'removes-the-whole-domain': { says: 'QEMU removes all pages of the domain, whatever the command names',
    clause: 'AMD:2.4.3/pages' },
  'invalidates-at-once': {
    says: 'QEMU carries out a command in the instant the tail is written; here hardware has not got to it yet',
    clause: 'AMD:2.4/buffer',
  },
  'illegal-command-passed': { says: 'QEMU goes on behind an illegal command', clause: 'AMD:2.4/illegal-command' },
  'table-length-unchecked': { says: 'QEMU does not look at IntTabLen', clause: 'AMD:2.5/index-range' },
  'lands-at-once': {
    says: 'In QEMU a request reaches memory in the instant it is translated; here something comes between',
    clause: 'AMD:2.4.1/drain',
  },
  'accepts-at-once': {
    says: 'In QEMU a message is accepted in the instant it is remapped; here something comes between',
    clause: 'AMD:2.4.1/interrupt-drain',
  },
  'no-wide-ids': { says: 'The second CPU of this QEMU has the APIC id 1, not one beyond 8 bits',
    clause: 'AMD:2.2.5.1/destination' },
  ...commonLimits,
} as const satisfies Readonly<Record<string, Limit>>
export type LimitName = keyof typeof limits
