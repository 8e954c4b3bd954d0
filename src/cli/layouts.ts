/** Layouts for people: their names, their fields as rows, and a raw value taken apart. All of it derives from
 *  spec/VENDOR/layout/index.ts. */
import { usage } from '../errors.ts'
import type { UserError } from '../errors.ts'
import { bdf } from '../logs/numbers.ts'
import { layouts as amdvi } from '../../spec/amdvi/index.ts'
import { anything, decode, dwordsOf, reservedSet } from '../../spec/iommu/layout.ts'
import type { AccessKind, Field, Layout } from '../../spec/iommu/layout.ts'
import { layouts as vtd } from '../../spec/vtd/index.ts'

/** By the manual that they are of, as clauses name it. */
const manuals: readonly (readonly [string, readonly Layout[]])[] = [['VTD', vtd], ['AMD', amdvi]]
export const layouts: readonly Layout[] = manuals.flatMap(([, of]) => of)
export const manualOf = (of: Layout): string => manuals.find(([, some]) => some.includes(of))![0]

/** `CAP`, `context-entry`, `second-stage-leaf-of-4-KiB`: how a layout is named on the command line. */
export const layoutId = ({ name }: Layout): string => name.replace(/:.*/, '').replace(/[ ,.]+/g, '-')
const byId: ReadonlyMap<string, Layout> = new Map(layouts.map(of => [layoutId(of), of]))
export const layoutNamed = (id: string): Layout | null => byId.get(id) ?? null

const place = ({ low, width }: Field): string => width === 1 ? `${low}` : `${low + width - 1}:${low}`
const kinds = { rw: '', ro: 'read-only', wo: 'write-only', rw1c: 'write 1 to clear' } as const
/** How software may touch all of it; null where its fields differ. */
const accessOf = ({ fields }: Layout): AccessKind | null =>
  fields.every(({ access }) => access === fields[0]!.access) ? fields[0]!.access : null
const about = ({ says, needs, address, access }: Field, of: Layout): string =>
  [says, accessOf(of) === null ? kinds[access] : '', needs === null ? '' : `reserved without ${needs}`,
    address ? 'bits above the host address width are reserved' : ''].filter(text => text !== '').join('; ')

/** `capabilities, read-only` of `CAP: capabilities`. */
export function layoutTitle(of: Layout): string {
  const access = accessOf(of) ?? 'rw'
  return of.name.replace(/^\w+: /, '') + (access === 'rw' ? '' : `, ${kinds[access]}`)
}

/** Bits, name, meaning; highest first, as the manual draws them. */
export const fieldRows = (of: Layout): readonly (readonly [string, string, string])[] =>
  of.fields.toReversed().map(field => [place(field), field.reserved ? '' : field.name, about(field, of)])

function wrongValue(of: Layout, id: string, name: string, most: number): UserError {
  const expected = most === 1 ? 'one number' : `up to ${most} numbers of 64 bits, the lowest first`
  const example = Array.from({ length: most }, (_, i) => `0x${i + 1}`).join()
  return usage(id, `${name} has ${of.bits} bits: ${expected}`, `for example ${name}=${example}`)
}

/** A layout and the value after `=`: quadwords in hexadecimal, the lowest first. Null where the id names no layout.
 *  @throws UserError where the value is none, or has more bits than the layout. */
export function valueRows(id: string): {
  readonly of: Layout
  readonly rows: readonly (readonly [string, string, string])[]
  readonly wrong: readonly string[]
  /** All ones: what a read gives where nothing answers. */
  readonly dead: boolean
} | null {
  const [name = '', text] = id.split('=')
  const of = layoutNamed(name)
  if (of === null || text === undefined) return null
  const words = text.split(',')
  const most = Math.max(1, of.bits / 64)
  if (words.length > most || words.some(word => !/^0x[0-9a-f]{1,16}$/i.test(word))
    || of.bits === 32 && BigInt(words[0]!) >= 2n ** 32n)
    throw wrongValue(of, id, name, most)
  const dwords = dwordsOf(...Array.from({ length: most }, (_, i) => BigInt(words[i] ?? 0)))
  const values: Readonly<Record<string, number>> = decode(of, dwords)
  const wrong = reservedSet(of, dwords, anything).map(place)
  const rows = of.fields.toReversed().filter(field => values[field.name] !== 0 || tellingZeros.has(field.name))
    .map((field): [string, string, string] => [place(field),
      `${field.reserved ? 'reserved' : field.name} = ${shownValue(field, values[field.name]!)}`, about(field, of)])
  const dead = dwords.slice(0, of.bits / 32).every(word => word === 0xffffffff)
  return { of, rows, wrong, dead }
}

/** Fields whose 0 is what one looks for: an entry that is not present or not valid, one that any source may use. */
const tellingZeros: ReadonlySet<string> = new Set(['P', 'SVT', 'V', 'TV', 'IV', 'REMAPEN', 'PR'])
/** Addresses as addresses, source-ids as a bus writes them. */
function shownValue({ name, low, address }: Field, value: number): string {
  const number = value < 10 ? `${value}` : `0x${value.toString(16)}`
  if (name === 'SID' || name === 'DEVICE') return `${number} (${bdf(value)})`
  return address && low % 64 > 0 && value > 0 ? `${number} (address `
    + `0x${(value * 2 ** (low % 64)).toString(16)})` : number
}
