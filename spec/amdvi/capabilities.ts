/** What raw registers say of a unit, in the terms of the walk and of remapping (AMD 48882 rev 3.05, ch. 3). */
import { hardwareGeometry } from '../iommu/geometry.ts'
import { usualAnswers } from './disputes.ts'
import type { Disputes } from './disputes.ts'
import { anything, decode, registers } from './layout/index.ts'
import type { Dwords, RegisterName, Rules } from './layout/index.ts'
import { classicLength, longLength } from './remap/remap.ts'
import type { InterruptUnit } from './remap/remap.ts'
import type { DeviceTable, RawRoots } from './walk/raw-tables.ts'
import type { TranslationUnit } from './walk/walk.ts'

/** Registers as two dwords each, those of which there are several one after the other; what is not known is missing. */
export type UnitRegisters = Readonly<Partial<Record<RegisterName, Dwords>>>
const none = [0, 0]
const control = (unit: UnitRegisters) => decode(registers.IommuControl.layout, unit.IommuControl ?? none)

/** Which bits are reserved; where a register of features is not known, what it un-reserves is not. What only newer
 *  revisions name is never taken for reserved. @param haw host address width in bits: no register tells it. */
export function rulesOf(unit: UnitRegisters, haw: number): Rules {
  if (unit.ExtFeature === undefined) return { ...anything, haw }
  const features: Readonly<Record<string, Readonly<Record<string, number>> | undefined>> = {
    EFR: decode(registers.ExtFeature.layout, unit.ExtFeature),
    EFR2: unit.ExtFeature2 && decode(registers.ExtFeature2.layout, unit.ExtFeature2) }
  return {
    haw,
    has: feature => {
      const [register, field] = feature.split('.') as [string, string | undefined]
      return field === undefined || features[register] === undefined || features[register][field] !== 0
    },
  }
}

/** HATS: 4, 5 or 6 levels; 6 where it is not known. */
export function translationUnitOf(unit: UnitRegisters,
  { aboveMode, blockedExclusion, ioCtl, pasidWhileOff, reservedMode }: Disputes = usualAnswers): TranslationUnit {
  const levels = unit.ExtFeature === undefined ? 6
    : Math.min(6, 4 + decode(registers.ExtFeature.layout, unit.ExtFeature).HATS)
  const { IommuEn, GTEn } = control(unit)
  return { geometry: hardwareGeometry, enabled: IommuEn === 1, levels, checksReach: aboveMode === 'refused',
    reservedMode: reservedMode === 'illegal-entry' ? 'mode-reserved' : 'mode-page-fault', checksIoCtl: ioCtl === 'all',
    exclusionFirst: blockedExclusion === 'open', exclusion: exclusionOf(unit), guest: GTEn === 1,
    refusesPasid: pasidWhileOff === 'refused' }
}
function exclusionOf({ ExclBase, ExclLimit }: UnitRegisters): TranslationUnit['exclusion'] {
  const { EXEN, ALLOW, BASE } = decode(registers.ExclBase.layout, ExclBase ?? none)
  const { LIMIT } = decode(registers.ExclLimit.layout, ExclLimit ?? none)
  return EXEN === 0 ? null : { base: BASE * 4096, limit: LIMIT * 4096 + 4095, forAll: ALLOW === 1 }
}
/** Control 44:43 count unless EFR2 says that no table has more entries: other revisions have other fields there. */
export function interruptUnitOf(unit: UnitRegisters, { smi, abortedInterrupt, longIndex }: Disputes = usualAnswers):
  InterruptUnit {
  const { IommuEn, XTEn, GAEn, GAMEn, NumIntRemapMode } = control(unit)
  const { NumIntRemapSup } = unit.ExtFeature2 === undefined ? { NumIntRemapSup: 1 }
    : decode(registers.ExtFeature2.layout, unit.ExtFeature2)
  return { enabled: IommuEn === 1, xt: GAEn === 1 && XTEn === 1, guestMode: GAEn === 1 && GAMEn !== 0,
    mostLength: NumIntRemapMode === 1 && NumIntRemapSup === 1 ? longLength : classicLength,
    passesSmi: smi === 'passes', tellsAborts: abortedInterrupt === 'page-fault',
    indexFirst: longIndex === 'index' }
}
/** Interrupt entries have 128 bits, else 32. */
export const hasWideEntries = (unit: UnitRegisters): boolean => control(unit).GAEn === 1

/** Where the unit finds GCR3 tables through the host tables, the walk does not know how: one source names the bit. */
export const gcr3IsGuestPhysical = (unit: UnitRegisters): boolean => control(unit).GCR3TRPMode === 1

/** Segments of the device table, by DevTblSegEn. What a unit does with more than it has (DevTblSegSup), or with a
 *  reserved value, is not known: there are 8 at most. */
export function rootsOf(unit: UnitRegisters): RawRoots {
  const count = 2 ** Math.min(mostSegments, control(unit).DevTblSegEn)
  return { segments: [tableOf(unit.DevTabBase ?? none, 0),
    ...Array.from({ length: count - 1 }, (_, i) => tableOf(unit.DevTabSegment ?? [], 2 * i))] }
}
/** Log2 of the segments. */
const mostSegments = 3
function tableOf(words: Dwords, at: number): DeviceTable | null {
  const low = words[at], high = words[at + 1]
  if (low === undefined || high === undefined) return null
  const { BASE, SIZE } = decode(registers.DevTabBase.layout, [low, high])
  return { address: BASE * 4096, devices: (SIZE + 1) * 4096 / 32 }
}

/** False where DevTblSegEn asks for more segments than the unit has, or is reserved. */
export function hasSegments(unit: UnitRegisters): boolean {
  const most = unit.ExtFeature === undefined ? mostSegments
    : decode(registers.ExtFeature.layout, unit.ExtFeature).DevTblSegSup
  return control(unit).DevTblSegEn <= most
}

/** Rings in memory; null where the register is not known, or the ring is off. */
export function ringsOf(unit: UnitRegisters): { readonly commands: Ring | null; readonly events: Ring | null } {
  const { CmdBufEn, EventLogEn } = control(unit)
  const ring = (name: 'CmdBufBase' | 'EventLogBase', isOn: number): Ring | null => {
    const words = unit[name]
    if (words === undefined || isOn === 0) return null
    const { BASE, LEN } = decode(registers[name].layout, words)
    return { address: BASE * 4096, bytes: 16 * 2 ** LEN }
  }
  return { commands: ring('CmdBufBase', CmdBufEn), events: ring('EventLogBase', EventLogEn) }
}
export interface Ring { readonly address: number; readonly bytes: number }
