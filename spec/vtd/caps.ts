/** Capability switches of a VT-d unit (CAP and ECAP, rev 5.10 11.4.2 and 11.4.3): what a kernel has to know of the
 *  hardware. */
import { decode, dwordsOf, encode, qwordsOf, registers } from './layout/index.ts'

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
  /** An IEC invalidation drains remapped interrupts in flight (chapter 6). Required by the manual; the X58 erratum
   *  lacks it. */
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

/** What a unit has besides the switches: sizes and places. The manual's names are beside each. */
export interface UnitShape {
  /** SAGAW: numbers of levels of second-stage tables, of 3, 4 and 5. */
  readonly levels: readonly number[]
  /** SSLPS: levels of large leaves, of 2 and 3. */
  readonly superpages: readonly number[]
  /** MGAW + 1 */
  readonly guestAddressWidth: number
  /** 4 + 2 * ND: 4, 6, up to 16. */
  readonly domainIdWidth: number
  /** NFR + 1 */
  readonly faultRecords: number
  /** PT */
  readonly passThrough: boolean
  /** MAMV, where there is PSI; MHMV. */
  readonly maxAddressMask: number
  readonly maxIndexMask: number
}
const ordinary: UnitShape = {
  levels: [3, 4], superpages: [2, 3], guestAddressWidth: 48, domainIdWidth: 16, faultRecords: 1, passThrough: true,
  maxAddressMask: 18, maxIndexMask: 15,
}

/** CAP and ECAP of a legacy-mode unit with queue and interrupt remapping, IVA at F0h and FRCD from 200h.
 *  `interruptDrain` has no bit: its lack is an erratum. */
export function capabilityRegisters(caps: Caps,
  shape: Partial<UnitShape> = {}): { readonly cap: bigint; readonly ecap: bigint } {
  const {
    levels, superpages, guestAddressWidth, domainIdWidth, faultRecords, passThrough, maxAddressMask, maxIndexMask
  } = { ...ordinary, ...shape }
  const sum = (bits: readonly number[], first: number): number =>
    bits.reduce((all, level) => all + 2 ** (level - first), 0)
  const cap = encode(registers.CAP.layout, {
    ND: (domainIdWidth - 4) / 2, RWBF: Number(caps.rwbf), CM: Number(caps.cm), SAGAW: sum(levels, 2),
    MGAW: guestAddressWidth - 1,
    FRO: 0x20, SSLPS: sum(superpages, 2),
    PSI: Number(caps.psi), NFR: faultRecords - 1, MAMV: caps.psi ? maxAddressMask : 0,
    DWD: Number(caps.drain), DRD: Number(caps.drain), ESIRTPS: Number(caps.esirtps),
  })
  const ecap = encode(registers.ECAP.layout,
    { C: Number(caps.coherent), QI: 1, IR: 1, EIM: Number(caps.eim), PT: Number(passThrough), IRO: 0xf,
      MHMV: maxIndexMask })
  return { cap: qwordsOf(cap)[0]!, ecap: qwordsOf(ecap)[0]! }
}

/** The switches that CAP and ECAP show. */
export function capsOfRegisters(cap: bigint, ecap: bigint): Omit<Caps, 'interruptDrain'> {
  const c = decode(registers.CAP.layout, dwordsOf(cap)), e = decode(registers.ECAP.layout, dwordsOf(ecap))
  return {
    cm: c.CM === 1, rwbf: c.RWBF === 1, coherent: e.C === 1, psi: c.PSI === 1, eim: e.EIM === 1,
    esirtps: c.ESIRTPS === 1, drain: c.DWD === 1 && c.DRD === 1,
  }
}
