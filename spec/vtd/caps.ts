/** Capability switches of a VT-d unit (CAP and ECAP, rev 5.10 11.4.2 and 11.4.3): what a kernel has to know of the
 *  hardware. */
import type { Capabilities, Capability } from '../iommu/capability.ts'

const translates: Capability['matters'] = (part, { remapsDma }) => remapsDma && part === 'memory'
const remaps: Capability['matters'] = (part, { remapsInterrupts }) => remapsInterrupts && part === 'interrupts'
const either: Capability['matters'] = (part, design) => translates(part, design) || remaps(part, design)

/** The switches, by the names that bounds have for them. */
export const capabilities = {
  /** Not-present entries may be cached, so a new mapping needs an invalidation too (chapter 6). */
  cm: { says: 'CAP.CM: not-present entries may be cached', standard: 0, demanding: 1, matters: either },
  /** Stores to tables may sit in a chipset write buffer that software must flush (chapter 6). */
  rwbf: { says: 'CAP.RWBF: table stores wait in a chipset write buffer', standard: 0, demanding: 1, matters: either },
  /** Table walks snoop the CPU caches; without it software writes lines back itself (chapter 6). */
  coherent: { says: 'ECAP.C: table walks snoop the CPU caches', standard: 1, demanding: 0, matters: either },
  /** Without it software invalidates the domain. */
  psi: { says: 'CAP.PSI: page-selective IOTLB invalidation', standard: 1, demanding: null, matters: translates },
  eim: { says: 'ECAP.EIM: 32-bit APIC ids in interrupt remapping', standard: 1, demanding: null, matters: () => false },
  /** Setting the interrupt table pointer invalidates the interrupt entry cache by itself. */
  esirtps: {
    says: 'CAP.ESIRTPS: setting the interrupt table pointer invalidates the IEC', standard: 0, demanding: 0,
    matters: (part, design) => remaps(part, design) && design.interruptTables === 2,
  },
  /** An IOTLB invalidation drains translated requests in flight before the next wait completes. */
  drain: { says: 'CAP.DWD and DRD: IOTLB invalidation drains DMA in flight', standard: 1, demanding: null,
    matters: translates },
  /** Required by the manual (chapter 6); the X58 erratum lacks it. */
  interruptDrain: { says: 'interrupt draining: IEC invalidation drains remapped interrupts in flight', standard: 1,
    demanding: null, matters: remaps },
} as const satisfies Capabilities
export type Caps = Readonly<Record<keyof typeof capabilities, boolean>>
