/** Which register stands at an offset, and which of its bits software can write (AMD 48882 rev 3.05, ch. 3). */
import { anything, maskOf, registers, reservedMask } from '../../layout/index.ts'
import type { AccessKind, Layout, Register, RegisterName } from '../../layout/index.ts'

/** One dword of a register. `index`: which one, of those of which there are several. */
export interface RegisterDword { readonly name: RegisterName; readonly index: number; readonly dword: number }

const names = Object.keys(registers) as readonly RegisterName[]
const layoutOf = (name: RegisterName): Layout => registers[name].layout
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)
export const dwordsIn = (name: RegisterName): number => layoutOf(name).bits / 32
/** Dwords of all registers of the name, and which of them this one is. */
export const dwordsOfAll = (name: RegisterName): number => registers[name].count * dwordsIn(name)
export const placeIn = ({ name, index, dword }: RegisterDword): number => index * dwordsIn(name) + dword

/** In bytes, from the base of the unit. */
export function offsetOf(name: RegisterName, index = 0): number {
  const { offset, stride }: Register = registers[name]
  return offset + index * stride
}
const places = new Map<number, RegisterDword>(names.flatMap(name => range(registers[name].count).flatMap(index =>
  range(dwordsIn(name)).map((dword): [number, RegisterDword] =>
    [offsetOf(name, index) + 4 * dword, { name, index, dword }]))))

/** @param offset a multiple of 4. */
export const placeAt = (offset: number): RegisterDword | null => places.get(offset) ?? null
/** `SmiFilter[3]`; null where no register begins. */
export function registerNameAt(offset: number): string | null {
  const place = placeAt(offset)
  if (place === null || place.dword > 0) return null
  return registers[place.name].count === 1 ? place.name : `${place.name}[${place.index}]`
}

const masks = new Map(names.map(name => {
  const of = layoutOf(name)
  const bitsOf = (access: AccessKind): Uint32Array => of.fields
    .filter(field => !field.reserved && field.access === access)
    .reduce((sum, field) => sum.map((word, i) => word | maskOf(of, field.name)[i]!), new Uint32Array(of.bits / 32))
  return [name, { rw: bitsOf('rw'), rw1c: bitsOf('rw1c'), reserved: reservedMask(of, anything) }] as const
}))
export const bitsOf = ({ name, dword }: RegisterDword, of: 'rw' | 'rw1c' | 'reserved'): number =>
  masks.get(name)![of][dword]!
export const isReadOnly = (name: RegisterName): boolean =>
  layoutOf(name).fields.every(({ access }) => access === 'ro')
