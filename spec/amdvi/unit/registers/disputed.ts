/** What the answers to disputed points (disputes.ts) make of commands and refusals at the unit (AMD 48882 rev 3.05:
 *  2.4, 2.5). */
import { events } from '../../faults.ts'
import type { FaultReason } from '../../faults.ts'
import { commandLayouts, decode, otherForms } from '../../layout/index.ts'
import type { CommandCode, Dwords, Layout } from '../../layout/index.ts'
import type { UnitConfig } from './state.ts'

/** Where the fields of a command are. */
export function formOf({ disputes }: UnitConfig, code: CommandCode): Layout {
  const isOther = code === 4 && disputes.iotlbPasid === 'high-first' || code === 7 && disputes.pprTag !== 'tag'
  return isOther ? otherForms[code as keyof typeof otherForms] : commandLayouts[code]
}
/** The PASID of INVALIDATE_IOTLB_PAGES; null where GN is 0. */
export function pasidOf({ disputes }: UnitConfig, words: Dwords): number | null {
  if (decode(commandLayouts[4], words).GN === 0) return null
  if (disputes.iotlbPasid === 'low-first') {
    const { PASIDL, PASIDH } = decode(commandLayouts[4], words)
    return PASIDH * 2 ** 8 + PASIDL
  }
  const { PASIDL, PASIDM, PASIDH } = decode(otherForms[4], words)
  return PASIDH * 2 ** 16 + PASIDM * 2 ** 8 + PASIDL
}

const unreadable = { 'device-table': events.DEV_TAB_HARDWARE_ERROR, 'page-table': events.PAGE_TAB_HARDWARE_ERROR,
  none: null } as const
/** The code of the event that tells of a refusal; null where none does. */
export function eventOf({ disputes }: UnitConfig, { cause, event }: FaultReason): number | null {
  switch (cause) {
    case 'tv-zero': return disputes.noTranslation === 'none' ? null : events.IO_PAGE_FAULT
    case 'outside-device-table':
    case 'interrupt-device-outside': return disputes.outsideTable === 'none' ? null : events.IO_PAGE_FAULT
    case 'irte-unreadable': return unreadable[disputes.unreadableInterruptEntry]
    default: return event === null ? null : events[event]
  }
}
