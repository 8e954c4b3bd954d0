/** Capability switches of a VT-d unit (CAP and ECAP, rev 5.10 11.4.2 and 11.4.3): what a kernel has to know of the hardware. */

export interface Caps {
  /** CAP.CM: not-present entries may be cached, so a new mapping needs an invalidation too (chapter 6). */
  readonly cm: boolean
  /** CAP.RWBF: stores to tables may sit in a chipset write buffer that software must flush (chapter 6). */
  readonly rwbf: boolean
  /** ECAP.C: table walks snoop the CPU caches; without it software writes lines back itself (chapter 6). */
  readonly coherent: boolean
  /** CAP.PSI: page-selective IOTLB invalidation; without it software invalidates the domain. */
  readonly psi: boolean
  /** ECAP.EIM: 32-bit APIC ids in interrupt remapping. */
  readonly eim: boolean
  /** CAP.ESIRTPS: setting the interrupt table pointer invalidates the interrupt entry cache by itself. */
  readonly esirtps: boolean
  /** CAP.DWD and DRD: an IOTLB invalidation drains translated requests in flight before the next wait completes. */
  readonly drain: boolean
  /** An IEC invalidation drains remapped interrupts in flight (chapter 6). Required by the manual; the X58 erratum lacks it. */
  readonly interruptDrain: boolean
}

/** What current hardware reports. */
export const modernCaps: Caps = {
  cm: false, rwbf: false, coherent: true, psi: true, eim: true, esirtps: false, drain: true, interruptDrain: true,
}

/** The switch's register name, for help and reports. */
export const capNames: Readonly<Record<keyof Caps, string>> = {
  cm: 'CAP.CM', rwbf: 'CAP.RWBF', coherent: 'ECAP.C', psi: 'CAP.PSI', eim: 'ECAP.EIM', esirtps: 'CAP.ESIRTPS',
  drain: 'CAP.DWD+DRD', interruptDrain: 'interrupt drain',
}
