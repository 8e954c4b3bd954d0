/** Budgets of the built-in kernel designs. A limit is the price of the counts a path is expected to take, plus 10
 *  percent, rounded up to tens: room for one more lock or atomic, none for a second round through the invalidation
 *  queue. */
import {
  attach, attachWhy, budget, call, coldDma, detach, detachWhy, dmaWhy, flush, interrupt, map, mapWhy, migrate,
  migrateWhy, remapWhy, remapped, reprogram, reprogrammed, submit, unmap,
} from './parts.ts'
import type { DesignBudget } from './parts.ts'
import { systemBudgets } from './systems.ts'
import { virtualBudgets } from './virtual.ts'

export type { DesignBudget } from './parts.ts'

export const budgets: readonly DesignBudget[] = [
  budget('no-iommu', 'map', 80, { 'frame-alloc': 1 }, 'no table to write: a frame from the free list'),
  budget('no-iommu', 'unmap', 80, { 'frame-free': 1 }, 'no table to clear: a frame to the free list'),
  budget('no-iommu', 'irq-deliver', 1760, interrupt, 'as a remapped MSI (Pan 2024) without the fetch of an entry'),
  budget('no-iommu', 'irq-migrate', 13590, reprogrammed, reprogram),

  budget('ring0-strict', 'attach', 50, attach, attachWhy),
  budget('ring0-strict', 'map', 880, map, mapWhy),
  budget('ring0-strict', 'dma', 1910, coldDma, dmaWhy),
  budget('ring0-strict', 'unmap', 3470, unmap,
    'strict dma_unmap is 3067 cycles (rIOMMU table 1, strict+), 2135 of them the invalidation; frame and lock on top'),
  budget('ring0-strict', 'detach', 2420, detach, detachWhy),
  budget('ring0-strict', 'irq-deliver', 2240, remapped, remapWhy),
  budget('ring0-strict', 'irq-migrate', 2680, migrate, migrateWhy),

  budget('ring0-register', 'unmap', 3450,
    { 'pte-clear': 1, 'mmio-write': 2, 'queue-wait': 1, 'iova-free': 1, 'frame-free': 1 },
    'as ring0-strict, the queue replaced by IVA and IOTLB registers and a poll of IVT'),
  budget('ring0-strict+source-masked', 'irq-migrate', 13590, reprogrammed, reprogram),
  budget('ring0-strict+table-switch', 'irq-migrate', 2830, { ...migrate, 'mmio-write': 3 },
    'a table of one entry, three register writes to switch to it, then one round through the invalidation queue'),

  budget('ring0-deferred', 'map', 880, map, mapWhy),
  budget('ring0-deferred', 'dma', 1910, coldDma, dmaWhy),
  budget('ring0-deferred', 'unmap', 830, { 'pte-clear': 1, 'deferred-enqueue': 1 },
    'deferred dma_unmap is 1240 cycles (rIOMMU table 1, defer+); address and frame are freed by the flush'),
  budget('ring0-deferred', 'flush', 2970, flush,
    'one round through the invalidation queue for a batch of one, then address and frame freed; Linux spreads it over '
      + 'up to 250 pages'),
  budget('ring0-deferred-early', 'map', 880, map, mapWhy),
  budget('ring0-deferred-early', 'unmap', 900, { 'pte-clear': 1, 'deferred-enqueue': 1, 'frame-free': 1 },
    'deferred dma_unmap (rIOMMU table 1, defer+), the frame freed at once; the address by the flush'),
  budget('ring0-deferred-early', 'flush', 2900, { ...submit(2), 'iova-free': 1 },
    'one round through the invalidation queue for a batch of one, then the address freed'),

  budget('user-port-io', 'map', 230, { 'syscall': 1, 'frame-alloc': 1 },
    'no table to write: a system call (seL4, 135 cycles) for a frame'),
  budget('user-port-io', 'unmap', 230, { 'syscall': 1, 'frame-free': 1 },
    'no table to clear: a system call to give the frame back'),
  budget('user-port-io', 'port-io', 3740, { 'syscall': 1, 'port-io': 1 },
    'a legacy port takes about 1 us (Fiasco, 3260 cycles); the system call hides behind it'),
  budget('user-port-io', 'irq-deliver', 3100, { ...interrupt, 'irq-to-user': 1, 'syscall': 1 },
    'device interrupt to user handler is 1455 cycles under seL4, entry in it; message, handler, EOI and acknowledging '
      + 'call on top'),

  budget('driver-server', 'attach', 1470, { ...call, ...attach }, `IPC call and reply (seL4, 714 + 577); ${attachWhy}`),
  budget('driver-server', 'map', 2300, { ...call, ...map }, `IPC call and reply (seL4, 714 + 577); ${mapWhy}`),
  budget('driver-server', 'dma', 1910, coldDma, dmaWhy),
  budget('driver-server', 'unmap', 4890, { ...call, ...unmap },
    'IPC call and reply (seL4, 714 + 577); then as ring0-strict'),
  budget('driver-server', 'detach', 2420, detach, detachWhy),
  budget('driver-server', 'irq-deliver', 3570, { ...remapped, 'irq-to-user': 1, 'syscall': 1 },
    `device interrupt to user handler is 1455 cycles under seL4, entry in it; ${remapWhy}; the acknowledging system `
      + 'call on top'),
  budget('driver-server', 'irq-migrate', 2680, migrate, migrateWhy),

  ...systemBudgets, ...virtualBudgets,
]
