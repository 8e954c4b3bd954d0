/** The trace events of QEMU's AMD unit, in the forms of QEMU 7.2; no manual. `page`: where the page of the entry
 *  begins;
 *  of a blocked request it means nothing. See `../events.ts`. */
export const amdviForms = {
  amdvi_cache_update: ' update iotlb domid {domain:x} devid: {device:b} gpa {address:X} hpa {page:X}',
  amdvi_iotlb_hit: 'hit iotlb devid {device:b} gpa {address:X} hpa {page:X}',
  amdvi_ir_remap_msi: '(addr {address:X}, data {data:X}) -> (addr {toAddress:X}, data {toData:X})',
  amdvi_mmio_read: '{register:t} read addr {address:X}, size {size:d} offset {offset:X}',
  amdvi_translation_result: 'devid: {device:b} gpa {address:X} hpa {page:X}',
} as const satisfies Readonly<Record<string, string>>
