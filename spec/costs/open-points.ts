/** What measurement would replace an assumed price. */
import { units } from './units.ts'
import type { Unit } from './units.ts'

const measurements: { readonly [U in Unit]?: string } = {
  'remap-entry-fetch': 'the same interrupt with remapping off, with its entry cached, and after an invalidation of '
    + 'the entry cache, timed from the write of the message to the handler',
  'msi-message': 'the time from the write of a message to the handler, of a device that stamps its writes, less entry',
  'lapic-accept': 'the same measurement on a CPU that polls IRR',
  'handler': 'a handler of a real driver alone, with its lines in the cache and in memory',
  'eoi': 'a loop of EOI writes in xAPIC and in x2APIC mode on the machine of the profile',
  'irq-entry': 'a software interrupt to an empty handler and back on the machine of the profile',
  'irq-to-user': 'the interrupt benchmark of seL4 on the machine of the profile',
  'ipc-call': 'the IPC benchmark of seL4 on the machine of the profile',
  'ipc-reply': 'the IPC benchmark of seL4 on the machine of the profile',
  'syscall': 'a null system call on the machine of the profile',
  'ipi': 'a loop of writes of ICR to a CPU that masks the vector, less the fence',
  'config-write': 'a loop of configuration writes to a device, by port and by memory mapping',
  'mmio-read': 'a loop of register reads of a device behind a root port of the machine of the profile',
  'mmio-write': 'a loop of posted writes with a read at its end, for several lengths',
  'queue-tail-write': 'one descriptor and many, each with one write of the tail, and the difference',
  'queue-wait': 'waits alone, and waits behind 1 to 64 invalidations, of pages cached and not: what the hardware takes',
  'pte-store': 'iommu_map of one page in the kernel of the machine of the profile, without tracing',
  'pte-clear': 'iommu_unmap of one page in the kernel of the machine of the profile, without tracing',
  'iova-alloc': 'the address allocator under a running network load, with its caches full and empty',
  'iova-free': 'the address allocator under a running network load, with its caches full and empty',
  'deferred-enqueue': 'an unmap in lazy mode, less its page tables',
  'frame-alloc': 'the page allocator under a running network load', 'frame-free': 'the page allocator under load',
  'buffer-copy': 'a copy of a page that a device has just written, with direct cache access on and off',
}
export const settledBy = (unit: string): string => measurements[unit as Unit]
  ?? `${units[unit as Unit]}, in a loop on the machine of the profile`
