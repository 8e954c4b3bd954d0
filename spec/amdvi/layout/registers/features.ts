/** What a unit says of itself (AMD 48882 rev 3.05, ch. 3). Software cannot write it, but for one register. */
import { bit, bits } from '../../../iommu/layout.ts'
import { register, unknownFields } from './register.ts'

/** Each implementation has its own; the lower bits differ from unit to unit. */
const ofImplementation = (what: string) => ({
  VALUE: bits(23, 0, `${what}, of each implementation its own`), MINOR: bits(27, 24, 'minor revision'),
  MAJOR: bits(31, 28, 'major revision'),
})
export const features = {
  ExtFeature: register('ExtFeature', 0x0030, 'extended features (EFR)', {
    PrefSup: bit(0, 'PREFETCH_IOMMU_PAGES'), PPRSup: bit(1, 'page requests'), XTSup: bit(2, '32-bit destinations'),
    NXSup: bit(3, 'no-execute'), GTSup: bit(4, 'guest translation'), GAPPISup: bit(5, 'guest physical interrupts'),
    IASup: bit(6, 'INVALIDATE_IOMMU_ALL'), GASup: bit(7, 'guest virtual APIC'),
    HESup: bit(8, 'hardware error registers'),
    PCSup: bit(9, 'performance counters'), HATS: bits(11, 10, 'host tables: 0 four, 1 five, 2 six levels'),
    GATS: bits(13, 12, 'guest tables: 0 four, 1 five levels'), GLXSup: bits(15, 14, 'levels of GCR3 tables, less 1'),
    SmiFSup: bits(17, 16, 'SMI filter'), SmiFRC: bits(20, 18, 'SMI filters, log2'),
    GAMSup: bits(23, 21, '1 guest mode entries'), DualPprLogSup: bits(25, 24, 'two page request logs'),
    DualEventLogSup: bits(29, 28, 'two event logs'), SATSup: bit(31, 'secure ATS'),
    PASmax: bits(36, 32, 'bits of a PASID, less 1'), USSup: bit(37, 'user and supervisor'),
    DevTblSegSup: bits(39, 38, 'segments of the device table'), PprOvrflwEarly: bit(40, 'early warning'),
    PprAutoRsp: bit(41, 'automatic answers'), MarcSup: bits(43, 42, 'memory access routing'),
    BlkStopMrk: bit(44, 'StopMark messages'), PerfOpt: bit(45, 'performance hints'),
    MsiCapMmioSup: bit(46, 'MSI registers'), GIOSup: bit(48, 'guest translation without PASID'),
    HASup: bit(49, 'host accessed bit'), EPHSup: bit(50, 'enhanced PPR handling'), AttrFWSup: bit(51, 'attributes'),
    HDSup: bit(52, 'host dirty bit'), InvIotlbTypeSup: bit(54, 'TYPE of INVALIDATE_IOTLB_PAGES'),
    vIommuSup: bit(55, 'virtual IOMMU'), VMGuardIO: bit(56, 'guarded guests'),
    VMTableSize: bits(60, 57, 'guest tables'),
    GAUpdateDisSup: bit(61, 'accessed bits can be off'), ForcePhyDestSup: bit(62, 'see the manual'),
    SNPSup: bit(63, 'SNP'),
  }, 'ro'),
  ExtFeature2: register('ExtFeature2', 0x01a0, 'extended features 2 (EFR2)', {
    TMPMSup: bit(2, 'tiered memory'), GCR3TRPSup: bit(3, 'GCR3 can be guest physical'),
    GAPPIDisSup: bit(4, 'GAPPIDis of interrupt entries'), SNPAVICSup: bits(7, 5, 'guest APIC with SNP'),
    NumIntRemapSup: bits(9, 8, 'interrupt tables up to 0 512, 1 2048 entries'),
    HTRangeIgnore: bit(11, 'no special range'),
  }, 'ro'),
  DevSpecificFeature: register('DevSpecificFeature', 0x0138, 'features of its own',
    ofImplementation('features'), 'ro'),
  DevSpecificControl: register('DevSpecificControl', 0x0140, 'control of its own',
    ofImplementation('control')),
  DevSpecificStatus: register('DevSpecificStatus', 0x0148, 'status of its own',
    ofImplementation('status'), 'ro'),
  vIommuStatus: register('vIommuStatus', 0x0190, 'status of virtual IOMMUs', unknownFields, 'ro'),
}
