/** What un-reserves a bit: a capability the unit reports, or a mode that software has switched on. */

/** Names are register.field; SSIRWE and EIME are modes of RTADDR and IRTA, the rest are capabilities (rev 5.10,
 *  11.4). */
export type Feature =
  | 'CAP.PI' | 'CAP.FS1GP' | 'CAP.AFL'
  | 'ECAP.DT' | 'ECAP.DIT' | 'ECAP.SC' | 'ECAP.MTS' | 'ECAP.NEST' | 'ECAP.PRS' | 'ECAP.SRS' | 'ECAP.EAFS' | 'ECAP.PASID'
  | 'ECAP.PDS'
  | 'ECAP.SSADS' | 'ECAP.SMPWCS' | 'ECAP.RPS' | 'ECAP.RPRIVS' | 'ECAP.HPTS' | 'ECAP.PTRS' | 'ECAP.SSIRWS'
  | 'RTADDR.SSIRWE'
