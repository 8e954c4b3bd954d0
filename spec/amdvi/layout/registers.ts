/** The registers of the unit (AMD 48882 rev 3.05, ch. 3): offsets in bytes, fields, and how software may touch each.
 *  Fields that only newer revisions name, and those that sources place differently, say what un-reserves them. */
import { bit, bits, layout } from '../../iommu/layout.ts'
import type { AccessKind, BitRange, Layout } from '../../iommu/layout.ts'

export interface Register<N extends string = string> {
  readonly name: string
  /** From the base of the unit. All have 64 bits. */
  readonly offset: number
  readonly layout: Layout<N>
}
function register<N extends string>(name: string, offset: number, says: string, places: Readonly<Record<N, BitRange>>,
  access: AccessKind = 'rw'): Register<N> {
  return { name, offset, layout: layout(`${name}: ${says}`, '3.3', 64, places, access) }
}
const rw1c = { access: 'rw1c' } as const
const ring = (what: string) => ({
  BASE: bits(51, 12, what, { address: true }), LEN: bits(59, 56, 'log2 of the entries, 8 to 15'),
})
const place = (says: string) => ({ PTR: bits(18, 4, says) })

const tables = {
  DevTabBase: register('DevTabBase', 0x0000, 'device table', {
    SIZE: bits(8, 0, 'pages of 4 KiB, less 1'), BASE: bits(51, 12, 'device table', { address: true }),
  }),
  CmdBufBase: register('CmdBufBase', 0x0008, 'command buffer', ring('command buffer')),
  EventLogBase: register('EventLogBase', 0x0010, 'event log', ring('event log')),
  ExclBase: register('ExclBase', 0x0020, 'exclusion range, base', {
    EXEN: bit(0, 'devices with EX=1 use the range untranslated'), ALLOW: bit(1, 'so do all devices'),
    BASE: bits(51, 12, 'first page', { address: true }),
  }),
  ExclLimit: register('ExclLimit', 0x0028, 'exclusion range, limit',
    { LIMIT: bits(51, 12, 'last page', { address: true }) }),
}
const newer = { needs: 'newer' } as const
const control = {
  IommuControl: register('IommuControl', 0x0018, 'control', {
    IommuEn: bit(0, 'translate and remap; 0: all passes'), HtTunEn: bit(1, 'HyperTransport tunnel'),
    EventLogEn: bit(2, 'log events'), EventIntEn: bit(3, 'interrupt when an event is logged, or the log overflows'),
    ComWaitIntEn: bit(4, 'interrupt of COMPLETION_WAIT with I'),
    InvTimeOut: bits(7, 5, 'answer of a device TLB: 0 no limit, 1 1 ms, 2 10 ms, 3 100 ms, 4 1 s, 5 10 s, 6 100 s'),
    PassPW: bit(8, 'HyperTransport'), ResPassPW: bit(9, 'HyperTransport'),
    Coherent: bit(10, 'reads of the device table snoop'), Isoc: bit(11, 'HyperTransport'),
    CmdBufEn: bit(12, 'fetch commands'), PprLogEn: bit(13, 'log page requests'), PprIntEn: bit(14, 'interrupt of it'),
    PprEn: bit(15, 'page requests'), GTEn: bit(16, 'guest translation'), GAEn: bit(17, 'interrupt entries of 128 bits'),
    CRW: bits(21, 18, 'see the manual'), SmiFEn: bit(22, 'SMI filter'), SlfWBDis: bit(23, 'no self write-back'),
    SmiFLogEn: bit(24, 'log filtered SMIs'), GAMEn: bits(27, 25, '1 guest mode entries are allowed'),
    GALogEn: bit(28, 'guest APIC log'), GAIntEn: bit(29, 'interrupt of it'),
    DualPprLogEn: bits(31, 30, 'two page request logs'), DualEventLogEn: bits(33, 32, 'two event logs'),
    DevTblSegEn: bits(36, 34, 'segments of the device table'), PrivAbrtEn: bits(38, 37, 'privilege abort'),
    PprAutoRspEn: bit(39, 'answer page requests when the log is full'), MarcEn: bit(40, 'memory access routing'),
    BlkStopMrkEn: bit(41, 'block StopMark messages'), PprAutoRspAOn: bit(42, 'always'),
    NumIntRemapMode: bits(44, 43, 'interrupt tables up to 0 512, 1 2048 entries; other revisions differ', newer),
    EPHEn: bit(45, 'enhanced PPR handling'), HADUpdate: bits(47, 46, 'host accessed and dirty bits'),
    GDUpdateDis: bit(48, 'no guest dirty bit'), XTEn: bit(50, '32-bit destinations'),
    IntCapXTEn: bit(51, 'interrupts of the unit use the XT registers'), vCmdEn: bit(52, 'virtual command buffer'),
    vIommuEn: bit(53, 'virtual IOMMU'), GAUpdateDis: bit(54, 'no guest accessed bit'),
    GAPPIEn: bit(55, 'guest physical interrupts', newer), TMPMEn: bit(56, 'tiered memory migration', newer),
    GCR3TRPMode: bit(58, 'GCR3 is guest physical', newer), IRTCacheDis: bit(59, 'no interrupt entry is cached'),
    GstBufferTRPMode: bit(60, 'see the manual', newer), SNPAVICEn: bits(63, 61, 'guest APIC with SNP', newer),
  }),
  IommuStatus: register('IommuStatus', 0x2020, 'status', {
    EventOverflow: bit(0, 'an event was dropped', rw1c), EventLogInt: bit(1, 'an event was logged', rw1c),
    ComWaitInt: bit(2, 'a COMPLETION_WAIT with I ended', rw1c), EventLogRun: bit(3, 'events are logged'),
    CmdBufRun: bit(4, 'commands are fetched'), PprOverflow: bit(5, 'a page request was dropped', rw1c),
    PprInt: bit(6, 'a page request was logged', rw1c), PprLogRun: bit(7, 'page requests are logged'),
    GALogRun: bit(8, 'guest APIC log runs'), GAOverflow: bit(9, 'its overflow', rw1c),
    GAInt: bit(10, 'its interrupt', rw1c), PprOverflowB: bit(11, 'second log', rw1c), PprLogActive: bit(12, 'which'),
    EventOverflowB: bit(15, 'second log', rw1c), EventLogActive: bit(16, 'which'),
    PprOverflowEarlyB: bit(17, 'second log', rw1c), PprOverflowEarly: bit(18, 'nearly full', rw1c),
  }, 'ro'),
}
const features = {
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
}
const pointers = {
  CmdHead: register('CmdHead', 0x2000, 'command buffer head', place('offset / 16 of the next command to fetch')),
  CmdTail: register('CmdTail', 0x2008, 'command buffer tail', place('offset / 16 behind the last command')),
  EventHead: register('EventHead', 0x2010, 'event log head', place('offset / 16 of the next event to read')),
  EventTail: register('EventTail', 0x2018, 'event log tail', place('offset / 16 where the next event goes')),
}

/** By name. */
export const registers = { ...tables, ...control, ...features, ...pointers }
export type RegisterName = keyof typeof registers
