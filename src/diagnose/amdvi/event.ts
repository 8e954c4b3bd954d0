/** One event of an AMD unit as a line has it: fields by name, or the record word by word (AMD 48882 rev 3.10, 2.5). */
import { eventLayouts } from '../../../spec/amdvi/index.ts'
import type { Line } from '../happening.ts'
import { bigHex, deviceOf, deviceOfId } from '../text.ts'

export interface UnitEvent {
  readonly line: Line
  readonly system: 'Linux' | 'Xen'
  readonly name: string
  readonly device: string | null
  readonly domain: number | null
  readonly pasid: number | null
  readonly address: bigint | null
  readonly flags: number | null
  /** Fields whose values cannot be read, as they stand there: `domain=0xzz`. */
  readonly damaged: readonly string[]
  /** The control register and the device table entry, printed below. */
  control: bigint | null
  readonly entry: bigint[]
  /** Four words of a command that is refused, printed below. */
  readonly command: number[]
}

const driver = /\b\w[\w.-]* ((?:[0-9a-f]{4}:)[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): AMD-Vi/
const number = /^(?:0x)?([0-9a-f]{1,20})$/i
const device = /^((?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i

/** Of `KEY=VALUE` fields. A value that is damaged counts as absent, and is named. */
export function eventOf(name: string, fields: string, line: Line): UnitEvent {
  const damaged: string[] = []
  const field = (value: RegExp, ...keys: readonly string[]): string | null => {
    const found = new RegExp(`\\b(?:${keys.join('|')})=([^\\s,\\]]{0,40})`, 'i').exec(fields)
    if (found === null) return null
    const read = value.exec(found[1]!)?.[1] ?? null
    if (read === null) damaged.push(found[0])
    return read
  }
  const numeric = (key: string): number | null => {
    const digits = field(number, key)
    return digits === null ? null : Number.parseInt(digits, 16)
  }
  const named = field(device, 'device') ?? driver.exec(line.text)?.[1] ?? null
  const address = field(number, 'address', 'gpa', 'spa')
  return {
    line, system: 'Linux', name, device: named === null ? null : deviceOf(named), domain: numeric('domain'),
    pasid: numeric('pasid'), address: address === null ? null : bigHex(address), flags: numeric('flags'), damaged,
    control: null, entry: [], command: [],
  }
}

/** Flags are bits 59:48, the address is the upper half. */
export function rawEvent([, name, zero, one, two, three]: RegExpExecArray, line: Line): UnitEvent {
  const source = deviceOfWords(zero!, one!)
  return { line, system: 'Xen', name: name!, device: source, domain: null, pasid: null,
    address: bigHex(three!) << 32n | bigHex(two!),
    flags: source === null ? null : Number.parseInt(one!, 16) >>> 16 & 0xfff, damaged: [], control: null, entry: [],
    command: [] }
}
/** Of an event that Linux does not know, the first two words. */
export const unknownEvent = ([, zero, one]: RegExpExecArray, line: Line): UnitEvent => ({
  ...eventOf(`UNKNOWN ${codeOf(one!).toString(16).toUpperCase()}h`, '', line), device: deviceOfWords(zero!, one!),
})
const codeOf = (word: string): number => Number.parseInt(word, 16) >>> 28
/** Not every event names one. */
function deviceOfWords(zero: string, one: string): string | null {
  const layout = (eventLayouts as Readonly<Record<number, { readonly fields: readonly { readonly name: string }[] }>>)[
    codeOf(one)]
  return layout?.fields.some(({ name }) => name === 'DEVICE') === true
    ? deviceOfId(Number.parseInt(zero, 16) & 0xffff) : null
}
