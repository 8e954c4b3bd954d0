/** Where sources of AMD-Vi disagree, or one alone speaks and is not sure of it. Each point is a switch of the unit by
 *  its registers (`reset({ disputes })`), and none is taken for the manual's word. What the bounded machine has of such
 *  points are capabilities (caps.ts); decision 0001 lists what it leaves out. */
import type { AmdviClause } from './clauses.ts'

/** `says`: the question, about a rule. `choices`: the answers, by the words of the switch. `usual`: what a unit does
 *  where nothing else is asked for. */
interface Dispute {
  readonly clause: AmdviClause
  readonly says: string
  readonly choices: Readonly<Record<string, string>>
  readonly usual: string
}

export const disputes = {
  ioCtl: {
    clause: 'AMD:2.5/ioctl-reserved',
    says: 'What a device table entry with IoCtl=3 refuses',
    choices: { all: 'each DMA: the entry is illegal, as the list of causes has it',
      'port-io': 'port I/O alone, of which the model has none (two implementations)' },
    usual: 'all',
  },
  noTranslation: {
    clause: 'AMD:2.5/tv-zero',
    says: 'Which event TV=0 is told by',
    choices: { 'page-fault': 'IO_PAGE_FAULT (one implementation, unsure)', none: 'none (another implementation)' },
    usual: 'page-fault',
  },
  outsideTable: {
    clause: 'AMD:2.5/outside-device-table',
    says: 'Which event a DeviceID beyond the device table is told by',
    choices: { 'page-fault': 'IO_PAGE_FAULT (one implementation, unsure)', none: 'none' }, usual: 'page-fault',
  },
  blockedExclusion: {
    clause: 'AMD:2.2/exclusion',
    says: 'Whether the exclusion range is open to a device with TV=0',
    choices: { closed: 'it is not: TV=0 comes first (one version of an implementation)',
      open: 'it is: the range comes first (another version)' },
    usual: 'closed',
  },
  reservedMode: {
    clause: 'AMD:2.5/mode-reserved',
    says: 'Which event a reserved or too large Mode is told by',
    choices: { 'illegal-entry': 'ILLEGAL_DEV_TABLE_ENTRY', 'page-fault': 'IO_PAGE_FAULT (one implementation, unsure)' },
    usual: 'illegal-entry',
  },
  aboveMode: {
    clause: 'AMD:2.5/above-mode',
    says: 'Whether bits of an address above what Mode reaches are looked at',
    choices: { refused: 'they must be 0', ignored: 'they are not (one implementation)' }, usual: 'refused',
  },
  pasidWhileOff: {
    clause: 'AMD:2.5/pasid-unexpected',
    says: 'What becomes of a request with a PASID where GTEn is 0',
    choices: { host: 'the PASID is not looked at: host tables or Mode=0 decide (no source says so)',
      refused: 'INVALID_DEVICE_REQUEST, as where GV is 0 (no source says so)' },
    usual: 'host',
  },
  firstFault: {
    clause: 'AMD:2.5/first-fault',
    says: 'How long a device table entry with SE=1 keeps further faults from the log',
    choices: { 'until-invalidated': 'until the entry is invalidated', 'for-ever': 'as long as the unit is on' },
    usual: 'until-invalidated',
  },
  smi: {
    clause: 'AMD:2.2.5/smi',
    says: 'What becomes of an SMI where the entry has IV=1',
    choices: { passes: 'it passes as it is: the SMI filter alone looks at it (one implementation)',
      refused: 'it is aborted (another)' },
    usual: 'passes',
  },
  abortedInterrupt: {
    clause: 'AMD:2.5/intctl-abort',
    says: 'Which event IntCtl=0 is told by',
    choices: { none: 'none (one implementation)', 'page-fault': 'IO_PAGE_FAULT, as its own list of causes has it' },
    usual: 'none',
  },
  unreadableInterruptEntry: {
    clause: 'AMD:2.5/irte-unreadable',
    says: 'Which event an interrupt entry that cannot be read is told by',
    choices: { 'device-table': 'DEV_TAB_HARDWARE_ERROR', 'page-table': 'PAGE_TAB_HARDWARE_ERROR', none: 'none' },
    usual: 'device-table',
  },
  longIndex: {
    clause: 'AMD:2.2.5/index',
    says: 'What bits 10:8 of the data are where the table of the device has more than 512 entries',
    choices: { index: 'bits of the index alone: else no message reaches an entry from 512 up (data[10:0])',
      'delivery-mode': 'the delivery mode, which is looked at first (the order of two implementations)' },
    usual: 'index',
  },
  logRestart: {
    clause: 'AMD:2.5/log-overflow',
    says: 'What starts a log again whose overflow was cleared',
    choices: { 'off-and-on': 'EventLogEn written 0, then 1 (seen on real parts)', on: 'EventLogEn written 1 alone' },
    usual: 'off-and-on',
  },
  commandOrder: {
    clause: 'AMD:2.4/unordered',
    says: 'In which order commands between two waits end',
    choices: { 'one-by-one': 'that of the ring (implementations)', any: 'any, but for what F=1 holds back (memory)' },
    usual: 'one-by-one',
  },
  commandsWhileOff: {
    clause: 'AMD:3/base',
    says: 'Whether commands are executed while IommuEn is 0',
    choices: { executed: 'they are, as the order of setting a unit up asks for',
      held: 'they wait (two implementations)' },
    usual: 'executed',
  },
  illegalCommand: {
    clause: 'AMD:2.4/illegal-command',
    says: 'Where the head stands when an illegal command has stopped the unit',
    choices: { behind: 'behind it: it was fetched (one implementation)', at: 'at it' }, usual: 'behind',
  },
  iotlbPasid: {
    clause: 'AMD:2.4.4/device-tlb',
    says: 'Which bits of INVALIDATE_IOTLB_PAGES hold which of the PASID',
    choices: { 'low-first': '23:16 its low byte, 59:48 the rest (two sources)',
      'high-first': '23:16 bits 15:8, 55:48 the low byte, 59:56 bits 19:16 (two others)' },
    usual: 'low-first',
  },
  pprTag: {
    clause: 'AMD:2.4/prefetch',
    says: 'What the last dword of COMPLETE_PPR_REQUEST holds',
    choices: { tag: 'a tag of 16 bits (two sources)', 'tag-and-status': 'a tag of 9 bits, and a status (one)' },
    usual: 'tag',
  },
} as const satisfies Readonly<Record<string, Dispute>>

export type DisputeName = keyof typeof disputes
/** An answer to each. */
export type Disputes = { readonly [N in DisputeName]: keyof (typeof disputes)[N]['choices'] }
export const usualAnswers = Object.fromEntries(Object.entries(disputes).map(([name, { usual }]) => [name, usual])) as
  unknown as Disputes
