/** Layouts for people: their names, their fields as rows, and a raw value taken apart. All of it derives from
 *  spec/VENDOR/layout/index.ts. */
import { usage } from '../errors.ts'
import type { UserError } from '../errors.ts'
import { bdf } from '../logs/numbers.ts'
import { layouts as amdvi, shortNames as ofAmdvi } from '../../spec/amdvi/index.ts'
import { anything, decode, dwordsOf, reservedSet } from '../../spec/iommu/layout.ts'
import type { AccessKind, Field, Layout } from '../../spec/iommu/layout.ts'
import { layouts as vtd, shortNames as ofVtd } from '../../spec/vtd/index.ts'

/** By the manual that they are of, as clauses name it, and by what people call its hardware. */
const manuals: readonly { readonly manual: string; readonly title: string; readonly of: readonly Layout[] }[] =
  [{ manual: 'VTD', title: 'VT-d', of: vtd }, { manual: 'AMD', title: 'AMD-Vi', of: amdvi }]
export const layouts: readonly Layout[] = manuals.flatMap(({ of }) => of)
export const manualOf = (of: Layout): string => manuals.find(one => one.of.includes(of))!.manual

const shortNames: Readonly<Record<string, readonly Layout[]>> = { ...ofVtd, ...ofAmdvi }

/** `CAP`, `context-entry`, `second-stage-leaf-of-4-KiB`: how a layout is named on the command line. */
export const layoutId = ({ name }: Layout): string => name.replace(/:.*/, '').replace(/[ ,.]+/g, '-')
const byId: ReadonlyMap<string, Layout> = new Map(layouts.map(of => [layoutId(of), of]))
/** That of the name; else all that the name is short for: `IRTE` has forms on each vendor. */
export function layoutsNamed(id: string): readonly Layout[] {
  const one = byId.get(id)
  return one !== undefined ? [one]
    : [...new Set([...layouts.filter(of => layoutId(of).startsWith(`${id}-`)),
      ...Object.hasOwn(shortNames, id) ? shortNames[id]! : []])]
}
/** Whether it is the full name of one. */
export const isLayoutId = (id: string): boolean => byId.has(id)

/** Where a field of the name stands, by the hardware. Drivers and manuals write capitals as they like. */
export const placesOfField = (name: string): readonly { readonly title: string
  readonly rows: readonly (readonly [string, string, string])[] }[] =>
  manuals.map(({ title, of }) => ({ title, rows: of.flatMap(one => one.fields
    .filter(field => field.name.toLowerCase() === name.toLowerCase() && !field.reserved)
    .map((field): [string, string, string] =>
      [layoutId(one), `${field.width === 1 ? 'bit' : 'bits'} ${place(field)}`, field.says])) }))
    .filter(({ rows }) => rows.length > 0)

const place = ({ low, width }: Field): string => width === 1 ? `${low}` : `${low + width - 1}:${low}`
const kinds = { rw: '', ro: 'read-only', wo: 'write-only', rw1c: 'write 1 to clear' } as const
/** How software may touch all of it; null where its fields differ. */
const accessOf = ({ fields }: Layout): AccessKind | null =>
  fields.every(({ access }) => access === fields[0]!.access) ? fields[0]!.access : null
const about = ({ says, needs, address, access }: Field, of: Layout): string =>
  [says, accessOf(of) === null ? kinds[access] : '', unreserved(needs),
    address ? 'bits above the host address width are reserved' : ''].filter(text => text !== '').join('; ')

/** What has the field: a capability, or revisions of the manual after the one that the layout is of. */
function unreserved(needs: Field['needs']): string {
  if (needs === null) return ''
  return needs === 'newer' ? 'in newer revisions only' : `reserved without ${needs}`
}

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

const quadwordsOf = ({ bits }: Layout): number => Math.max(1, bits / 64)
const fits = (of: Layout, words: readonly string[]): boolean =>
  words.length <= quadwordsOf(of) && words.every(word => /^0x[0-9a-f]{1,16}$/i.test(word))
  && (of.bits !== 32 || BigInt(words[0]!) < 2n ** 32n)

