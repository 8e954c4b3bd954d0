/** Commands, 16 bytes each (AMD 48882 rev 3.05, 2.4). Bits that no field names must be 0: a command with one set stops
 *  the unit. Where sources disagree on the fields of one, its other form has a layout of its own (`otherForms`). */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

const op = (code: number) => ({ OP: bits(63, 60, code.toString(16).toUpperCase(), { is: code }) })
const device = { DEVICE: bits(15, 0, 'DeviceID') }
const domain = { DOMAIN: bits(47, 32, 'DomainID') }
const range = { S: bit(64, '1: the size is that of the lowest zero bit of ADDR'),
  ADDR: bits(127, 76, 'address [63:12]', { from: 12 }) }
const guest = { GN: bit(66, 'guest translations of the PASID') }

const unknown = { ignored0: ignored(31, 0), ignored32: ignored(59, 32), ignored64: ignored(95, 64),
  ignored96: ignored(127, 96) }

const iotlbPages = { ...device, MAXPEND: bits(31, 24, 'most pending'), QUEUE: bits(47, 32, 'queue of the device'),
  ...op(4), ...range, ...guest, TYPE: bits(69, 68, 'type', { needs: 'EFR.InvIotlbTypeSup' }) }
const completePpr = { ...device, PASID: bits(51, 32, 'PASID, if GN'), ...op(7), ...guest }

export const commandLayouts = {
  1: layout('COMPLETION_WAIT', '2.4.1', 128, {
    S: bit(0, 'store DATA when done'), I: bit(1, 'interrupt when done'), F: bit(2, 'later commands wait'),
    STOREL: bits(31, 3, 'store address [31:3]', { from: 3 }),
    STOREH: bits(51, 32, 'store address [51:32]', { from: 32 }), ...op(1),
    DATAL: bits(95, 64, 'data [31:0]'), DATAH: bits(127, 96, 'data [63:32]'),
  }),
  2: layout('INVALIDATE_DEVTAB_ENTRY', '2.4.2', 128, { ...device, ...op(2) }),
  3: layout('INVALIDATE_IOMMU_PAGES', '2.4.3', 128, {
    PASID: bits(19, 0, 'PASID, if GN'), ...domain, ...op(3), ...range, ...guest,
    PDE: bit(65, 'cached page directory entries too'),
  }),
  4: layout('INVALIDATE_IOTLB_PAGES', '2.4.4', 128, {
    ...iotlbPages, PASIDL: bits(23, 16, 'PASID [7:0], if GN; [15:8] in other sources'),
    PASIDH: bits(59, 48, 'PASID [19:8]; split in other sources'),
  }),
  5: layout('INVALIDATE_INTERRUPT_TABLE', '2.4.5', 128, { ...device, ...op(5) }),
  6: layout('PREFETCH_IOMMU_PAGES', '2.4', 128, {
    ...device, COUNT: bits(31, 24, 'pages'), PASID: bits(51, 32, 'PASID, if GN'), ...op(6), ...range, ...guest,
    INVAL: bit(68, 'invalidate first'),
  }),
  7: layout('COMPLETE_PPR_REQUEST', '2.4', 128,
    { ...completePpr, TAG: bits(111, 96, 'tag of the request; 104:96 in another source') }),
  8: layout('INVALIDATE_IOMMU_ALL', '2.4', 128, op(8)),
  // Of virtual IOMMUs: one source names them, and says no more.
  9: layout('INSERT_GUEST_EVENT', '2.4', 128, { ...unknown, ...op(9) }),
  10: layout('RESET_VMMIO', '2.4', 128, { ...unknown, ...op(10) }),
}
export type CommandCode = keyof typeof commandLayouts

/** As other sources have them. */
export const otherForms = {
  4: layout('INVALIDATE_IOTLB_PAGES, other PASID', '2.4.4', 128, {
    ...iotlbPages, PASIDM: bits(23, 16, 'PASID [15:8], if GN'), PASIDL: bits(55, 48, 'PASID [7:0]'),
    PASIDH: bits(59, 56, 'PASID [19:16]'),
  }),
  7: layout('COMPLETE_PPR_REQUEST, tag and status', '2.4', 128, {
    ...completePpr, TAG: bits(104, 96, 'tag of the request'), STATUS: bits(111, 108, 'answer'),
  }),
}
