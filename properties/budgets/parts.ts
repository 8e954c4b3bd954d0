/** What budgets are made of: counts that paths of several designs share, and why they cost what they do. */
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

export const budget = (design: string, path: string, limit_cycles: number, expects: UnitCounts,
  derivation: string): DesignBudget =>
  ({ design, path, expects, limit_cycles, derivation, profile: 'xeon-2011-2016' })

export const map: UnitCounts = { 'iova-alloc': 1, 'frame-alloc': 1, 'pte-store': 1 }
/** Submit `n` descriptors, the wait among them, and poll. */
export const submit = (n: number): UnitCounts => ({
  'lock': 1, 'queue-entry': n, 'queue-tail-write': 1, 'queue-wait': 1 })
export const unmap: UnitCounts = { 'pte-clear': 1, ...submit(2), 'iova-free': 1, 'frame-free': 1 }
export const attach: UnitCounts = { 'device-entry-store': 1 }
export const detach: UnitCounts = { 'device-entry-store': 1, ...submit(3) }
export const coldDma: UnitCounts = { 'device-entry-fetch': 1, 'walk-level': 3, 'iotlb-hit': 1 }
export const interrupt: UnitCounts = { 'msi-message': 1, 'lapic-accept': 1, 'irq-entry': 1, 'handler': 1, 'eoi': 1 }
export const remapped: UnitCounts = { ...interrupt, 'remap-entry-fetch': 1 }
/** Two locks of the vector allocator beside that of the queue; the old CPU is asked whether the old vector is idle. */
export const migrate: UnitCounts = { 'remap-entry-store': 1, ...submit(2), 'lock': 3, 'ipi': 1 }
export const reprogrammed: UnitCounts = { 'lock': 2, 'mmio-write': 2, 'config-write': 2, 'mmio-read': 1, 'ipi': 1 }
export const flush: UnitCounts = { ...submit(2), 'iova-free': 1, 'frame-free': 1 }
export const call: UnitCounts = { 'ipc-call': 1, 'ipc-reply': 1 }

export const reprogram = 'address and data in configuration space, each non-posted, priced as a read across PCIe '
  + '(Richter, Laight); mask, unmask and a read back'
export const remapWhy = 'entry, handler and EOI of a remapped MSI are 193.9 ns (Pan 2024), the message half a DMA read '
  + '(pcie-bench); cold IRTE'
export const migrateWhy =
  'one 16-byte store, then one round through the invalidation queue, 2127 cycles (rIOMMU table 1)'
export const mapWhy = 'dma_map with a constant-time allocator is 727 cycles (rIOMMU table 1, strict+); a frame from '
  + 'the free list on top'
export const dmaWhy = 'a cold translation: context entry and a three-level walk; an IOTLB miss is 280 ns (pcie-bench, '
  + 'Broadwell), a hit is free'
export const attachWhy = 'one context entry; with CAP.CM=0 nothing of it was cached before, so nothing is invalidated'
export const detachWhy = 'one context entry, then context-cache and IOTLB invalidation in one round through the queue'
