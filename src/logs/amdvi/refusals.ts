/** Why QEMU's AMD unit refuses an interrupt, by the words of its trace and of its stderr, and what the manual has for
 *  that (QEMU 7.2 and 10.0; AMD 48882 rev 3.05: 2.2.5, 2.5). */
import { events, faultReasons } from '../../../spec/amdvi/index.ts'
import type { Refused } from './event.ts'

/** By the words, causes of faults.ts. */
const causes: Readonly<Record<string, string>> = {
  'RemapEn is disabled': 'not-enabled', 'int_ctl abort': 'intctl-abort', 'int_ctl reserved': 'intctl-reserved',
  'failed to get irte': 'irte-unreadable', 'failed to get irte_ga': 'irte-unreadable',
  'invalid dest_mode': 'delivery-mode', 'passthrough is not enabled': 'delivery-mode',
}
/** What is no refusal by the manual. */
const others: Readonly<Record<string, string>> = {
  'MSI is not from IOAPIC.': 'The message goes to no address of interrupts.',
  ['Interrupt remapping is enabled in the guest but not in the host. Use intremap=on to enable interrupt remapping in '
    + 'amd-iommu.']: 'The entry has IV=1, and QEMU was started without intremap=on.',
}

/** On stderr, each once a run. */
const messages: Readonly<Record<string, string>> = {
  'guest mode is not zero': 'irte-reserved', 'reserved int_type': 'irte-reserved',
  'reserved int_type is set': 'irte-reserved',
}
const noSmi = 'SMI is not supported!'

type Found = Pick<Refused, 'reason' | 'says'>
function byCause(cause: string | undefined): Found | null {
  const reason = faultReasons.find(one => one.cause === cause)
  return reason === undefined ? null
    : { reason: reason.event === null ? reason.code : events[reason.event], says: reason.says }
}
/** Null where the words tell of no interrupt. */
export const byMessage = (text: string): Found | null =>
  text === noSmi ? { reason: 0, says: 'QEMU lets no SMI through.' } : byCause(messages[text])
export const byText = (text: string): Found =>
  byCause(causes[text]) ?? { reason: 0, says: others[text] ?? `An interrupt was refused: ${text}.` }
/** The event, or the cause where there is none; null where the log does not say which. */
export const conditionOf = (reason: number): string | null =>
  Object.entries(events).find(([, code]) => code === reason)?.[0]
  ?? faultReasons.find(({ code }) => code === reason)?.cause ?? null
