/** What a register is, and fields that several have (AMD 48882 rev 3.05, ch. 3). */
import { bit, bits, layout } from '../../../iommu/layout.ts'
import type { AccessKind, BitRange, Layout } from '../../../iommu/layout.ts'

export interface Register<N extends string = string> {
  readonly name: string
  /** In bytes, from the base of the unit; of the PCI capability, from its header. */
  readonly offset: number
  /** How many stand one after the other, and how many bytes apart. */
  readonly count: number
  readonly stride: number
  readonly layout: Layout<N>
}
type Places<N extends string> = Readonly<Record<N, BitRange>>

const section = '3.3'
/** One of 64 bits. */
export const register = <N extends string>(name: string, offset: number, says: string, places: Places<N>,
  access: AccessKind = 'rw'): Register<N> =>
  ({ name, offset, count: 1, stride: 8, layout: layout(`${name}: ${says}`, section, 64, places, access) })
export const register32 = <N extends string>(name: string, offset: number, says: string, places: Places<N>,
  access: AccessKind = 'rw'): Register<N> =>
  ({ name, offset, count: 1, stride: 4, layout: layout(`${name}: ${says}`, section, 32, places, access) })
export const severalOf = <N extends string>(of: Register<N>, count: number, stride = of.stride): Register<N> =>
  ({ ...of, count, stride })

export const rw1c = { access: 'rw1c' } as const
export const ro = { access: 'ro' } as const
const base = (says: string): BitRange => bits(51, 12, says, { address: true })
export const ring = (what: string) => ({ BASE: base(what), LEN: bits(59, 56, 'log2 of the entries, 8 to 15') })
export const page = { ADDR: base('address [51:12]') }
/** Of rings of 16-byte entries. */
export const pointer = (says: string) => ({ PTR: bits(18, 4, says) })
export const headOf = (what: string) => pointer(`offset / 16 of the next ${what} to read`)
export const tailOf = (what: string) => pointer(`offset / 16 where the next ${what} goes`)

/** Of a register that our sources only name. */
export const unknownFields = {
  LOW: bits(31, 0, 'our sources do not say what the bits mean'), HIGH: bits(63, 32, 'nor these'),
}
/** The messages that a unit sends for its logs. */
export const messageNumbers = {
  MSINUM: bits(4, 0, 'message of event log and COMPLETION_WAIT'), GVASIZE: bits(7, 5, 'width of guest addresses'),
  PASIZE: bits(14, 8, 'width of host addresses'), VASIZE: bits(21, 15, 'width of device addresses'),
  HTATSRESV: bit(22, 'the HyperTransport range of ATS answers is reserved'),
  MSINUMPPR: bits(31, 27, 'message of the page request log'),
}
export const messageNumberGa = { MSINUMGA: bits(4, 0, 'message of the guest APIC log') }
