/** The capability in the PCI configuration space of a unit: id 0Fh, type 3 (AMD 48882 rev 3.05, ch. 3). Once EN
 *  is 1 the base cannot be changed. */
import { bit, bits } from '../../../iommu/layout.ts'
import { messageNumberGa, messageNumbers, register, register32 } from './register.ts'

/** By name; offsets are from the header of the capability. */
export const pciCapability = {
  CapHeader: register32('CapHeader', 0x00, 'PCI capability', {
    CAPID: bits(7, 0, '0Fh'), NEXT: bits(15, 8, 'next capability'), TYPE: bits(18, 16, '3: an IOMMU'),
    REV: bits(23, 19, 'revision'), IotlbSup: bit(24, 'devices may use ATS'), HtTunnel: bit(25, 'HyperTransport tunnel'),
    NpCache: bit(26, 'entries that are not present may be cached'), EFRSup: bit(27, 'the unit has EFR'),
    CapExt: bit(28, 'the unit has CapMisc1'),
  }, 'ro'),
  CapBase: register('CapBase', 0x04, 'where the registers of the unit are', {
    EN: bit(0, 'the registers answer'),
    BASEL: bits(31, 14, 'address [31:14]'), BASEH: bits(63, 32, 'address [63:32]'),
  }),
  CapRange: register32('CapRange', 0x0c, 'devices that the unit serves', {
    UNITID: bits(4, 0, 'HyperTransport unit'), VALID: bit(7, 'the range counts'), BUS: bits(15, 8, 'bus'),
    FIRST: bits(23, 16, 'first device and function'), LAST: bits(31, 24, 'last device and function'),
  }, 'ro'),
  CapMisc0: register32('CapMisc0', 0x10, 'messages and widths', messageNumbers, 'ro'),
  CapMisc1: register32('CapMisc1', 0x14, 'message of the guest APIC log', messageNumberGa, 'ro'),
}
