/** What raw registers say of a unit, in the terms of the walkers (VT-d rev 5.10, 11.4). */
import { decode, registers } from './layout/index.ts'
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
