/** Control and status (AMD 48882 rev 3.05, ch. 3). Fields that only newer revisions name say so. */
import { bit, bits } from '../../../iommu/layout.ts'
import { register, rw1c } from './register.ts'

const newer = { needs: 'newer' } as const
export const control = {
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
