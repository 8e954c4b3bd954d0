/** Every layout, by the name that `explain` and the documentation use. */
import type { Layout } from '../../iommu/layout.ts'
import { commandLayouts, otherForms } from './commands.ts'
import { eventLayouts } from './events.ts'
import { ioapicEntry, irte128, irte32, irteGuest, messageData } from './interrupts.ts'
import { gaLogEntry, pprLogEntry } from './log-entries.ts'
import { pciCapability, registers } from './registers.ts'
import { deviceTableEntry, gcr3Entry, guestPageEntry, hostPage, hostTable } from './structures.ts'

export const layouts: readonly Layout[] = [
  ...[registers, pciCapability].flatMap(of => Object.values(of).map(({ layout }) => layout as Layout)),
  deviceTableEntry, hostTable, hostPage, gcr3Entry, guestPageEntry, irte32, irte128, irteGuest, messageData,
  ioapicEntry,
  ...Object.values(commandLayouts), ...Object.values(otherForms), ...Object.values(eventLayouts),
  pprLogEntry, gaLogEntry,
]
/** What drivers, logs and the manual call them for short. One may stand for several forms. */
export const shortNames: Readonly<Record<string, readonly Layout[]>> = {
  DTE: [deviceTableEntry], IRTE: [irte32, irte128, irteGuest], PTE: [hostPage], PDE: [hostTable],
  command: [...Object.values(commandLayouts), ...Object.values(otherForms)], event: Object.values(eventLayouts),
  PPR: [pprLogEntry], EFR: [registers.ExtFeature.layout], EFR2: [registers.ExtFeature2.layout],
}
export * from './commands.ts'
export * from './events.ts'
export * from './interrupts.ts'
export * from './log-entries.ts'
export * from './registers.ts'
export * from './structures.ts'
export * from '../../iommu/layout.ts'
