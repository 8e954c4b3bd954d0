/** Root, context and PASID tables (VT-d rev 5.10: 9.1 to 9.6). */
import { bit, bits, ignored, layout } from '../../iommu/layout.ts'

export const rootEntry = layout('root entry', '9.1', 128,
  { P: bit(0, 'present'), CTP: bits(63, 12, 'context table', { address: true }) })

export const contextEntry = layout('context entry', '9.3', 128, {
  P: bit(0, 'present'), FPD: bit(1, 'faults are not recorded; counts even if P=0'),
  TT: bits(3, 2, '0 untranslated requests only, 1 also device TLB, 2 pass-through, 3 reserved'),
  SSPTPTR: bits(63, 12, 'second-stage table', { address: true }),
  AW: bits(66, 64, '1 is 39 bits in 3 levels, 2 is 48 in 4, 3 is 57 in 5'), ignored67: ignored(70, 67),
  DID: bits(87, 72, 'domain-id: tag of what is cached'),
})

export const scalableRootEntry = layout('scalable-mode root entry', '9.2', 128, {
  LP: bit(0, 'lower half (devfn 0 to 7F) present'),
  LCTP: bits(63, 12, 'lower scalable-mode context table', { address: true }),
  UP: bit(64, 'upper half (devfn 80 to FF) present'),
  UCTP: bits(127, 76, 'upper scalable-mode context table', { address: true }),
})

export const scalableContextEntry = layout('scalable-mode context entry', '9.4', 256, {
  P: bit(0, 'present'), FPD: bit(1, 'faults are not recorded; counts even if P=0'),
  DTE: bit(2, 'device TLB enable', { needs: 'ECAP.DT' }),
  PASIDE: bit(3, 'requests with PASID enable', { needs: 'ECAP.PASID' }),
  PRE: bit(4, 'page requests enable', { needs: 'ECAP.PRS' }),
  HPTE: bit(5, 'host permission table enable (single source)', { needs: 'ECAP.HPTS' }),
  EPTR: bit(6, 'PASID in translated requests enable (single source)', { needs: 'ECAP.PTRS' }),
  PDTS: bits(11, 9, 'PASID directory of 2^(PDTS+7) entries'),
  PASIDDIRPTR: bits(63, 12, 'PASID directory', { address: true }),
  RID_PASID: bits(83, 64, 'PASID of requests without one', { needs: 'ECAP.RPS' }),
  RID_PRIV: bit(84, 'requests without PASID are privileged', { needs: 'ECAP.RPRIVS' }),
})

export const pasidDirectoryEntry = layout('PASID directory entry', '9.5', 64, {
  P: bit(0, 'present'), FPD: bit(1, 'faults are not recorded; counts even if P=0'),
  SMPTBLPTR: bits(63, 12, 'PASID table', { address: true }),
})

export const pasidEntry = layout('PASID table entry', '9.6', 512, {
  P: bit(0, 'present'), FPD: bit(1, 'faults are not recorded; counts even if P=0'),
  AW: bits(4, 2, 'second stage: 1 is 39 bits in 3 levels, 2 is 48 in 4, 3 is 57 in 5'),
  PGTT: bits(8, 6, '1 first stage, 2 second stage, 3 nested, 4 pass-through'),
  SSADE: bit(9, 'second-stage accessed and dirty bits enable', { needs: 'ECAP.SSADS' }),
  SSPTPTR: bits(63, 12, 'second-stage table', { address: true }), DID: bits(79, 64, 'domain-id: tag of what is cached'),
  PWSNP: bit(87, 'page walks snoop', { needs: 'ECAP.SMPWCS' }),
  PGSNP: bit(88, 'pages are snooped', { needs: 'ECAP.SC' }),
  CD: bit(89, 'cache disable', { needs: 'ECAP.MTS' }),
  EMTE: bit(90, 'extended memory type enable', { needs: 'ECAP.MTS' }),
  PAT: bits(127, 96, 'page attribute table, 8 times 4 bits', { needs: 'ECAP.MTS' }),
  SRE: bit(128, 'privileged requests are allowed', { needs: 'ECAP.SRS' }),
  FSPM: bits(131, 130, 'first stage: 0 is 4 levels, 1 is 5'),
  WPE: bit(132, 'privileged writes honour R/W'), ignored133: ignored(134, 133),
  EAFE: bit(135, 'extended accessed flag enable', { needs: 'ECAP.EAFS' }),
  FSPTPTR: bits(191, 140, 'first-stage table; guest-physical where nested', { address: true }),
  HPTSZ: bits(257, 256, 'size of the host permission table (single source)', { needs: 'ECAP.HPTS' }),
  HPTPFD: bit(258, 'faults of the host permission table are not recorded (single source)', { needs: 'ECAP.HPTS' }),
  HPTPTR: bits(319, 268, 'host permission table (single source)', { needs: 'ECAP.HPTS' }),
  HPTDID: bits(335, 320, 'domain-id of the host permission table (single source)', { needs: 'ECAP.HPTS' }),
})
