/** Entries of second-stage and first-stage tables (VT-d rev 5.10: 3.6, 3.7, 9.7, 9.8). A leaf of more than a page
 *  differs in its address. */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'
import type { Layout } from '../../iommu/layout.ts'

const secondStageHead = { R: bit(0, 'read, ANDed along the walk'), W: bit(1, 'write, ANDed along the walk'),
  X: bit(2, 'ignored: execute of EPT') }
const secondStageTail = {
  ignored52: ignored(60, 52), IR: bit(61, 'ignored unless RTADDR.SSIRWE'),
  // TM stood here before rev 4: disputed between revisions, and reserved in both without their capability.
  IW: bit(62, 'reserved unless RTADDR.SSIRWE', { needs: 'RTADDR.SSIRWE' }), ignored63: ignored(63),
}
const secondStageTable = (name: string,
  PS: Readonly<Record<string, ReturnType<typeof bit>>>): Layout => layout(name, '9.8', 64, {
  ...secondStageHead, ignored3: ignored(6, 3), ...PS, A: bit(8, 'accessed, if SSADE'), ignored9: ignored(10, 9),
  ADDR: bits(51, 12, 'next table', { address: true }), ...secondStageTail,
})
const secondStageLeafOf = (name: string, low: number) => layout(name, '9.8', 64, {
  ...secondStageHead, EMT: bits(5, 3, 'memory type, if EMTE'), IPAT: bit(6, 'ignore PAT, if EMTE'),
  PS: bit(7, 'page size: 1 in a leaf of 2 MiB or 1 GiB, ignored in one of 4 KiB'), A: bit(8, 'accessed, if SSADE'),
  D: bit(9, 'dirty, if SSADE'),
  ignored10: ignored(10), SNP: bit(11, 'snoop', { needs: 'ECAP.SC' }), ADDR: bits(51, low, 'page', { address: true }),
  ...secondStageTail,
})
/** By level, 4 for 4 and 5. */
export const secondStageTables: Readonly<Record<2 | 3 | 4, Layout>> = {
  2: secondStageTable('second-stage entry level 2', { PS: bit(7, 'page size: 0') }),
  3: secondStageTable('second-stage entry level 3', { PS: bit(7, 'page size: 0') }),
  4: secondStageTable('second-stage entry level 4', {}),
}
/** By level. */
export const secondStageLeaf = {
  1: secondStageLeafOf('second-stage leaf 4K', 12), 2: secondStageLeafOf('second-stage leaf 2M', 21),
  3: secondStageLeafOf('second-stage leaf 1G', 30),
}

const firstStageHead = {
  P: bit(0, 'present, and so readable'), RW: bit(1, 'writable, ANDed along the walk'),
  US: bit(2, 'user, ANDed along the walk'),
  PWT: bit(3, 'page-level write-through'), PCD: bit(4, 'page-level cache disable'), A: bit(5, 'accessed'),
}
const firstStageTail = { ignored8: ignored(9, 8), EA: bit(10, 'extended accessed, if EAFE'), ignored11: ignored(11),
  ignored52: ignored(63, 52) }
const firstStageTableOf = (name: string,
  PS: Readonly<Record<string, ReturnType<typeof bit>>>): Layout => layout(name, '9.7', 64, {
  ...firstStageHead, ignored6: ignored(6), ...PS, ...firstStageTail,
  ADDR: bits(51, 12, 'next table', { address: true }),
})
const firstStageLargeOf = (name: string, low: number, PS: ReturnType<typeof bit>) => layout(name, '9.7', 64, {
  ...firstStageHead, D: bit(6, 'dirty'), PS, ...firstStageTail, PAT: bit(12, 'page attribute'),
  ADDR: bits(51, low, 'page', { address: true }),
})
/** By level, 4 for 4 and 5. */
export const firstStageTables: Readonly<Record<2 | 3 | 4, Layout>> = {
  2: firstStageTableOf('first-stage entry level 2', { PS: bit(7, 'page size: 0') }),
  3: firstStageTableOf('first-stage entry level 3', { PS: bit(7, 'page size: 0') }),
  4: firstStageTableOf('first-stage entry level 4', {}),
}
/** By level. */
export const firstStageLeaf = {
  1: layout('first-stage leaf 4K', '9.7', 64, {
    ...firstStageHead, D: bit(6, 'dirty'), PAT: bit(7, 'page attribute'), ...firstStageTail,
    ADDR: bits(51, 12, 'page', { address: true }),
  }),
  2: firstStageLargeOf('first-stage leaf 2M', 21, bit(7, 'page size: 1')),
  3: firstStageLargeOf('first-stage leaf 1G', 30, bit(7, 'page size: 1', { needs: 'CAP.FS1GP' })),
}
