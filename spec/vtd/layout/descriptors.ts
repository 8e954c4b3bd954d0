/** Descriptors of the invalidation queue and of the page-request queue (VT-d rev 5.10: 6.5.2, chapter 7). In a queue
 *  with IQA.DW=1 those of 128 bits are followed by 128 bits of 0; types from 6 exist only as 256 bits. The HPT-cache
 *  descriptor (10, single source) has no layout in our sources. */
import { bit, bits, layout } from '../../iommu/layout.ts'

/** The type is TYPEH and TYPE together. */
const type = (is: number) => ({ TYPE: bits(3, 0, 'type[3:0]', { is }), TYPEH: bits(11, 9, 'type[6:4]') })
const did = { DID: bits(31, 16, 'domain-id') }
const range = { AM: bits(69, 64, '2^AM pages from ADDR rounded down'), IH: bit(70, 'only leaf entries changed'),
  ADDR: bits(127, 76, 'page address') }
const pasid = { PASID: bits(51, 32, 'PASID') }
const pfsid = { PFSIDL: bits(15, 12, 'source-id of the physical function [3:0]', { needs: 'ECAP.DIT' }),
  PFSIDH: bits(63, 52, 'source-id of the physical function [15:4]', { needs: 'ECAP.DIT' }) }

export const descriptorLayouts = {
  1: layout('context-cache invalidate', '6.5.2.1', 128,
    { ...type(1), G: bits(5, 4, '1 global, 2 domain, 3 device'), ...did, SID: bits(47, 32, 'source-id'),
      FM: bits(49, 48, 'function bits ignored: none, 2, 2:1, 2:0') }),
  2: layout('IOTLB invalidate', '6.5.2.3', 128,
    { ...type(2), G: bits(5, 4, '1 global, 2 domain, 3 page'), DW: bit(6, 'drain writes'), DR: bit(7, 'drain reads'),
      ...did, ...range }),
  3: layout('device-TLB invalidate', '6.5.2', 128, {
    ...type(3), ...pfsid, MIP: bits(20, 16, 'most invalidations pending'), SID: bits(47, 32, 'source-id'),
    S: bit(64, 'size: 0 a page, 1 from the lowest zero bit of ADDR'), ADDR: range.ADDR,
  }),
  4: layout('interrupt entry cache invalidate', '6.5.2.8', 128,
    { ...type(4), G: bit(4, '0 global, 1 index'), IM: bits(31, 27, '2^IM entries from IIDX rounded down'),
      IIDX: bits(47, 32, 'interrupt index') }),
  5: layout('invalidation wait', '6.5.2.9', 128, {
    ...type(5), IF: bit(4, 'interrupt when done'), SW: bit(5, 'write DATA to STATUS when done'),
    FN: bit(6, 'fence: later descriptors wait'), PD: bit(7, 'page-request drain', { needs: 'ECAP.PDS' }),
    DATA: bits(63, 32, 'status data'), STATUS: bits(115, 66, 'status address [51:2]', { from: 2 }),
    STATUSH: bits(127, 116, 'status address [63:52]', { from: 52 }),
  }),
  6: layout('PASID-based IOTLB invalidate', '6.5.2', 256,
    { ...type(6), G: bits(5, 4, '2 all of the PASID, 3 page'), ...did, ...pasid, ...range }),
  7: layout('PASID-cache invalidate', '6.5.2', 256,
    { ...type(7), G: bits(5, 4, '0 domain, 1 PASID in domain, 3 global'), ...did, ...pasid }),
  8: layout('PASID-based device-TLB invalidate', '6.5.2', 256, {
    ...type(8), MIP: bits(8, 4, 'most invalidations pending'), ...pfsid, SID: bits(31, 16, 'source-id'), ...pasid,
    GI: bit(64, 'global: all PASIDs'), S: bit(75, 'size: 0 a page, 1 from the lowest zero bit of ADDR'),
    ADDR: range.ADDR,
  }),
  9: layout('page-group response', '6.5.2', 256, {
    ...type(9), PASIDP: bit(4, 'PASID present'), RC: bits(15, 12, '0 success, 1 invalid request, F failure'),
    RID: bits(31, 16, 'requester-id'), ...pasid,
    LPIG: bit(66, 'last page in group (old revisions)'), PRGI: bits(75, 67, 'page-request group'),
  }),
}
export type DescriptorType = keyof typeof descriptorLayouts

export const pageRequest = layout('page request', '7', 256, {
  TYPE: bits(7, 0, '1'), PASIDP: bit(8, 'PASID present'), RID: bits(31, 16, 'requester-id'),
  PASID: bits(51, 32, 'PASID'),
  EXR: bit(52, 'execute requested'), PMR: bit(53, 'privileged'), R: bit(64, 'read requested'),
  W: bit(65, 'write requested'),
  LPIG: bit(66, 'last page in group'), PRGI: bits(75, 67, 'page-request group'), ADDR: bits(127, 76, 'page address'),
})
