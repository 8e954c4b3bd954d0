/** Readers of raw entries with one wrong field each, and whether a property notices. */
import fc from 'fast-check'
import { entryReader } from '../../spec/vtd/layout/read-entries.ts'
import type { EntryReader } from '../../spec/vtd/layout/read-entries.ts'
import { anything, encode, postedIrte } from '../../spec/vtd/layout/index.ts'

type Entry = Exclude<keyof EntryReader, 'postedDescriptor'>
export interface FieldMutant { readonly name: string; readonly spoil: (reader: EntryReader) => EntryReader }

/** Any of a reader's functions; the third argument is the level, or which half. */
type Read = (words: Uint32Array, at: number, third: number | boolean) => object
const readOf = (reader: EntryReader, entry: Entry): Read => reader[entry] as Read

/** One for every field that these entries are decoded into, but those named `entry.field` in `idle`, which have no part
 *  in what is compared. */
export function fieldMutants(entries: readonly Entry[], idle: readonly string[]): readonly FieldMutant[] {
  const all = entries.flatMap(entry => fieldsOf(entry).map((field): FieldMutant =>
    ({ name: `${entry}.${field}`, spoil: reader => ({ ...reader, [entry]: spoiled(readOf(reader, entry), field) }) })))
  const unknown = idle.filter(name => !all.some(mutant => mutant.name === name))
  if (unknown.length > 0) throw new RangeError(`no such field: ${unknown.join(', ')}`)
  return all.filter(({ name }) => !idle.includes(name))
}
const samples = [new Uint32Array(16), Uint32Array.from([...encode(postedIrte, { IM: 1 }), ...new Uint32Array(12)])]
const fieldsOf = (entry: Entry): readonly string[] =>
  [...new Set(samples.flatMap(words =>
    Object.keys(readOf(entryReader(anything), entry)(words, 0, entry === 'scalableRootEntry' ? true : 1))))]

function spoiled(read: Read, field: string): Read {
  return (...args) => {
    const found = read(...args) as Readonly<Record<string, unknown>>
    return field in found ? { ...found, [field]: wrong(field, found[field]) } : found
  }
}

const addresses = ['contextTable', 'table', 'address', 'directory', 'firstStageTable']
/** The nearest other value: a bit negated, the lowest bit of a number, of an address the lowest that it has. */
function wrong(field: string, value: unknown): unknown {
  if (typeof value === 'boolean') return !value
  const least = addresses.includes(field) ? 4096 : field === 'pda' ? 64 : 1
  const number = value as number
  return number / least % 2 === 0 ? number + least : number - least
}

/** Whether any of the cases fails the property. */
export const caught = <T>(property: fc.IProperty<T>, numRuns = 500): boolean =>
  fc.check(property, { numRuns, seed: 7, endOnFailure: true }).failed
