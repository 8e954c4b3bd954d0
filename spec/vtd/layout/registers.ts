/** The register map (VT-d rev 5.10, 11.4): offsets in bytes, fields, and how software may touch each. MTRRs,
 *  performance counters, enhanced and virtual commands have no fields in our sources and are left out. */
import { bit, bits, layout } from '../../iommu/layout.ts'
import type { AccessKind, Bits, Layout, BitRange } from '../../iommu/layout.ts'

export interface Register<N extends string = string> {
  readonly name: string
  /** From the base of the unit; for IVA and IOTLB from ECAP.IRO * 16, for FRCD from CAP.FRO * 16. */
  readonly offset: number
  readonly relative: 'unit' | 'IRO' | 'FRO'
  readonly layout: Layout<N>
}
function register<N extends string>(name: string, offset: number, size: Bits, says: string, access: AccessKind,
  places: Readonly<Record<N, BitRange>>,
  relative: Register['relative'] = 'unit'): Register<N> {
  return { name, offset, relative, layout: layout(`${name}: ${says}`, '11.4', size, places, access) }
}
const ro = { access: 'ro' } as const
const rw1c = { access: 'rw1c' } as const

const identification = {
  VER: register('VER', 0x000, 32, 'version', 'ro', { MIN: bits(3, 0, 'minor'), MAX: bits(7, 4, 'major') }),
  CAP: register('CAP', 0x008, 64, 'capabilities', 'ro', {
    ND: bits(2, 0, 'domain-ids of 4+2*ND bits'), AFL: bit(3, 'advanced fault log (old revisions)'),
    RWBF: bit(4, 'software must flush write buffers'),
    PLMR: bit(5, 'protected low memory region'), PHMR: bit(6, 'protected high memory region'),
    CM: bit(7, 'caching mode: what is not present may be cached'),
    SAGAW: bits(12, 8, 'bit 1: 39 bits in 3 levels, bit 2: 48 in 4, bit 3: 57 in 5'),
    MGAW: bits(21, 16, 'greatest guest address width, less 1'),
    ZLR: bit(22, 'zero-length reads of write-only pages succeed'), FRO: bits(33, 24, 'offset of FRCD / 16'),
    SSLPS: bits(37, 34, 'second-stage pages: bit 0 2 MiB, bit 1 1 GiB'),
    PSI: bit(39, 'page-selective invalidation'), NFR: bits(47, 40, 'fault recording registers, less 1'),
    MAMV: bits(53, 48, 'greatest AM of a page-selective invalidation'),
    DWD: bit(54, 'write drain'), DRD: bit(55, 'read drain'), FS1GP: bit(56, 'first-stage pages of 1 GiB'),
    PI: bit(59, 'posted interrupts'),
    FS5LP: bit(60, 'first stage of 5 levels'), ECMDS: bit(61, 'enhanced commands'),
    ESIRTPS: bit(62, 'SIRTP invalidates by itself'), ESRTPS: bit(63, 'SRTP invalidates by itself'),
  }),
  ECAP: register('ECAP', 0x010, 64, 'extended capabilities', 'ro', {
    C: bit(0, 'table walks snoop'), QI: bit(1, 'queued invalidation'), DT: bit(2, 'device TLBs'),
    IR: bit(3, 'interrupt remapping'), EIM: bit(4, '32-bit APIC ids'),
    PT: bit(6, 'pass-through'), SC: bit(7, 'snoop control: SNP and PGSNP'),
    IRO: bits(17, 8, 'offset of IVA and IOTLB / 16'), MHMV: bits(23, 20, 'greatest IM of an IEC invalidation'),
    MTS: bit(25, 'memory types'), NEST: bit(26, 'nested translation'), PRS: bit(29, 'page requests'),
    ERS: bit(30, 'execute requests (old revisions)'), SRS: bit(31, 'privileged requests'),
    NWFS: bit(33, 'no-write flag'), EAFS: bit(34, 'extended accessed flag'), PSS: bits(39, 35, 'PASID width, less 1'),
    PASID: bit(40, 'requests with PASID'),
    DIT: bit(41, 'device-TLB invalidation throttle'), PDS: bit(42, 'page-request drain'),
    SMTS: bit(43, 'scalable mode'), VCS: bit(44, 'virtual commands'),
    SSADS: bit(45, 'second-stage accessed and dirty'), SSTS: bit(46, 'second stage (PGTT 2)'),
    FSTS: bit(47, 'first stage (PGTT 1)'), SMPWCS: bit(48, 'PWSNP is honoured'),
    RPS: bit(49, 'RID_PASID'), TDXCS: bit(50, 'TDX connect (single source)'), PMS: bit(51, 'performance monitoring'),
    ADMS: bit(52, 'abort-DMA mode'), RPRIVS: bit(53, 'RID_PRIV'),
    HPTS: bit(55, 'host permission table (single source)'),
    PTRS: bit(56, 'PASID in translated requests (single source)'), SSIRWS: bit(57, 'IR and IW bits (single source)'),
    SMS: bit(58, 'stop marker (single source)'),
    HPT1GPS: bit(59, 'host permission table pages of 1 GiB (single source)'),
    RDTS: bit(60, 'resource director (single source)'),
    EIMER: bit(61, 'EIME must be 1 (single source)'), IRREQ: bit(62, 'interrupt remapping must be on (single source)'),
  }),
}

