/** Entries of the event log, 16 bytes each (AMD 48882 rev 3.05, 2.5). */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

const code = (is: number) => ({ CODE: bits(63, 60, is.toString(16).toUpperCase(), { is }) })
const device = { DEVICE: bits(15, 0, 'DeviceID') }
const pasid = { PASIDH: bits(19, 16, 'PASID [19:16], if GN'), DOMAIN: bits(47, 32, 'DomainID, or PASID [15:0] if GN') }
const kind = { I: bit(51, 'of an interrupt'), RW: bit(53, 'of a write'), TR: bit(56, 'of a translation request') }
const faultFlags = { ...kind, GN: bit(48, 'guest address'), RZ: bit(55, 'a reserved bit; else a bad level') }
const pageFlags = { ...faultFlags, NX: bit(49, 'of an execution'), US: bit(50, 'of a user'),
  PR: bit(52, 'entry present; of an interrupt: RemapEn'), PE: bit(54, 'permission') }
const address = { ADDRL: bits(95, 64, 'address [31:0]'), ADDRH: bits(127, 96, 'address [63:32]', { from: 32 }) }
const type = { TYPE: bits(58, 57, 'kind of error') }

/** Of events that our sources only name: what else they hold is not known. Codes A to C are weak too: a header has 10h
 *  and 11h for the first two, which four bits do not hold. */
const others = { ignored20: ignored(31, 20), FLAGS: bits(59, 48, 'flags') }

/** By code. */
export const eventLayouts = {
  1: layout('ILLEGAL_DEV_TABLE_ENTRY', '2.5', 128, { ...device, ...pasid, ...faultFlags, ...code(1), ...address }),
  2: layout('IO_PAGE_FAULT', '2.5.3', 128, { ...device, ...pasid, ...pageFlags, ...code(2), ...address }),
  3: layout('DEV_TAB_HARDWARE_ERROR', '2.5', 128, { ...device, ...kind, ...type, ...code(3), ...address }),
  4: layout('PAGE_TAB_HARDWARE_ERROR', '2.5', 128,
    { ...device, ...pasid, ...pageFlags, ...type, ...code(4), ...address }),
  5: layout('ILLEGAL_COMMAND_ERROR', '2.5', 128, { ...code(5), ...address }),
  6: layout('COMMAND_HARDWARE_ERROR', '2.5', 128, { ...type, ...code(6), ...address }),
  7: layout('IOTLB_INV_TIMEOUT', '2.5', 128, { ...device, ...code(7), ...address }),
  8: layout('INVALID_DEVICE_REQUEST', '2.5', 128,
    { ...device, ...pasid, GN: faultFlags.GN, TR: kind.TR, TYPE: bits(59, 57, 'kind of request'), ...code(8),
      ...address }),
  9: layout('INVALID_PPR_REQUEST', '2.5', 128, { ...device, ...pasid, ...others, ...code(9), ...address }),
  10: layout('EVENT_COUNTER_ZERO', '2.5', 128, { ignored0: ignored(31, 0), ignored32: ignored(59, 32), ...code(10),
    NOTEH: bits(83, 64, 'note of the counter [51:32]'), ignored84: ignored(95, 84),
    NOTEL: bits(127, 96, 'note of the counter [31:0]') }),
  11: layout('GUEST_EVENT_FAULT', '2.5', 128, { ...device, ...pasid, ...others, ...code(11), ...address }),
  12: layout('VIOMMU_HARDWARE_ERROR', '2.5', 128, { ...device, ...pasid, ...others, ...code(12), ...address }),
  13: layout('RMP_PAGE_FAULT', '2.5', 128, { ...device, ...pasid, ...others, ...code(13), ...address }),
  14: layout('RMP_HARDWARE_ERROR', '2.5', 128, { ...device, ...pasid, ...others, ...code(14), ...address }),
}
