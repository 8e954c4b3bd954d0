/** Which register stands at an offset, and which of its bits software can write (VT-d rev 5.10, 11.4). */
import { anything, maskOf, registers, reservedMask } from '../../layout/index.ts'
import type { AccessKind, Layout, RegisterName } from '../../layout/index.ts'
import { capabilitiesOf } from './state.ts'
import type { Capabilities, UnitConfig } from './state.ts'

/** One dword of a register. `record`: which FRCD, 0 for all others. */
export interface RegisterDword { readonly name: RegisterName; readonly dword: number; readonly record: number }

const names = Object.keys(registers) as readonly RegisterName[]
const layoutOf = (name: RegisterName): Layout => registers[name].layout
export const dwordsIn = (name: RegisterName): number => layoutOf(name).bits / 32

const fixed = new Map<number, RegisterDword>(names.filter(name => registers[name].relative === 'unit').flatMap(name =>
  Array.from({ length: dwordsIn(name) },
    (_, dword) => [registers[name].offset + 4 * dword, { name, dword, record: 0 }] as const)))

/** Byte offsets where IVA and FRCD[0] begin, and where the last FRCD ends. */
export const movable = ({ cap, ecap }: Capabilities) =>
  ({ iva: ecap.IRO * 16, records: cap.FRO * 16, end: (cap.FRO + cap.NFR + 1) * 16 })

/** @param offset a multiple of 4. */
export function placeAt(has: Capabilities, offset: number): RegisterDword | null {
  const { iva, records, end } = movable(has)
  if (offset >= iva && offset < iva + 16)
    return { name: offset < iva + 8 ? 'IVA' : 'IOTLB', dword: (offset - iva) % 8 / 4, record: 0 }
  if (offset >= records && offset < end)
    return { name: 'FRCD', dword: (offset - records) % 16 / 4, record: Math.floor((offset - records) / 16) }
  return fixed.get(offset) ?? null
}

/** Byte offset of a register from the base of the unit. @param record which FRCD */
export function offsetOf(config: UnitConfig, name: RegisterName, record = 0): number {
  const { relative, offset } = registers[name], { iva, records } = movable(capabilitiesOf(config))
  switch (relative) {
    case 'unit': return offset
    case 'IRO': return offset + iva
    case 'FRO': return offset + records + 16 * record
  }
}

/** Why registers lie on one another, or null. */
export function badPlaces(has: Capabilities): string | null {
  const { iva, records, end } = movable(has)
  const clash = (from: number, to: number): RegisterDword | undefined =>
    [...fixed].find(([offset]) => offset >= from && offset < to)?.[1]
  const onIva = clash(iva, iva + 16), onRecords = clash(records, end)
  if (onIva !== undefined) return `ECAP.IRO puts IVA and IOTLB on ${onIva.name}`
  if (onRecords !== undefined) return `CAP.FRO puts FRCD on ${onRecords.name}`
  return iva < end && records < iva + 16 ? 'CAP.FRO puts FRCD on IVA and IOTLB' : null
}

const masks = new Map<RegisterName, Readonly<Record<AccessKind | 'reserved', Uint32Array>>>(names.map(name => {
  const of = layoutOf(name)
  const bitsOf = (access: AccessKind): Uint32Array =>
    of.fields.filter(field => !field.reserved && field.access === access)
      .reduce((sum, field) => sum.map((word, i) => word | maskOf(of, field.name)[i]!), new Uint32Array(of.bits / 32))
  return [name, { rw: bitsOf('rw'), ro: bitsOf('ro'), wo: bitsOf('wo'), rw1c: bitsOf('rw1c'),
    reserved: reservedMask(of, anything) }]
}))
/** The bits of one dword that are of this kind. Reserved here is what no capability un-reserves. */
export const bitsOf = ({ name, dword }: RegisterDword, kind: AccessKind | 'reserved'): number =>
  masks.get(name)![kind][dword]!
/** Whether software can write anything of a register. */
export const isReadOnly = (name: RegisterName): boolean =>
  registers[name].layout.fields.every(field => field.reserved || field.access === 'ro')

const gates: Readonly<Partial<Record<RegisterName, (has: Capabilities) => boolean>>> = Object.fromEntries((
  [
    [['PMEN'], ({ cap }) => cap.PLMR === 1 || cap.PHMR === 1],
    [['PLMBASE', 'PLMLIMIT'], ({ cap }) => cap.PLMR === 1], [['PHMBASE', 'PHMLIMIT'], ({ cap }) => cap.PHMR === 1],
    [['IQH', 'IQT', 'IQA', 'ICS', 'IECTL', 'IEDATA', 'IEADDR', 'IEUADDR', 'IQERCD'], ({ ecap }) => ecap.QI === 1],
    [['IRTA'], ({ ecap }) => ecap.IR === 1],
    [['PQH', 'PQT', 'PQA', 'PRS', 'PECTL', 'PEDATA', 'PEADDR', 'PEUADDR'], ({ ecap }) => ecap.PRS === 1],
    [['AFLOG'], ({ cap }) => cap.AFL === 1],
  ] satisfies readonly (readonly [readonly RegisterName[], (has: Capabilities) => boolean])[]
).flatMap(([of, gate]) => of.map(name => [name, gate])))
/** Whether a unit with these capabilities has the register. */
export const isSupported = (has: Capabilities, name: RegisterName): boolean => gates[name]?.(has) ?? true