const control = {
  GCMD: register('GCMD', 0x018, 32, 'global command', 'wo', {
    CFI: bit(23, 'let compatibility-format interrupts pass'), SIRTP: bit(24, 'set interrupt table pointer: one-shot'),
    IRE: bit(25, 'interrupt remapping enable'),
    QIE: bit(26, 'queued invalidation enable'), WBF: bit(27, 'flush write buffers: one-shot'),
    EAFL: bit(28, 'advanced fault log enable (old revisions)'),
    SFL: bit(29, 'set fault log (old revisions)'), SRTP: bit(30, 'set root table pointer: one-shot'),
    TE: bit(31, 'translation enable'),
  }),
  GSTS: register('GSTS', 0x01c, 32, 'global status', 'ro', {
    CFIS: bit(23, 'compatibility-format interrupts pass'), IRTPS: bit(24, 'interrupt table pointer is set'),
    IRES: bit(25, 'interrupts are remapped'),
    QIES: bit(26, 'queued invalidation is on'), WBFS: bit(27, 'write buffers are being flushed'),
    AFLS: bit(28, 'advanced fault log is on (old revisions)'),
    FLS: bit(29, 'fault log is set (old revisions)'), RTPS: bit(30, 'root table pointer is set'),
    TES: bit(31, 'DMA is translated'),
  }),
  RTADDR: register('RTADDR', 0x020, 64, 'root table address', 'rw', {
    SSIRWE: bit(7, 'IR and IW enable (single source)'),
    TTM: bits(11, 10, '0 legacy, 1 scalable, 2 reserved, 3 abort-DMA'),
    RTA: bits(63, 12, 'root table', { address: true }),
  }),
  PMEN: register('PMEN', 0x064, 32, 'protected memory enable', 'rw',
    { PRS: bit(0, 'regions are protected', ro), EPM: bit(31, 'protect regions') }),
  PLMBASE: register('PLMBASE', 0x068, 32, 'protected low memory base', 'rw', { PLMB: bits(31, 0, 'base') }),
  PLMLIMIT: register('PLMLIMIT', 0x06c, 32, 'protected low memory limit', 'rw', { PLML: bits(31, 0, 'limit') }),
  PHMBASE: register('PHMBASE', 0x070, 64, 'protected high memory base', 'rw',
    { PHMBL: bits(31, 0, 'base 31:0'), PHMBH: bits(63, 32, 'base 63:32') }),
  PHMLIMIT: register('PHMLIMIT', 0x078, 64, 'protected high memory limit', 'rw',
    { PHMLL: bits(31, 0, 'limit 31:0'), PHMLH: bits(63, 32, 'limit 63:32') }),
}

const byRegister = {
  CCMD: register('CCMD', 0x028, 64, 'context command', 'rw', {
    DID: bits(15, 0, 'domain-id'), SID: bits(31, 16, 'source-id'),
    FM: bits(33, 32, 'function bits ignored: none, 2, 2:1, 2:0'),
    CAIG: bits(60, 59, 'what was done: 0 rejected, 1 global, 2 domain, 3 device', ro),
    CIRG: bits(62, 61, '1 global, 2 domain, 3 device'), ICC: bit(63, 'invalidate; 0 when done'),
  }),
  IVA: register('IVA', 0x0, 64, 'invalidate address', 'wo',
    { AM: bits(5, 0, '2^AM pages'), IH: bit(6, 'only leaf entries changed'), ADDR: bits(63, 12, 'page address') },
    'IRO'),
  IOTLB: register('IOTLB', 0x8, 64, 'IOTLB invalidate', 'rw', {
    DID: bits(47, 32, 'domain-id'), DW: bit(48, 'drain writes'), DR: bit(49, 'drain reads'),
    IAIG: bits(58, 57, 'what was done: 0 rejected, 1 global, 2 domain, 3 page', ro),
    IIRG: bits(61, 60, '1 global, 2 domain, 3 page'), IVT: bit(63, 'invalidate; 0 when done'),
  }, 'IRO'),
}

