/** Interrupts of the unit itself, filters and routes (AMD 48882 rev 3.05, ch. 3). */
import { bit, bits } from '../../../iommu/layout.ts'
import { messageNumberGa, messageNumbers, page, register, register32, ro, severalOf } from './register.ts'

/** The registers of the MSI capability, for software that reads no PCI configuration space (EFR.MsiCapMmioSup). */
export const msi = {
  MsiVector0: register32('MsiVector0', 0x0150, 'messages of the logs', messageNumbers, 'ro'),
  MsiVector1: register32('MsiVector1', 0x0154, 'message of the guest APIC log', messageNumberGa, 'ro'),
  MsiCapHeader: register32('MsiCapHeader', 0x0158, 'MSI capability', {
    CAPID: bits(7, 0, '05h', ro), NEXT: bits(15, 8, 'next capability', ro), EN: bit(16, 'messages are sent'),
    MULTCAP: bits(19, 17, 'log2 of the messages that the unit has', ro),
    MULTEN: bits(22, 20, 'log2 of those that software allows'), IS64: bit(23, 'the address has 64 bits', ro),
  }),
  MsiAddrLow: register32('MsiAddrLow', 0x015c, 'address of messages, low', { ADDR: bits(31, 2, 'address [31:2]') }),
  MsiAddrHigh: register32('MsiAddrHigh', 0x0160, 'address of messages, high', { ADDR: bits(31, 0, 'address [63:32]') }),
  MsiData: register32('MsiData', 0x0164, 'data of messages', { DATA: bits(15, 0, 'data') }),
  MsiMapCap: register32('MsiMapCap', 0x0168, 'MSI mapping capability', {
    CAPID: bits(7, 0, '08h'), NEXT: bits(15, 8, 'next capability; reserved in one source'), EN: bit(16, 'enabled'),
    FIXED: bit(17, 'the range cannot be changed'), TYPE: bits(31, 27, 'type of the capability'),
  }, 'ro'),
}

/** Where Control.IntCapXTEn is 1 they count instead of the MSI capability. */
const message = {
  DM: bit(2, 'destination mode: 1 logical'), DESTL: bits(31, 8, 'destination [23:0]'), VECTOR: bits(39, 32, 'vector'),
  INTTYPE: bit(40, 'delivery mode'), DESTH: bits(63, 56, 'destination [31:24]'),
}
export const xt = {
  XtIntControl: register('XtIntControl', 0x0170, 'interrupt of events and waits', message),
  XtPprIntControl: register('XtPprIntControl', 0x0178, 'interrupt of the page request log', message),
  XtGaIntControl: register('XtGaIntControl', 0x0180, 'interrupt of the guest APIC log', message),
}

export const filters = {
  SmiFilter: severalOf(register('SmiFilter', 0x0060, 'a device whose SMIs pass', {
    DEVICE: bits(15, 0, 'DeviceID'), VALID: bit(16, 'the filter counts'), LOCK: bit(17, 'lock'),
  }), 16),
  MarcBase: severalOf(register('MarcBase', 0x0200, 'memory access routing, first page of a range', page), 4, 24),
  MarcReloc: severalOf(register('MarcReloc', 0x0208, 'memory access routing, where a range goes',
    { EN: bit(0, 'the range is routed'), READONLY: bit(1, 'for reads alone'), ...page }), 4, 24),
  MarcLength: severalOf(register('MarcLength', 0x0210, 'memory access routing, length of a range',
    { LENGTH: bits(51, 12, 'pages of 4 KiB') }), 4, 24),
  PerfOptControl: register32('PerfOptControl', 0x016c, 'performance hints', { EN: bit(13, 'enabled') }),
}
