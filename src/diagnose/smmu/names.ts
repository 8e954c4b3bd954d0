/** Events of SMMUv3 (Arm IHI 0070, 7.3). */

/** Names of the manual; the kernel prints the same. */
export const eventNames: Readonly<Record<number, readonly [name: string, says: string]>> = {
  0x02: ['C_BAD_STREAMID', 'the stream id is beyond the stream table: a device that the table does not cover'],
  0x03: ['F_STE_FETCH', 'the stream table entry could not be read'],
  0x04: ['C_BAD_STE', 'the stream table entry is not valid: no driver has the device'],
  0x06: ['F_STREAM_DISABLED', 'transactions without substream are disabled for the stream'],
  0x08: ['C_BAD_SUBSTREAMID', 'the substream id (PASID) is out of range or not allowed'],
  0x09: ['F_CD_FETCH', 'the context descriptor could not be read'],
  0x0a: ['C_BAD_CD', 'the context descriptor is not valid'],
  0x10: ['F_TRANSLATION', 'nothing is mapped at the address'],
  0x11: ['F_ADDR_SIZE', 'an address is wider than the table or the system allows'],
  0x12: ['F_ACCESS', 'the access flag of the entry is 0'],
  0x13: ['F_PERMISSION', 'the entry is there, the permission is not'],
  0x25: ['F_VMS_FETCH', 'the structure of the virtual machine could not be read'],
}
