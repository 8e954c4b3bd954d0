/** The closed vocabulary of cost: what a step may count, and the paths it belongs to. Prices are in the profiles beside
 *  this file. */

/** Unit -> what one of it is. A unit that is not here is an error wherever it appears: in an event, a profile or a
 *  budget. */
export const units = {
  'iova-alloc': 'find and claim a free I/O virtual address range',
  'iova-free': 'look up and release an I/O virtual address range',
  'frame-alloc': 'take a page frame from the free list',
  'frame-free': 'give a page frame back to the free list',
  'pte-store': 'map one page: software walk to the leaf, the store of the entry, the call around it',
  'pte-clear': 'unmap one page: software walk to the leaf, clearing the entry, the call around it',
  'table-alloc': 'take and zero a frame for a page, device or interrupt table',
  'table-free': 'give the frame of a table back',
  'device-entry-store': 'store of one entry that says which page tables a device has',
  'remap-entry-store': '16-byte atomic store of one interrupt remapping entry',
  'cache-line-writeback': 'CLFLUSH or CLFLUSHOPT of one line, for units whose walks do not snoop',
  'write-buffer-flush': 'chipset write-buffer flush: command and poll of the status',
  'queue-entry': 'store of one 16-byte entry of the invalidation queue',
  'queue-tail-write': 'fence and MMIO write of the queue tail register',
  'queue-wait': 'poll until the wait status is written; includes the time the hardware takes for the batch',
  'iotlb-invalidate': 'hardware work of one IOTLB invalidation',
  'device-entry-invalidate': 'hardware work of one invalidation of a cached device entry',
  'remap-entry-invalidate': 'hardware work of one invalidation of the interrupt entry cache',
  'buffer-copy': 'copy of one page that the device has written into another',
  'lock': 'one uncontended lock, taken and released',
  'iotlb-hit': 'DMA translated by the IOTLB',
  'walk-level': 'one memory access of a hardware page walk',
  'device-entry-fetch': 'hardware fetch of a device entry on a cache miss',
  'remap-entry-fetch': 'hardware fetch of an interrupt remapping entry on a cache miss',
  'interrupt-post': 'atomic update by which the hardware posts one interrupt in memory',
  'remap-entry-hit': 'interrupt remapped by the interrupt entry cache',
  'msi-message': 'posted write of a message from the device to the interrupt fabric',
  'lapic-accept': 'local APIC accepts a vector into IRR',
  'irq-entry': 'dispatch of a vector into the kernel and the return from it',
  'handler': 'body of the driver\'s interrupt handler',
  'eoi': 'end of interrupt written to the local APIC',
  'irq-to-user': 'from kernel entry to the userland driver\'s handler in another address space',
  'ipc-call': 'IPC call to a server in another address space, one way',
  'ipc-reply': 'the reply to an IPC call',
  'ipc-notify': 'asynchronous signal to another process',
  'syscall': 'kernel entry and exit that does nothing else',
  'port-io': 'one IN or OUT of a legacy port',
  'mmio-write': 'posted write of a register',
  'mmio-read': 'read of a device register across PCIe and back',
  'config-write': 'non-posted write of PCI configuration space',
  'ipi': 'sending an inter-processor interrupt; the receiver counts its own lapic-accept, irq-entry and eoi',
  'vm-exit': 'a trap from a guest into the hypervisor and the return to it',
  'deferred-enqueue': 'what deferring adds to one unmap: putting the page on the list of pages to flush',
} as const

export type Unit = keyof typeof units
/** How many of each unit. */
export type UnitCounts = { readonly [U in Unit]?: number }

/** The known paths, in the order reports show them. Others may appear. */
export const paths = {
  'attach': 'give a device to a driver: domain and context entry',
  'map': 'make one page reachable by a device',
  'dma': 'translation of one DMA request, without the transfer itself',
  'unmap': 'take one page back from a device',
  'flush': 'one flush of a batch of deferred unmaps',
  'detach': 'take a device from a driver',
  'irq-deliver': 'one interrupt from the device to the end of its handler',
  'irq-migrate': 'move one interrupt to another processor',
  'vm-run': 'a hypervisor puts a virtual CPU on a CPU, or takes it off',
  'port-io': 'one access to a device port by its driver',
  'protect': 'make one page read-only for a device',
  'pass': 'hand a buffer on to one more consumer',
  'copyOut': 'copy what a device has written into a page for a consumer',
  'drop': 'take a buffer back from a consumer',
  'shootdown': 'what another CPU does that is asked to forget a mapping or a bitmap',
  'connect': 'give a bus with its devices to a client',
  'request': 'give a client the memory or the ports of one device',
  'reach': 'one access to a device by its client',
  'revoke': 'take a bus with all that it gave from its client',
} as const

export const vocabulary = { units, paths }