interface ShownValue {
  readonly of: Layout
  readonly rows: readonly (readonly [string, string, string])[]
  readonly wrong: readonly string[]
  /** All ones: what a read gives where nothing answers. */
  readonly dead: boolean
  /** Why it is not what was named: by its code it is another. */
  readonly not: string | null
}
/** The value after `=` in each layout that the name stands for and that has so many bits and the code of the value:
 *  quadwords in hexadecimal, the lowest first. Where the code is that of another structure, in that one. Empty where
 *  the id names no layout.
 *  @throws UserError where the value is none, has more bits than each layout, or a code that is none. */
export function valueRows(id: string): readonly ShownValue[] {
  const [name = '', text] = id.split('=')
  const named = layoutsNamed(name)
  if (named.length === 0 || text === undefined) return []
  const words = text.split(','), fitting = named.filter(of => fits(of, words))
  if (fitting.length === 0) {
    const widest = named.reduce((a, b) => b.bits > a.bits ? b : a)
    throw wrongValue(widest, id, name, quadwordsOf(widest))
  }
  const alike = fitting.filter(of => codeIn(of, words) === null)
  if (alike.length > 0) return alike.map(of => valueIn(of, words))
  const { field, value } = codeIn(fitting[0]!, words)!
  const others = layouts.filter(of => of.bits === fitting[0]!.bits
    && of.fields.some(({ name: one, low, is }) => one === field.name && low === field.low && is === value))
  if (others.length === 0)
    throw usage(id, `${field.name} is ${value}: no such ${name} is known`,
      `\`remapcheck explain ${name}\` has the fields`)
  return others.map(of => ({ ...valueIn(of, words), not: `not ${name}: ${field.name} is ${value}` }))
}
/** The field by which the value is another structure than this, and what it holds. */
function codeIn(of: Layout, words: readonly string[]): { readonly field: Field; readonly value: number } | null {
  const values: Readonly<Record<string, number>> = decode(of, dwordsIn(of, words))
  const field = of.fields.find(({ name, is }) => is !== null && is !== values[name])
  return field === undefined ? null : { field, value: values[field.name]! }
}
const dwordsIn = (of: Layout, words: readonly string[]): Uint32Array =>
  dwordsOf(...Array.from({ length: quadwordsOf(of) }, (_, i) => BigInt(words[i] ?? 0)))
function valueIn(of: Layout, words: readonly string[]): ShownValue {
  const dwords = dwordsIn(of, words)
  const values: Readonly<Record<string, number>> = decode(of, dwords)
  const wrong = reservedSet(of, dwords, anything).map(place)
  const rows = of.fields.toReversed().filter(field => values[field.name] !== 0 || tellingZeros.has(field.name))
    .map((field): [string, string, string] => [place(field),
      `${field.reserved ? 'reserved' : field.name} = ${shownValue(field, values[field.name]!)}`,
      field.is === null ? about(field, of) : of.name])
  const dead = dwords.slice(0, of.bits / 32).every(word => word === 0xffffffff)
  return { of, rows, wrong, dead, not: null }
}

/** Fields whose 0 is what one looks for: an entry that is not present or not valid, one that any source may use. */
const tellingZeros: ReadonlySet<string> = new Set(['P', 'SVT', 'V', 'TV', 'IV', 'REMAPEN', 'PR',
  'GUESTMODE'])
/** Addresses as addresses, source-ids as a bus writes them. */
function shownValue({ name, from }: Field, value: number): string {
  const number = value < 10 ? `${value}` : `0x${value.toString(16)}`
  if (name === 'SID' || name === 'DEVICE') return `${number} (${bdf(value)})`
  return from > 0 && value > 0 ? `${number} (address 0x${(value * 2 ** from).toString(16)})` : number
}
