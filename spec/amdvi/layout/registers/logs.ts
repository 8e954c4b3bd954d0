/** Logs beside the event log: page requests, guest APIC, the second log of a kind, hardware errors (AMD 48882 rev 3.05,
 *  ch. 3). */
import { bit, bits } from '../../../iommu/layout.ts'
import { headOf, pointer, register, ring, rw1c, tailOf } from './register.ts'

/** Entries of the guest APIC log have 8 bytes. */
const gaPointer = (says: string) => ({ PTR: bits(15, 3, says) })
const early = {
  THRESHOLD: bits(14, 0, 'where the log counts as nearly full'), INTEN: bit(30, 'interrupt then'),
  EN: bit(31, 'early warning'),
}

export const hardwareEvents = {
  HwEventHi: register('HwEventHi', 0x0040, 'hardware error, first half of the event', {
    OP1L: bits(31, 0, 'first 32 bits of the event'), OP1H: bits(59, 32, 'bits 59:32 of the event'),
    CODE: bits(63, 60, 'code of the event'),
  }),
  HwEventLo: register('HwEventLo', 0x0048, 'hardware error, second half of the event',
    { OP2L: bits(31, 0, 'bits 95:64 of the event'), OP2H: bits(63, 32, 'bits 127:96 of the event') }),
  HwEventStatus: register('HwEventStatus', 0x0050, 'hardware error, status',
    { HEV: bit(0, 'the two registers hold an event', rw1c), HEO: bit(1, 'a further one was lost', rw1c) }),
}
export const pageRequests = {
  PprLogBase: register('PprLogBase', 0x0038, 'page request log', ring('page request log')),
  PprHead: register('PprHead', 0x2030, 'page request log head', headOf('page request')),
  PprTail: register('PprTail', 0x2038, 'page request log tail', tailOf('page request')),
  PprAutoResponse: register('PprAutoResponse', 0x2080, 'automatic answers to page requests', {
    CODE: bits(3, 0, 'the answer'), MASKGN: bit(4, 'mask of GN: our sources only name it'),
  }),
  PprOverflowEarly: register('PprOverflowEarly', 0x2088, 'early warning: page requests', early),
}
/** One source has the base of the second event log at F0h, where all others have that of the second page request log;
 *  and at 2090h a second register of automatic answers. */
export const secondLogs = {
  PprLogBBase: register('PprLogBBase', 0x00f0, 'second page request log', ring('page request log B')),
  EventLogBBase: register('EventLogBBase', 0x00f8, 'second event log, at F0h in one source', ring('event log B')),
  PprBHead: register('PprBHead', 0x2050, 'second page request log head', headOf('page request')),
  PprBTail: register('PprBTail', 0x2058, 'second page request log tail', tailOf('page request')),
  EventBHead: register('EventBHead', 0x2070, 'second event log head', headOf('event')),
  EventBTail: register('EventBTail', 0x2078, 'second event log tail', tailOf('event')),
  PprBOverflowEarly: register('PprBOverflowEarly', 0x2090, 'early warning: second log', { ...early,
    THRESHOLD: bits(14, 0, 'where the log counts as nearly full; one source has automatic answers here') }),
}
export const guestApicLog = {
  GALogBase: register('GALogBase', 0x00e0, 'guest APIC log', ring('guest APIC log')),
  GALogTailAddr: register('GALogTailAddr', 0x00e8, 'tail of the guest APIC log in memory',
    { ADDR: bits(51, 3, 'address [51:3]', { address: true }) }),
  GAHead: register('GAHead', 0x2040, 'guest APIC log head', gaPointer('offset / 8 of the next entry to read')),
  GATail: register('GATail', 0x2048, 'guest APIC log tail', gaPointer('offset / 8 where the next entry goes')),
}
export const commandsAndEvents = {
  CmdHead: register('CmdHead', 0x2000, 'command buffer head', pointer('offset / 16 of the next command to fetch')),
  CmdTail: register('CmdTail', 0x2008, 'command buffer tail', pointer('offset / 16 behind the last command')),
  EventHead: register('EventHead', 0x2010, 'event log head', headOf('event')),
  EventTail: register('EventTail', 0x2018, 'event log tail', tailOf('event')),
}
