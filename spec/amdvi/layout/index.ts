/** Every layout, by the name that `explain` and the documentation use. */
import type { Layout } from '../../iommu/layout.ts'
import { commandLayouts } from './commands.ts'
import { eventLayouts } from './events.ts'
import { ioapicEntry, irte128, irte32, irteGuest, messageData } from './interrupts.ts'
import { registers } from './registers.ts'
import { deviceTableEntry, gcr3Entry, guestPageEntry, hostPage, hostTable } from './structures.ts'

export const layouts: readonly Layout[] = [
  ...Object.values(registers).map(({ layout }) => layout as Layout),
  deviceTableEntry, hostTable, hostPage, gcr3Entry, guestPageEntry, irte32, irte128, irteGuest, messageData,
  ioapicEntry,
  ...Object.values(commandLayouts), ...Object.values(eventLayouts),
]
export * from './commands.ts'
export * from './events.ts'
export * from './interrupts.ts'
export * from './registers.ts'
export * from './structures.ts'
export * from '../../iommu/layout.ts'
