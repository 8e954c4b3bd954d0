/** Which register stands at an offset, and which of its bits software can write (AMD 48882 rev 3.05, ch. 3). */
import { anything, maskOf, registers, reservedMask } from '../../layout/index.ts'
import type { AccessKind, Layout, RegisterName } from '../../layout/index.ts'

/** One dword of a register. */
export interface RegisterDword { readonly name: RegisterName; readonly dword: number }

const names = Object.keys(registers) as readonly RegisterName[]
const layoutOf = (name: RegisterName): Layout => registers[name].layout
const places = new Map<number, RegisterDword>(names.flatMap(name =>
  [0, 1].map((dword): [number, RegisterDword] => [registers[name].offset + 4 * dword, { name, dword }])))

/** @param offset a multiple of 4. */
export const placeAt = (offset: number): RegisterDword | null => places.get(offset) ?? null
export const offsetOf = (name: RegisterName): number => registers[name].offset

const masks = new Map(names.map(name => {
  const of = layoutOf(name)
  const bitsOf = (access: AccessKind): Uint32Array => of.fields
    .filter(field => !field.reserved && field.access === access)
    .reduce((sum, field) => sum.map((word, i) => word | maskOf(of, field.name)[i]!), new Uint32Array(2))
  return [name, { rw: bitsOf('rw'), rw1c: bitsOf('rw1c'), reserved: reservedMask(of, anything) }] as const
}))
export const bitsOf = ({ name, dword }: RegisterDword, of: 'rw' | 'rw1c' | 'reserved'): number =>
  masks.get(name)![of][dword]!
export const isReadOnly = (name: RegisterName): boolean =>
  layoutOf(name).fields.every(({ access }) => access === 'ro')
