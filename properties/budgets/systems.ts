/** Budgets of the systems of the thread (docs/systems.md): what each pays for being what it is. Limits as in
 *  budgets.ts. */
import {
  attach, attachWhy, budget, call, coldDma, detach, detachWhy, dmaWhy, interrupt, map, mapWhy, migrate, migrateWhy,
  remapWhy, remapped, reprogram, reprogrammed, submit, unmap,
} from './parts.ts'
import type { DesignBudget } from './parts.ts'

const strictWhy = 'as ring0-strict: strict dma_unmap is 3067 cycles (rIOMMU table 1, strict+); frame and lock on top'
const shotDown = 'entry into the handler and EOI of a CPU that is interrupted; the flush of its own TLB is not priced'
const ipcWhy = 'IPC call and reply (seL4, 714 + 577)'
const toUser = 'device interrupt to user handler is 1455 cycles under seL4, entry in it'
const answered = { 'irq-entry': 1, 'eoi': 1 } as const

export const systemBudgets: readonly DesignBudget[] = [
  budget('user-port-bitmap', 'map', 230, { 'syscall': 1, 'frame-alloc': 1 },
    'no table to write: a system call (seL4, 135 cycles) for a frame'),
  budget('user-port-bitmap', 'unmap', 230, { 'syscall': 1, 'frame-free': 1 },
    'no table to clear: a system call to give the frame back'),
  budget('user-port-bitmap', 'port-io', 3590, { 'port-io': 1 },
    'a legacy port takes about 1 us (Fiasco, 3260 cycles), and nothing comes before it'),
  budget('user-port-bitmap', 'detach', 240, { 'ipi': 1 },
    'an interrupt for the one other CPU, which loads its bitmap anew'),
  budget('user-port-bitmap', 'shootdown', 570, answered, shotDown),
  budget('user-port-bitmap', 'irq-deliver', 3100, { ...interrupt, 'irq-to-user': 1, 'syscall': 1 },
    `${toUser}; message, handler, EOI and acknowledging call on top`),

  budget('pistachio-irq', 'map', 2300, { ...call, ...map }, `${ipcWhy}; ${mapWhy}`),
  budget('pistachio-irq', 'unmap', 4890, { ...call, ...unmap }, `${ipcWhy}; then as ring0-strict`),
  budget('pistachio-irq', 'irq-deliver', 3670, { ...remapped, 'irq-to-user': 1, 'syscall': 1, 'mmio-write': 2 },
    `${toUser}; ${remapWhy}; two posted writes to the mask bit, and the system call of the reply`),
  budget('pistachio-irq', 'irq-migrate', 2680, migrate, migrateWhy),
  budget('pistachio-irq+source-masked', 'irq-migrate', 13590, reprogrammed, reprogram),

  budget('irq-balancer', 'irq-deliver', 2240, remapped, remapWhy),
  budget('irq-balancer', 'irq-migrate', 2710, { ...migrate, 'lock': 4 },
    `${migrateWhy}; the lock of the source on top`),

  budget('io-lite', 'unmap', 3470, unmap, strictWhy),
  budget('io-lite', 'protect', 3070, { 'pte-store': 1, ...submit(2) },
    'the seal: one store, then one round through the invalidation queue, 2127 cycles (rIOMMU table 1)'),
  budget('io-lite', 'pass', 30, { 'lock': 1 }, 'one atomic increment of the count'),
  budget('io-lite', 'drop', 30, { 'lock': 1 }, 'one atomic decrement of the count'),

  budget('mbuf-copy', 'unmap', 3470, unmap, strictWhy),
  budget('mbuf-copy', 'copyOut', 920, { 'frame-alloc': 1, 'buffer-copy': 1 },
    'a frame for the copy, and the copy of one page'),
  budget('mbuf-copy', 'drop', 80, { 'frame-free': 1 }, 'the frame of the copy to the free list'),

  budget('polling-longlived', 'map', 1030, { ...map, 'syscall': 1 },
    `a system call (seL4, 135 cycles), once; ${mapWhy}`),
  budget('polling-longlived', 'dma', 1910, coldDma, dmaWhy),
  budget('polling-longlived', 'attach', 200, { ...attach, 'syscall': 1 }, `a system call, once; ${attachWhy}`),
  budget('polling-longlived', 'detach', 2990, { ...detach, 'pte-clear': 1, 'frame-free': 1 },
    `${detachWhy}; one page cleared and its frame freed`),

  budget('pmap-unified', 'map', 1580, { ...map, 'pte-store': 2 },
    `${mapWhy}; the entry of the CPU on top, priced as another`),
  budget('pmap-unified', 'unmap', 4200, { ...unmap, 'pte-clear': 2, 'ipi': 1 },
    'as ring0-strict, with a second entry and an interrupt for the one other CPU; their waits overlap'),
  budget('pmap-unified', 'shootdown', 570, answered, shotDown),

  budget('darbat-like', 'unmap', 3470, unmap, strictWhy),
  budget('darbat-like', 'irq-deliver', 3720, { ...remapped, 'irq-to-user': 1, 'syscall': 2 },
    `${remapWhy}; waking a thread is priced as the way to a user handler (seL4, 1455 cycles); the driver goes to sleep `
      + 'before the interrupt and after it'),

  budget('single-server', 'map', 1730, { ...map, 'pte-store': 2, 'syscall': 1 },
    `a hypercall, priced as a system call (seL4, 135 cycles); ${mapWhy}; the entry of the CPU on top`),
  budget('single-server', 'unmap', 830, { 'pte-clear': 1, 'deferred-enqueue': 1 },
    'the server clears its own entry and queues the page; the hypercall comes with the flush'),
  budget('single-server', 'flush', 4350,
    { 'iova-free': 1, 'frame-free': 1, 'pte-clear': 2, ...submit(2), 'syscall': 1, 'ipi': 1 },
    'a hypercall for a batch of one: two entries, an interrupt for the other CPU, one round through the queue'),
  budget('single-server', 'shootdown', 570, answered, shotDown),

  budget('l4re-io', 'connect', 50, attach, attachWhy),
  budget('l4re-io', 'map', 2300, { ...call, ...map }, `${ipcWhy}; ${mapWhy}`),
  budget('l4re-io', 'dma', 1910, coldDma, dmaWhy),
  budget('l4re-io', 'unmap', 4890, { ...call, ...unmap }, `${ipcWhy}; then as ring0-strict`),
  budget('l4re-io', 'request', 2120, { ...call, 'pte-store': 1 },
    `${ipcWhy}; one entry of the CPU's page table, once a device`),
  budget('l4re-io', 'reach', 4410, { 'mmio-read': 1 },
    'a read of a register across PCIe and back, with nothing before it'),
  budget('l4re-io', 'irq-deliver', 3570, { ...remapped, 'irq-to-user': 1, 'syscall': 1 },
    `${toUser}; ${remapWhy}; the acknowledging system call on top`),
  budget('l4re-io', 'revoke', 3730, { ...submit(3), 'ipi': 1, 'pte-clear': 2, 'device-entry-store': 1,
    'frame-free': 1 },
  'a window and a page cleared, an interrupt for the other CPU, one context entry, one round through the queue'),
  budget('l4re-io', 'shootdown', 570, answered, shotDown),
]
