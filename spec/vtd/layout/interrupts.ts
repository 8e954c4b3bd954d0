/** Interrupt remapping: IRTE, posted-interrupt descriptor, message formats (VT-d rev 5.10: 5.1.2, 5.1.5, 9.9 to
 *  9.11). */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

const head = { P: bit(0, 'present'), FPD: bit(1, 'faults are not recorded; counts even if P=0') }
const source = {
  SID: bits(79, 64, 'source-id, or a range of buses'),
  SQ: bits(81, 80, 'function bits that the comparison ignores: none, 2, 2:1, 2:0'),
  SVT: bits(83, 82, '0 no source check, 1 SID under SQ, 2 bus from SID 15:8 to SID 7:0, 3 reserved'),
}
export const remappedIrte = layout('IRTE, remapped', '9.9', 128, {
  ...head, DM: bit(2, 'destination mode: 1 logical'), RH: bit(3, 'redirection hint'),
  TM: bit(4, 'trigger mode: 1 level'),
  DLM: bits(7, 5, 'delivery mode: 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT'),
  AVAIL: bits(11, 8, 'for software'),
  IM: bit(15, '0: remapped'), V: bits(23, 16, 'vector'),
  DST: bits(63, 32, 'destination: xAPIC id in 47:40, the rest reserved; all of it if EIME=1'),
  ...source,
})
export const postedIrte = layout('IRTE, posted', '9.10', 128, {
  ...head, AVAIL: bits(11, 8, 'for software'), URG: bit(14, 'urgent'), IM: bit(15, '1: posted', { needs: 'CAP.PI' }),
  V: bits(23, 16, 'virtual vector'),
  PDAL: bits(63, 38, 'descriptor address 31:6'), ...source, PDAH: bits(127, 96, 'descriptor address 63:32'),
})
const pir = (n: number) => bits(32 * n + 31, 32 * n, `requests of vectors ${32 * n} to ${32 * n + 31}`)
export const postedDescriptor = layout('posted-interrupt descriptor', '9.11', 512, {
  PIR0: pir(0), PIR1: pir(1), PIR2: pir(2), PIR3: pir(3), PIR4: pir(4), PIR5: pir(5), PIR6: pir(6), PIR7: pir(7),
  ON: bit(256, 'outstanding notification'), SN: bit(257, 'suppress notification'),
  NV: bits(279, 272, 'notification vector'),
  NDST: bits(319, 288, 'notification destination: xAPIC id in 303:296, the rest reserved; all of it if EIME=1'),
})

const addressHead = { FEE: bits(31, 20, 'FEE') }
export const compatibilityAddress = layout('compatibility-format address', '5.1.2', 32, {
  ignored0: ignored(1, 0), DM: bit(2, 'destination mode: 1 logical'), RH: bit(3, 'redirection hint'),
  FORMAT: bit(4, '0: compatibility'),
  ignored5: ignored(11, 5), DST: bits(19, 12, 'destination id 7:0'), ...addressHead,
})
export const remappableAddress = layout('remappable-format address', '5.1.2', 32, {
  ignored0: ignored(1, 0), HANDLEH: bit(2, 'handle[15]'), SHV: bit(3, 'subhandle valid'),
  FORMAT: bit(4, '1: remappable'),
  HANDLE: bits(19, 5, 'handle[14:0]'), ...addressHead,
})
export const compatibilityData = layout('compatibility-format data', '5.1.2', 32, {
  V: bits(7, 0, 'vector'), DLM: bits(10, 8, 'delivery mode'), ignored11: ignored(13, 11),
  LEVEL: bit(14, 'level assert'), TM: bit(15, 'trigger mode: 1 level'),
  ignored16: ignored(31, 16),
})
/** Where SHV=0 all of it is ignored. */
export const remappableData = layout('remappable-format data', '5.1.2', 32,
  { SUBHANDLE: bits(15, 0, 'added to the handle if SHV=1') })
export const ioapicEntry = layout('IO-APIC entry, remappable', '5.1.5', 64, {
  V: bits(7, 0, 'vector; of a level interrupt with EOI broadcast that of the IRTE'),
  ZERO: bits(10, 8, '0, so that SHV=0'), INDEXH: bit(11, 'index[15]'),
  DS: bit(12, 'delivery status', { access: 'ro' }), POL: bit(13, 'polarity: 1 active low'),
  IRR: bit(14, 'remote IRR', { access: 'ro' }),
  TM: bit(15, 'trigger mode: 1 level, as in the IRTE'), MASK: bit(16, 'masked'), FORMAT: bit(48, '1: remappable'),
  INDEX: bits(63, 49, 'index[14:0]'),
})
