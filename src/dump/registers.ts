/** Register values that a dump or the command line gives, as the unit's registers. */
import { decode, dwordsOf, encode, registers } from '../../spec/vtd/index.ts'
import type { Dwords, UnitRegisters } from '../../spec/vtd/index.ts'
import { dumpError } from './errors.ts'

export const registerNames = ['CAP', 'ECAP', 'GSTS', 'RTADDR', 'IRTA', 'IQA'] as const
export type RegisterName = (typeof registerNames)[number]
/** Raw values. */
export type RegisterValues = Readonly<Record<RegisterName, bigint>>

/** All on: pointers set, queue, interrupts and DMA remapped. */
const everythingOn = encode(registers.GSTS.layout, { IRTPS: 1, IRES: 1, QIES: 1, RTPS: 1, TES: 1 })[0]!

interface Told { readonly registers: UnitRegisters; readonly iqa: Dwords | null; readonly assumed: readonly string[] }

/** What the command line must give of a dump without registers. */
export const neededFlags = 'of a VT-d unit --cap 0x… --ecap 0x… --rtaddr 0x… --irta 0x…'

/** @throws UserError E-DUMP-REGISTER where one is missing that no audit can do without, or has too many bits. */
export function registersOf(path: string, values: Partial<RegisterValues>): Told {
  const needed = registerNames.filter(name => values[name] === undefined && !['GSTS', 'IQA'].includes(name))
  if (needed.length > 0) {
    throw dumpError('REGISTER', path, `the dump does not say what ${needed.join(', ')} held`,
      `read the registers of the unit and give ${needed.map(name => `--${name.toLowerCase()} 0x…`).join(' ')}`)
  }
  for (const name of registerNames) {
    const value = values[name]
    const bits = registers[name].layout.bits
    if (value !== undefined && value >= 1n << BigInt(bits))
      throw dumpError('REGISTER', path, `${name} has ${bits} bits, and 0x${value.toString(16)} has more`,
        'give the value of the register')
  }
  const dwords = (name: RegisterName): Uint32Array => dwordsOf(values[name]!)
  const gsts = values.GSTS === undefined ? everythingOn : Number(values.GSTS)
  const { QIES } = decode(registers.GSTS.layout, [gsts])
  return {
    registers: { cap: dwords('CAP'), ecap: dwords('ECAP'), gsts, rtaddr: dwords('RTADDR'), irta: dwords('IRTA') },
    iqa: values.IQA === undefined ? null : dwords('IQA'),
    assumed: [
      ...values.GSTS === undefined
        ? ['GSTS is not known: translation, interrupt remapping and the queue are taken as on'] : [],
      ...values.IQA === undefined && QIES === 1
        ? ['IQA is not known: who can write the invalidation queue is not judged'] : [],
    ],
  }
}
