/** What raw registers say of a unit, in the terms of the walkers (VT-d rev 5.10, 11.4). */
import type { Caps } from './caps.ts'
import { decode, dwordsOf, encode, qwordsOf, registers } from './layout/index.ts'
import type { Dwords, Feature, Rules } from './layout/index.ts'
import type { InterruptUnit } from './remap/remap.ts'
import { hardwareGeometry } from './walk/tables.ts'
import { noSingleSource } from './walk/walk.ts'
import type { ScalableUnit, SingleSource, TranslationUnit } from './walk/walk.ts'

/** Registers as two dwords each, GSTS as one. */
export interface UnitRegisters {
  readonly cap: Dwords
  readonly ecap: Dwords
  readonly gsts: number
  readonly rtaddr: Dwords
  readonly irta: Dwords
}

type Capabilities = Pick<UnitRegisters, 'cap' | 'ecap' | 'rtaddr'>
const capOf = ({ cap }: Capabilities) => decode(registers.CAP.layout, cap)
const ecapOf = ({ ecap }: Capabilities) => decode(registers.ECAP.layout, ecap)
const rtaddrOf = ({ rtaddr }: Capabilities) => decode(registers.RTADDR.layout, rtaddr)

/** Which bits are reserved. @param haw host address width in bits: of the CPU, no register of the unit tells it. */
export function rulesOf(unit: Capabilities, haw: number): Rules {
  const fields: Readonly<Record<string, Readonly<Record<string, number>>>> = { CAP: capOf(unit), ECAP: ecapOf(unit),
    RTADDR: rtaddrOf(unit) }
  const has = (feature: Feature): boolean => {
    const [register, field] = feature.split('.') as [string, string]
    return fields[register]![field] === 1
  }
  return { has, haw }
}

/** FEEx_xxxx, whatever the registers say. */
export const interruptRange = { first: 0xfee00000, last: 0xfeefffff } as const

/** @param rules single-source rules the unit obeys, as far as its capabilities have them. */
export function translationUnitOf(unit: UnitRegisters, haw: number,
  rules: SingleSource = noSingleSource): TranslationUnit {
  const cap = capOf(unit), ecap = ecapOf(unit), { TTM, SSIRWE } = rtaddrOf(unit)
  const scalable: ScalableUnit = {
    firstStage: ecap.FSTS === 1, secondStage: ecap.SSTS === 1, nested: ecap.NEST === 1,
    firstStageLevels: cap.FS5LP === 1 ? [4, 5] : [4],
    firstStageSuperpages: cap.FS1GP === 1 ? [2, 3] : [2], executeRequests: ecap.ERS === 1, pasidWidth: ecap.PSS + 1,
  }
  return {
    geometry: hardwareGeometry, tes: decode(registers.GSTS.layout, [unit.gsts]).TES === 1,
    ttm: TTM as TranslationUnit['ttm'],
    hostAddressWidth: haw, maxGuestAddressWidth: cap.MGAW + 1,
    levels: [3, 4, 5].filter(levels => (cap.SAGAW >> levels - 2 & 1) === 1),
    superpages: [2, 3].filter(level => (cap.SSLPS >> level - 2 & 1) === 1),
    passThrough: ecap.PT === 1, deviceTlb: ecap.DT === 1, zlr: cap.ZLR === 1, abortMode: ecap.ADMS === 1,
    interruptRange,
    scalable: ecap.SMTS === 1 ? scalable : null,
    singleSource: { ...rules, ssirwe: rules.ssirwe && SSIRWE === 1,
      translatedPasid: rules.translatedPasid && ecap.PTRS === 1 },
  }
}

/** @param haw host address width in bits: what of the table is above it counts as outside. */
export function interruptUnitOf(unit: UnitRegisters, haw: number): InterruptUnit {
  const gsts = decode(registers.GSTS.layout, [unit.gsts]), irta = decode(registers.IRTA.layout, unit.irta),
    ecap = ecapOf(unit)
  return {
    ires: gsts.IRES === 1, cfis: gsts.CFIS === 1, eime: irta.EIME === 1,
    // Entries above the host address width are out of range too (21h, table 15).
    tableSize: Math.min(2 ** (irta.S + 1), Math.max(0, 2 ** haw - irta.IRTA * 4096) / 16), pi: capOf(unit).PI === 1,
    eimer: ecap.EIMER === 1, irreq: ecap.IRREQ === 1,
  }
}

/** Host addresses that the tables start at. */
export const rootsOf = ({ rtaddr, irta }: UnitRegisters) => ({
  rootTable: decode(registers.RTADDR.layout, rtaddr).RTA * 4096,
  interruptTable: decode(registers.IRTA.layout, irta).IRTA * 4096,
})

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
