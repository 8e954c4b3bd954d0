/** What this QEMU does not do, so that a violation which rests on it cannot be shown. Seen by experiment with QEMU 7.2;
 *  the clause is what a real unit may do. */
import { commonLimits } from '../../counterexample/deeds.ts'
import type { Limit } from '../../counterexample/deeds.ts'

export const limits = {
  'no-paging-structure-cache': {
    says: 'QEMU has no paging-structure cache: it walks from the top each time', clause: 'VTD:6/paging-structure-cache',
  },
  'no-interrupt-entry-cache': { says: 'QEMU reads the interrupt entry from memory for each interrupt',
    clause: 'VTD:6/interrupt-entry-cache' },
  'caches-no-refusal': { says: 'QEMU caches nothing that is not present, in caching mode either',
    clause: 'VTD:6/caching-mode' },
  'drops-nothing': {
    says: 'QEMU keeps what it has cached until it is invalidated; here hardware has dropped an entry and fetched '
      + 'it anew',
    clause: 'VTD:6/speculative-fill',
  },
  'invalidates-at-once': {
    says: 'QEMU carries out a descriptor in the instant its tail is written, a register command as well; here '
      + 'hardware has not got to it yet',
    clause: 'VTD:6.5.2/fetch',
  },
  'lands-at-once': {
    says: 'In QEMU a request reaches memory in the instant it is translated; here something comes between',
    clause: 'VTD:6/drain',
  },
  'accepts-at-once': {
    says: 'In QEMU a message is accepted in the instant it is remapped; here something comes between',
    clause: 'VTD:6/interrupt-drain',
  },
  'sees-stores-at-once': { says: 'QEMU sees a store to a table at once: no CPU cache and no write buffer holds it back',
    clause: 'VTD:6/coherency' },
  'passes-compatible-format': {
    says: 'QEMU lets interrupts of compatibility format pass while it remaps, whatever CFI and EIME say',
    clause: 'VTD:5.1.4/compatibility-format',
  },
  'no-wide-ids': { says: 'The second CPU of this QEMU has the APIC id 1, not one beyond 8 bits',
    clause: 'VTD:9.9/destination-32-bit' },
  ...commonLimits,
  'no-wide-mask': { says: 'QEMU has no address mask as wide as this one: the domain is invalidated instead',
    clause: 'VTD:6.5.2.3/iotlb-page' },
  'posts-nothing': { says: 'QEMU has no posted interrupts (CAP.PI=0): it remaps each message',
    clause: 'VTD:9.10/posted' },
} as const satisfies Readonly<Record<string, Limit>>
export type LimitName = keyof typeof limits
