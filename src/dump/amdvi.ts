/** Register values that a dump or the command line gives, as those of an AMD unit (AMD 48882 rev 3.05, ch. 3). */
import { decode, interruptUnitOf, registers } from '../../spec/amdvi/index.ts'
import type { RegisterName, UnitRegisters } from '../../spec/amdvi/index.ts'
import { dwordsOf } from '../../spec/iommu/layout.ts'
import { dumpError } from './errors.ts'

/** Registers by the flags of the command line. The device table tells that a unit is of this kind. */
export const amdviFlags = {
  devtab: 'DevTabBase', control: 'IommuControl', efr: 'ExtFeature', efr2: 'ExtFeature2', cmdbuf: 'CmdBufBase',
  evtlog: 'EventLogBase',
} as const satisfies Readonly<Record<string, RegisterName>>
export type AmdviFlag = keyof typeof amdviFlags
/** Raw values; of registers of which there are several a list, with holes where one is not known. */
export type AmdviValues = Readonly<Partial<Record<RegisterName, bigint | readonly (bigint | undefined)[]>>>

/** Of registers by their offsets. */
export function amdviStored(values: ReadonlyMap<number, bigint>): AmdviValues {
  return Object.fromEntries(Object.values(registers).flatMap(({ name, offset, count, stride }) => {
    const all = Array.from({ length: count }, (_, i) => values.get(offset + i * stride))
    if (all.every(value => value === undefined)) return []
    return [[name, count === 1 ? all[0] : all]]
  }))
}

/** NumIntRemapMode: interrupt tables of up to 2048 entries, where the unit has them. */
export const largeTables = 1n << 43n
/** All on, as software leaves it: translation, interrupts of 128 bits, both rings. */
const everythingOn = 1n | 1n << 2n | 1n << 12n | 1n << 17n | largeTables

function wordsOf(values: readonly (bigint | undefined)[]): ArrayLike<number> {
  const words: number[] = []
  for (const [i, value] of values.entries())
    if (value !== undefined) dwordsOf(value).forEach((word, dword) => { words[2 * i + dword] = word })
  return words
}

/** What the command line must give of a dump without registers. */
export const amdviNeeded = 'of an AMD unit --devtab 0x… (and --control, --efr, --cmdbuf, --evtlog)'

/** Further device tables that are given, and that the control register leaves unused. */
function unusedSegments({ DevTabSegment = [] }: AmdviValues, segments: number): string[] {
  const given = [DevTabSegment].flat().filter(value => value !== undefined && value !== 0n).length
  const used = Math.min(given, 2 ** segments - 1)
  return used === given ? []
    : [`DevTblSegEn=${segments}: of ${given} further device tables that are given ${used} are read`]
}

/** @throws UserError E-DUMP-REGISTER where the device table is missing, or a value has more than 64 bits. */
export function amdviRegistersOf(path: string, values: AmdviValues):
  { readonly registers: UnitRegisters; readonly assumed: readonly string[] } {
  if (values.DevTabBase === undefined)
    throw dumpError('REGISTER', path, 'the dump does not say what DevTabBase held',
      `read the registers and give them, ${amdviNeeded}`)
  for (const [name, of] of Object.entries(values))
    for (const value of [of].flat())
      if (value !== undefined && value >= 1n << 64n)
        throw dumpError('REGISTER', path, `${name} has 64 bits, and 0x${value.toString(16)} has more`,
          'give the value of the register')
  const all: AmdviValues = { ...values, IommuControl: values.IommuControl ?? everythingOn }
  const found: UnitRegisters =
    Object.fromEntries(Object.entries(all).map(([name, value]) => [name, wordsOf([value].flat())]))
  const { CmdBufEn, EventLogEn, DevTblSegEn } = decode(registers.IommuControl.layout, found.IommuControl!)
  const ringless = [...CmdBufEn === 1 && values.CmdBufBase === undefined ? ['the command buffer'] : [],
    ...EventLogEn === 1 && values.EventLogBase === undefined ? ['the event log'] : []]
  return {
    registers: found,
    assumed: [
      ...unusedSegments(values, DevTblSegEn),
      ...values.IommuControl === undefined
        ? ['IommuControl is not known: translation, remapping with entries of 128 bits and both rings are taken as on']
        : [],
      ...values.ExtFeature === undefined
        ? ['ExtFeature is not known: no bit that a feature needs is found reserved'] : [],
      ...values.ExtFeature2 === undefined && interruptUnitOf(found).mostLength > 9
        ? ['ExtFeature2 is not known: interrupt tables of up to 2048 entries are taken as allowed'] : [],
      ...ringless.length === 0 ? [] : [`who can write ${ringless.join(' and ')} is not judged: its place is not known`],
    ],
  }
}
