/** Lines that could not be read: counted and shown, never silently dropped. */
import { count, note, noPlaces } from './numbers.ts'
import type { Places } from './numbers.ts'

export const damageKinds = {
  'unknown event': 'the form of an event, and a name this reader does not know',
  'wrong fields': 'a known event whose fields are not as they should be',
  'cut off': 'a last line without its end',
  'binary': 'bytes that are no text',
  'no event': 'text that is no event, such as a message',
} as const
export type DamageKind = keyof typeof damageKinds

export interface DamageReport {
  readonly total: number
  readonly kinds: readonly { readonly kind: DamageKind; readonly means: string; readonly places: Places }[]
  readonly unknownEvents: readonly { readonly name: string; readonly count: number }[]
  readonly first: readonly { readonly line: number; readonly kind: DamageKind; readonly excerpt: string }[]
  /** Empty lines: harmless, and counted all the same. */
  readonly blank: number
}
const shown = 5
const excerpt_chars = 100

export class DamageLedger {
  readonly #kinds = new Map<DamageKind, Places>()
  readonly #unknown = new Map<string, number>()
  readonly #first: { line: number; kind: DamageKind; excerpt: string }[] = []
  #total = 0
  #blank = 0

  blank(): void { this.#blank++ }
  note(kind: DamageKind, line: number, text: string): void {
    this.#total++
    const places = this.#kinds.get(kind) ?? noPlaces()
    this.#kinds.set(kind, places)
    note(places, line)
    if (this.#first.length < shown) this.#first.push({ line, kind, excerpt: printable(text).slice(0, excerpt_chars) })
  }
  unknown(name: string, line: number, text: string): void {
    if (this.#unknown.has(name) || this.#unknown.size < 50) count(this.#unknown, name)
    this.note('unknown event', line, text)
  }
  report(): DamageReport {
    return {
      total: this.#total, blank: this.#blank, first: this.#first,
      kinds: (Object.keys(damageKinds) as DamageKind[]).filter(kind => this.#kinds.has(kind))
        .map(kind => ({ kind, means: damageKinds[kind], places: this.#kinds.get(kind)! })),
      unknownEvents: [...this.#unknown].sort(([a], [b]) => a < b ? -1 : 1).map(([name, n]) => ({ name, count: n })),
    }
  }
}
/** A control character that is no white space. Bytes from 80h on can be part of a character in UTF-8. */
const control = /(?![\t-\r\x80-\x9f])\p{Cc}/u
export const isBinary = (text: string): boolean => control.test(text)
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '·')
