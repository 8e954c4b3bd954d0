/** The register map (AMD 48882 rev 3.05, ch. 3): offsets in bytes, fields, and how software may touch each.
 *  Fields that only newer revisions name, and those that sources place differently, say what un-reserves them.
 *  Places are those of drivers, of an implementation that follows the manual (VirtualBox), and of the list of registers
 *  that AMD publishes for its debugger (umr). Performance counters are left out. */
import { bit, bits } from '../../iommu/layout.ts'
import { control } from './registers/control.ts'
import { features } from './registers/features.ts'
import { commandsAndEvents, guestApicLog, hardwareEvents, pageRequests, secondLogs } from './registers/logs.ts'
import { filters, msi, xt } from './registers/messages.ts'
import { register, ring, severalOf } from './registers/register.ts'

export { pciCapability } from './registers/pci.ts'
export type { Register } from './registers/register.ts'

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
  DevTabSegment: severalOf(register('DevTabSegment', 0x0100, 'device table of a further segment', {
    SIZE: bits(8, 0, 'pages of 4 KiB, less 1; 7:0 in one source'),
    BASE: bits(51, 12, 'device table', { address: true }),
  }), 7),
}

/** By name. */
export const registers = { ...tables, ...control, ...features, ...commandsAndEvents, ...pageRequests, ...guestApicLog,
  ...secondLogs, ...hardwareEvents, ...msi, ...xt, ...filters }
export type RegisterName = keyof typeof registers
