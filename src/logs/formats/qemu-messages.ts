/** What QEMU itself says on stderr, beside or without a trace: its complaints about requests of devices, each once a
 *  run, and messages that concern no IOMMU. */
import type { At, Complaint } from '../event.ts'

const head = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:qemu-system-\w+: )?/
const complaint = /^(vtd_[a-z0-9_]+): (.+)$/
const device = /\bdev=([0-9a-f]{2}):([0-9a-f]{2})[:.]([0-9a-f]{1,2})\b/
const iova = /\biova=(0x[0-9a-f]+)/
const refused = new RegExp(['fail', 'error', 'overflow', 'non-?zero', 'invalid', 'not present', 'non-present',
  'too large', 'unsupported', 'canonical', 'in interrupt range', 'blocked', 'cannot'].join('|'))
/** Functions that carry out what the driver asks for: what they complain of is no request of a device. */
const ofDriver = /^vtd_(?:process|handle|inv|mem|fetch|get_inv)_/
/** Words of a unit without the name of a function before them. */
const plain = new Set(['New fault is not recorded due to compression of faults',
  'Interrupt Mask set, irq is not generated', 'New fault is not recorded due to Primary Fault Overflow'])
const isQemu = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?qemu-system-\w+: \S/

/** The words alone. */
export const wordsOf = (text: string): string => text.slice(head.exec(text)![0].length).trimEnd()

/** Null where the line is no complaint of the unit. */
export function complaintOf(text: string, at: At): Complaint | null {
  const says = wordsOf(text)
  if (plain.has(says)) return { kind: 'complaint', at, says, sid: null, address: null, isRefusal: false }
  const found = complaint.exec(says)
  if (found === null) return null
  const dev = device.exec(says), address = iova.exec(says)
  const hex = (digits: string): number => Number.parseInt(digits, 16)
  return {
    kind: 'complaint', at, says, isRefusal: !ofDriver.test(found[1]!) && refused.test(found[2]!),
    sid: dev === null ? null : hex(dev[1]!) * 256 + hex(dev[2]!) * 8 + hex(dev[3]!),
    address: address === null ? null : hex(address[1]!),
  }
}

/** A message of QEMU's about something else. */
export const isMessage = (text: string): boolean => isQemu.test(text)
