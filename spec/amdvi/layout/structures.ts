/** Device table entry and host page tables (AMD 48882 rev 3.05: 2.2, 2.2.3). Bits that old revisions reserve are named
 *  with what un-reserves them. */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

export const deviceTableEntry = layout('device table entry', '2.2', 256, {
  V: bit(0, 'valid: the lower half counts; 0 lets DMA pass untranslated'),
  TV: bit(1, 'translation valid; 0 with V=1 blocks DMA'),
  HAD: bits(8, 7, 'hardware sets 0 nothing, 1 accessed, 3 accessed and dirty', { needs: 'EFR.HASup' }),
  MODE: bits(11, 9, 'levels of the host tables; 0 uses addresses as they are, 7 is reserved'),
  ROOT: bits(51, 12, 'host page table', { address: true }), PPR: bit(52, 'page requests', { needs: 'EFR.PPRSup' }),
  GPRP: bit(53, 'guest PPR response', { needs: 'EFR.PPRSup' }),
  GIOV: bit(54, 'guest translation without PASID', { needs: 'EFR.GIOSup' }),
  GV: bit(55, 'guest translation with PASID', { needs: 'EFR.GTSup' }),
  GLX: bits(57, 56, 'levels of the GCR3 table, less 1', { needs: 'EFR.GTSup' }),
  GCR3L: bits(60, 58, 'GCR3 table [14:12]', { needs: 'EFR.GTSup', from: 12 }),
  IR: bit(61, 'read, ANDed with each level'), IW: bit(62, 'write, ANDed with each level'),
  DOMAIN: bits(79, 64, 'DomainID: tag of what is cached'),
  GCR3M: bits(95, 80, 'GCR3 table [30:15]', { needs: 'EFR.GTSup', from: 15 }), I: bit(96, 'the device may use ATS'),
  SE: bit(97, 'log the first IO_PAGE_FAULT only, until the entry is invalidated'),
  SA: bit(98, 'log no IO_PAGE_FAULT'), IOCTL: bits(100, 99, 'port I/O: 0 abort, 1 forward, 2 translate, 3 reserved'),
  CACHE: bit(101, 'hint'), SD: bit(102, 'snoop disable'), EX: bit(103, 'the exclusion range counts'),
  SYSMGT: bits(105, 104, '0 blocked, 1 messages forwarded, 2 INTx forwarded, 3 translated'),
  SATS: bit(106, 'secure ATS', { needs: 'EFR.SATSup' }),
  GCR3H: bits(127, 107, 'GCR3 table [51:31]', { needs: 'EFR.GTSup', from: 31 }),
  IV: bit(128, 'interrupt map valid: the upper half counts; 0 lets interrupts pass'),
  INTTABLEN: bits(132, 129, 'log2 of the entries of the interrupt table: up to 9, or 11'),
  IG: bit(133, 'refused interrupts are not logged'),
  INTROOT: bits(179, 134, 'interrupt table [51:6]', { from: 6 }),
  GPM: bits(183, 182, 'guest paging: 0 four levels, 1 five', { needs: 'EFR.GTSup' }),
  INITPASS: bit(184, 'INIT passes unmapped'), EINTPASS: bit(185, 'ExtINT passes unmapped'),
  NMIPASS: bit(186, 'NMI passes unmapped'), HPTMODE: bit(187, 'host page table mode', { needs: 'newer' }),
  INTCTL: bits(189, 188, 'fixed and arbitrated interrupts: 0 abort, 1 forward, 2 remap, 3 reserved'),
  LINT0PASS: bit(190, 'LINT0 passes unmapped'), LINT1PASS: bit(191, 'LINT1 passes unmapped'),
  VIMUEN: bit(207, 'virtual IOMMU', { needs: 'EFR.vIommuSup' }),
  GDEVICE: bits(223, 208, 'guest DeviceID', { needs: 'EFR.vIommuSup' }),
  GUEST: bits(239, 224, 'GuestID', { needs: 'EFR.vIommuSup' }), ignored245: ignored(245),
  ATTRV: bit(246, 'attributes valid', { needs: 'EFR.AttrFWSup' }),
  MODE0FC: bit(247, 'coherent where Mode=0', { needs: 'EFR.AttrFWSup' }),
  SNOOP: bits(255, 248, 'snoop attributes', { needs: 'EFR.AttrFWSup' }),
})

/** Tables of a guest (v2): what our sources say of them is little. */
export const gcr3Entry = layout('GCR3 table entry', '2.2', 64, {
  V: bit(0, 'valid'), ignored1: ignored(11, 1),
  ADDR: bits(51, 12, 'next table, or root of the guest', { address: true }),
  ignored52: ignored(63, 52),
})
export const guestPageEntry = layout('guest page table entry', '2.2', 64, {
  P: bit(0, 'present'), RW: bit(1, 'write'), US: bit(2, 'user'), PWT: bit(3, 'write-through'),
  PCD: bit(4, 'no cache'), A: bit(5, 'accessed'), D: bit(6, 'dirty, of a page'),
  PS: bit(7, 'a page, above the last level'), G: bit(8, 'global'), ignored9: ignored(11, 9),
  ADDR: bits(51, 12, 'next table or page', { address: true }), ignored52: ignored(62, 52),
  NX: bit(63, 'no execution', { needs: 'EFR.NXSup' }),
})

const head = { PR: bit(0, 'present'), ignored1: ignored(4, 1), A: bit(5, 'accessed, if HAD') }
const tail = { IR: bit(61, 'read, ANDed along the walk'), IW: bit(62, 'write, ANDed along the walk'),
  ignored63: ignored(63) }
export const hostTable = layout('host page directory entry', '2.2.3', 64, {
  ...head, ignored6: ignored(8, 6), NEXT: bits(11, 9, 'level of the next table, 1 to 6; levels between are skipped'),
  ADDR: bits(51, 12, 'next table', { address: true }), ...tail,
})
export const hostPage = layout('host page table entry', '2.2.3', 64, {
  ...head, D: bit(6, 'dirty, if HAD'), ignored7: ignored(8, 7),
  NEXT: bits(11, 9, '0 a page of the size of the level, 7 of the size that ADDR gives'),
  ADDR: bits(51, 12, 'page; with NEXT=7 the bits below the lowest zero give its size', { address: true }),
  PMC: bits(58, 57, 'page migration', { needs: 'newer' }), U: bit(59, 'untranslated attribute'),
  FC: bit(60, 'forced coherent'), ...tail,
})