/** Control, data and address of an event message, which is never remapped. */
const event = <N extends string>(name: N, offset: number, what: string) => ({
  [`${name}CTL`]: register(`${name}CTL`, offset, 32, `${what} event control`, 'rw',
    { IP: bit(30, 'interrupt pending', ro), IM: bit(31, 'interrupt mask; 1 after reset') }),
  [`${name}DATA`]: register(`${name}DATA`, offset + 4, 32, `${what} event data`, 'rw',
    { IMD: bits(15, 0, 'message data'), EIMD: bits(31, 16, 'extended message data') }),
  [`${name}ADDR`]: register(`${name}ADDR`, offset + 8, 32, `${what} event address`, 'rw',
    { MA: bits(31, 2, 'message address 31:2') }),
  [`${name}UADDR`]: register(`${name}UADDR`, offset + 12, 32, `${what} event upper address`, 'rw',
    { MUA: bits(31, 0, 'message address 63:32; destination id 31:8 in its bits 31:8') }),
}) as Record<`${N}${'CTL' | 'DATA' | 'ADDR' | 'UADDR'}`, Register>

const faults = {
  FSTS: register('FSTS', 0x034, 32, 'fault status', 'rw', {
    PFO: bit(0, 'primary fault overflow', rw1c), PPF: bit(1, 'primary pending fault', ro),
    AFO: bit(2, 'advanced fault overflow (old revisions)', rw1c),
    APF: bit(3, 'advanced pending fault (old revisions)', rw1c), IQE: bit(4, 'invalidation queue error', rw1c),
    ICE: bit(5, 'invalidation completion error', rw1c),
    ITE: bit(6, 'invalidation time-out error', rw1c), PRO: bit(7, 'page request overflow (old revisions)', rw1c),
    FRI: bits(15, 8, 'first pending record, while PPF', ro),
  }),
  ...event('FE', 0x038, 'fault'),
  AFLOG: register('AFLOG', 0x058, 64, 'advanced fault log (old revisions)', 'rw',
    { FLS: bits(11, 9, 'size'), FLA: bits(63, 12, 'address') }),
  FRCD: register('FRCD', 0x0, 128, 'fault record', 'ro', {
    FI: bits(63, 12, 'page of the request; of an interrupt its index in 63:48'), SID: bits(79, 64, 'source-id'),
    T2: bit(92, 'type, second bit (single source)'),
    PRIV: bit(93, 'privileged'), EXE: bit(94, 'execute'), PP: bit(95, 'PASID present'),
    FR: bits(103, 96, 'fault reason'), PV: bits(123, 104, 'PASID'),
    AT: bits(125, 124, '0 untranslated, 1 translation, 2 translated'),
    T1: bit(126, 'type: 0 write or page request, 1 read or AtomicOp'), F: bit(127, 'fault', rw1c),
  }, 'FRO'),
}

const queues = {
  IQH: register('IQH', 0x080, 64, 'invalidation queue head', 'ro',
    { QH: bits(18, 4, 'offset / 16 of the next descriptor to fetch') }),
  IQT: register('IQT', 0x088, 64, 'invalidation queue tail', 'rw',
    { QT: bits(18, 4, 'offset / 16 of the next descriptor to write') }),
  IQA: register('IQA', 0x090, 64, 'invalidation queue address', 'rw', {
    QS: bits(2, 0, '2^QS pages'), DW: bit(11, 'descriptors of 256 bits'), IQA: bits(63, 12, 'queue', { address: true }),
  }),
  ICS: register('ICS', 0x09c, 32, 'invalidation completion status', 'rw',
    { IWC: bit(0, 'a wait with IF completed', rw1c) }),
  ...event('IE', 0x0a0, 'invalidation'),
  IQERCD: register('IQERCD', 0x0b0, 64, 'invalidation queue error record', 'ro', {
    IQEI: bits(3, 0, '1 tail, 2 fetch, 3 type, 4 reserved field, 5 width, 6 tail alignment, 7 TTM'),
    ITESID: bits(47, 32, 'source-id of ITE'), ICESID: bits(63, 48, 'source-id of ICE'),
  }),
  IRTA: register('IRTA', 0x0b8, 64, 'interrupt remapping table address', 'rw', {
    S: bits(3, 0, '2^(S+1) entries'), EIME: bit(11, '32-bit APIC ids'), IRTA: bits(63, 12, 'table', { address: true }),
  }),
  PQH: register('PQH', 0x0c0, 64, 'page request queue head', 'rw', { PQH: bits(18, 5, 'offset / 32') }),
  PQT: register('PQT', 0x0c8, 64, 'page request queue tail', 'rw', { PQT: bits(18, 5, 'offset / 32') }),
  PQA: register('PQA', 0x0d0, 64, 'page request queue address', 'rw',
    { PQS: bits(2, 0, '2^(PQS+7) entries'), PQA: bits(63, 12, 'queue', { address: true }) }),
  PRS: register('PRS', 0x0dc, 32, 'page request status', 'rw',
    { PPR: bit(0, 'pending page request', rw1c), PRO: bit(1, 'page request overflow', rw1c) }),
  ...event('PE', 0x0e0, 'page request'),
}

/** By name. */
export const registers = { ...identification, ...control, ...byRegister, ...faults, ...queues }
export type RegisterName = keyof typeof registers
