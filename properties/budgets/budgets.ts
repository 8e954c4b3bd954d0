/** Budgets of the built-in kernel designs. A limit is the price of the counts a path is expected to take, plus 10
 *  percent, rounded up to tens: room for one more lock or atomic, none for a second round through the invalidation
 *  queue. */
import type { UnitCounts } from '../../spec/costs/index.ts'

export interface DesignBudget {
  readonly design: string
  readonly path: string
  /** What the design is expected to count for one pass of the path. */
  readonly expects: UnitCounts
  readonly limit_cycles: number
  readonly derivation: string
  readonly profile: string
}

const budget = (design: string, path: string, limit_cycles: number, expects: UnitCounts,
  derivation: string): DesignBudget =>
  ({ design, path, expects, limit_cycles, derivation, profile: 'xeon-2011-2016' })

const map: UnitCounts = { 'iova-alloc': 1, 'frame-alloc': 1, 'pte-store': 1 }
/** Submit `n` descriptors, the wait among them, and poll. */
const submit = (n: number): UnitCounts => ({ 'lock': 1, 'qi-descriptor': n, 'qi-tail-write': 1, 'qi-wait': 1 })
const unmap: UnitCounts = { 'pte-clear': 1, ...submit(2), 'iova-free': 1, 'frame-free': 1 }
const attach: UnitCounts = { 'context-store': 1 }
const detach: UnitCounts = { 'context-store': 1, ...submit(3) }
const coldDma: UnitCounts = { 'context-fetch': 1, 'walk-level': 3, 'iotlb-hit': 1 }
const interrupt: UnitCounts = { 'msi-message': 1, 'lapic-accept': 1, 'irq-entry': 1, 'handler': 1, 'eoi': 1 }
const remapped: UnitCounts = { ...interrupt, 'irte-fetch': 1 }
/** Two locks of the vector allocator beside that of the queue; the old CPU is asked whether the old vector is idle. */
const migrate: UnitCounts = { 'irte-store': 1, ...submit(2), 'lock': 3, 'ipi': 1 }
const reprogrammed: UnitCounts = { 'lock': 2, 'mmio-write': 2, 'config-write': 2, 'mmio-read': 1, 'ipi': 1 }
/** The interrupt makes the guest exit, and is entered a second time, in the guest. */
const injected: UnitCounts = { ...remapped, 'irq-entry': 2, 'vm-exit': 1 }
const flush: UnitCounts = { ...submit(2), 'iova-free': 1, 'frame-free': 1 }
const call: UnitCounts = { 'ipc-call': 1, 'ipc-reply': 1 }

const reprogram = 'address and data in configuration space, each non-posted, priced as a read across PCIe (Richter, '
  + 'Laight); mask, unmask and a read back'
const remapWhy = 'entry, handler and EOI of a remapped MSI are 193.9 ns (Pan 2024), the message half a DMA read '
  + '(pcie-bench); cold IRTE'
const migrateWhy = 'one 16-byte store, then one round through the invalidation queue, 2127 cycles (rIOMMU table 1)'
const injectedWhy = 'the host takes the interrupt of the device, an exit (a null hypercall of KVM is 1529 cycles), and '
  + 'the guest takes what is injected; handler and EOI as of a remapped MSI'
const mapWhy = 'dma_map with a constant-time allocator is 727 cycles (rIOMMU table 1, strict+); a frame from the free '
  + 'list on top'
const dmaWhy = 'a cold translation: context entry and a three-level walk; an IOTLB miss is 280 ns (pcie-bench, '
  + 'Broadwell), a hit is free'
const attachWhy = 'one context entry; with CAP.CM=0 nothing of it was cached before, so nothing is invalidated'
const detachWhy = 'one context entry, then context-cache and IOTLB invalidation in one round through the queue'

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
    { 'pte-clear': 1, 'mmio-write': 2, 'qi-wait': 1, 'iova-free': 1, 'frame-free': 1 },
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

  budget('vm-emulated', 'port-io', 5270, { 'vm-exit': 1, 'port-io': 1 },
    'the access exits to the monitor (a null hypercall of KVM is 1529 cycles), which does it: about 1 us on a legacy '
      + 'bus'),
  budget('vm-emulated', 'unmap', 6000, { 'vm-exit': 1, 'buffer-copy': 1, ...unmap },
    'an exit, then as ring0-strict, and the copy of the page for the guest'),
  budget('vm-emulated', 'irq-deliver', 4340, injected, injectedWhy),
  budget('vm-assigned', 'unmap', 5120, { 'vm-exit': 1, 'pte-clear': 2, ...submit(2), 'frame-free': 1 },
    'an exit, the entries of the CPUs and of the device cleared, one round through the invalidation queue'),
  budget('vm-assigned', 'irq-deliver', 4340, injected, injectedWhy),
]
