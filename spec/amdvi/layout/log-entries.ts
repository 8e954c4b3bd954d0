/** Entries of the page request log, 16 bytes each, and of the guest APIC log, 8 bytes each (AMD 48882 rev 3.05, ch. 2).
 *  Known from a driver that reads them; the bit of a page request that it calls reserved is named so. */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

export const pprLogEntry = layout('PPR log entry', '2', 128, {
  DEVICE: bits(15, 0, 'DeviceID'), PASIDL: bits(31, 16, 'PASID [15:0], if GN'), TAG: bits(41, 32, 'tag of the request'),
  PASIDH: bits(45, 42, 'PASID [19:16], if GN'), ignored46: ignored(48, 46), EXE: bit(49, 'wants to execute'),
  READ: bit(50, 'wants to read'), ignored51: ignored(52, 51), WRITE: bit(53, 'wants to write'),
  US: bit(54, 'of a user'), RZ: bit(55, 'a reserved bit'), GN: bit(56, 'guest address, of a PASID'),
  ignored57: ignored(59, 57), TYPE: bits(63, 60, '1: a page request', { is: 1 }), ADDRL: bits(95, 64, 'address [31:0]'),
  ADDRH: bits(127, 96, 'address [63:32]', { from: 32 }),
})
export const gaLogEntry = layout('GA log entry', '2.2.5', 64, {
  GATAG: bits(31, 0, 'GATag of the interrupt entry'), DEVICE: bits(47, 32, 'DeviceID'), ignored48: ignored(59, 48),
  TYPE: bits(63, 60, '1: an interrupt of a guest that does not run'),
})
