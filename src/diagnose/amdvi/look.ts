/** Whom an event names, and where to look next. */
import type { Look } from '../happening.ts'
import { hex } from '../text.ts'
import type { UnitEvent } from './event.ts'

export const usedOf = (address: bigint | null): string =>
  address === null ? 'an address that the line does not tell' : hex(address)
export const whoOf = ({ device }: Pick<UnitEvent, 'device'>): string => device ?? 'a device that the line does not name'

/** After a fault of DMA. */
export const nextOf = ({ device, system }: UnitEvent): readonly Look[] => system === 'Xen' ? [
  { run: 'xl debug-keys o; xl dmesg', says: 'what is mapped for the domain (key o)' },
  { run: `lspci -vs ${device ?? 'BB:DD.F'}`, says: 'who the device is' },
] : [
  { run: `lspci -vks ${device ?? 'BB:DD.F'}`, says: 'who the device is, and its driver' },
  { run: 'trace-cmd record -e iommu:map -e iommu:unmap -e iommu:io_page_fault',
    says: 'who mapped the page, and whether it was unmapped before' },
  { run: 'cat /proc/iomem', says: 'what lies at the address: System RAM, or a reserved range' },
]
/** After a fault of a device that has no domain. */
export const unattached = ({ device }: UnitEvent): readonly Look[] => [
  { run: `lspci -vks ${device ?? 'BB:DD.F'}`, says: 'who the device is, and whether it has a driver' },
  { run: 'ls -d /sys/kernel/iommu_groups/*/devices/*', says: 'which devices are attached' },
]
