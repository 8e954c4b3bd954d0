/** An interrupt for a guest: its vector is set in the virtual APIC page, and the core that runs the guest is notified,
 *  or the hypervisor by the GA log (AMD 48882 rev 3.05, 2.2.5). Pure: it yields the bit to set, atomically. When a
 *  hypervisor flushes around that is not modelled: versions of Linux differ. */
import type { AmdviClause } from '../clauses.ts'
import { encode, gaLogEntry } from '../layout/index.ts'
import type { GuestTarget } from '../walk/tables.ts'

/** Offset of IRR in the page: eight words of 32 vectors, 16 bytes apart. */
const irr = 0x200, word_bytes = 16

export interface Posted {
  /** Host address of the dword of IRR, and the bit to set in it. */
  readonly address: number
  readonly bit: number
  /** A doorbell to this core, an entry of the GA log, or nothing: the guest looks when it runs next. */
  readonly notifies:
    | { readonly kind: 'doorbell'; readonly core: number }
    | { readonly kind: 'ga-log'; readonly words: readonly [low: number, high: number] }
    | { readonly kind: 'nobody' }
  readonly exercised: readonly AmdviClause[]
}

export function post(device: number, vector: number, { backing, core, running, logs, tag }: GuestTarget): Posted {
  const at = { address: backing + irr + (vector >>> 5) * word_bytes, bit: vector & 31 }
  if (running) return { ...at, notifies: { kind: 'doorbell', core }, exercised: ['AMD:2.2.5/guest-mode'] }
  const entry = encode(gaLogEntry, { GATAG: tag, DEVICE: device, TYPE: 1 })
  return logs ? { ...at, notifies: { kind: 'ga-log', words: [entry[0]!, entry[1]!] }, exercised: ['AMD:2.2.5/ga-log'] }
    : { ...at, notifies: { kind: 'nobody' }, exercised: ['AMD:2.2.5/guest-mode'] }
}
