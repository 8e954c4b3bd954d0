/** Capability switches of an AMD IOMMU, and what is not surely known of it: what a kernel has to know of the hardware.
 *  The unit reports NpCache, IASup and XTSup (PCI capability header bit 26, EFR bits 6 and 2); the rest it does not. */
import type { Capabilities, Capability } from '../iommu/capability.ts'

const translates: Capability['matters'] = (part, { remapsDma }) => remapsDma && part === 'memory'
const remaps: Capability['matters'] = (part, { remapsInterrupts }) => remapsInterrupts && part === 'interrupts'
const either: Capability['matters'] = (part, design) => translates(part, design) || remaps(part, design)

/** The switches, by the names that bounds have for them. */
export const capabilities = {
  /** A new mapping needs an invalidation too; mostly emulated units. */
  npCache: { says: 'NpCache: not-present entries may be cached', standard: 0, demanding: 1, matters: either },
  /** All parts in use do (one source); older ones that did not are reported. */
  coherent: { says: 'snooped walks: reads of tables snoop the CPU caches', standard: 1, demanding: 0, matters: either },
  /** Those who implement it execute commands one by one; the manual is said to promise an order at waits only. */
  ordered: { says: 'ordered commands: each begins when the one before it has ended', standard: 1, demanding: 0,
    matters: either },
  /** Only a kernel that empties all caches at once asks for it: no step of the built-in designs does. */
  ia: { says: 'IASup: INVALIDATE_IOMMU_ALL is legal', standard: 1, demanding: null, matters: () => false },
  xt: { says: 'XTSup: 32-bit APIC ids in interrupt remapping', standard: 1, demanding: null, matters: () => false },
  /** Told in a patent on the completion wait, and relied on by drivers; not known from the manual. */
  drain: { says: 'draining: a completed INVALIDATE_IOMMU_PAGES has drained the DMA that used the entries', standard: 1,
    demanding: null, matters: translates },
  /** Of interrupts no source says it: drivers free the old vector after the wait. */
  interruptDrain: { says: 'interrupt draining: a completed INVALIDATE_INTERRUPT_TABLE has drained remapped interrupts',
    standard: 1, demanding: null, matters: remaps },
} as const satisfies Capabilities
export type Caps = Readonly<Record<keyof typeof capabilities, boolean>>
