/** The trace events of QEMU's IOMMUs and of its APICs: the form of their lines, as data, and the types that follow from
 *  it. Forms are those of QEMU 7.2 (`-trace help`, recorded boots); no manual. */
import { amdviForms } from './amdvi/events.ts'
import { vtdForms } from './vtd/events.ts'

/** Text behind the event's name. `{name:kind}` is a field: `x` a hexadecimal number of at most 32 bits, `X` one of 64
 *  (a bigint), `d` decimal, `w` a word, `b` bus:device.function as a source id, `t` the rest of the line. */
export const forms = {
  apic_deliver_irq: 'dest {dest:d} dest_mode {destMode:d} delivery_mode {deliveryMode:d} \
vector {vector:d} trigger_mode {triggerMode:d}',
  ...vtdForms, ...amdviForms,
} as const satisfies Readonly<Record<string, string>>

interface Kinds {
  readonly x: number
  readonly X: bigint
  readonly d: number
  readonly w: string
  readonly b: number
  readonly t: string
}
type Kind = keyof Kinds
type FieldsOf<Form extends string> = Form extends `${string}{${infer Name}:${infer K extends Kind}}${infer Rest}`
  ? { readonly [N in Name]: Kinds[K] } & FieldsOf<Rest> : unknown

export type EventName = keyof typeof forms
export type TraceEvent = { [N in EventName]: { readonly name: N } & FieldsOf<(typeof forms)[N]> }[EventName]
export type EventOf<N extends EventName> = Extract<TraceEvent, { readonly name: N }>

const patterns: Readonly<Record<Kind, string>> = {
  x: '(0x[0-9a-f]+)', X: '(0x[0-9a-f]+)', d: '(\\d+)', w: '([a-z-]+)', b: '([0-9a-f]+:[0-9a-f]+\\.[0-9a-f]+)',
  t: '(.*)',
}
const field = /\{(\w+):([xXdwbt])\}/g

/** Matches the text behind the name; the fields are its groups, in their order. */
export function formOf(text: string): RegExp {
  const literal = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  let source = '', from = 0
  for (const found of text.matchAll(field)) {
    source += literal(text.slice(from, found.index)) + patterns[found[2] as Kind]
    from = found.index + found[0].length
  }
  return new RegExp(`^${source}${literal(text.slice(from))}$`)
}

interface Reader { readonly form: RegExp; readonly fields: readonly (readonly [string, Kind])[] }
const readers: ReadonlyMap<string, Reader> = new Map(Object.entries(forms).map(([name, text]): [string, Reader] =>
  [name, { form: formOf(text), fields: [...text.matchAll(field)].map(([, label, kind]) => [label!, kind as Kind]) }]))

function valueOf(kind: Kind, text: string): number | bigint | string {
  if (kind === 'X') return BigInt(text)
  if (kind === 'b') return sourceId(text)
  return kind === 'w' || kind === 't' ? text : Number(text)
}
function sourceId(text: string): number {
  const [bus, device, fn] = text.split(/[:.]/).map(part => Number.parseInt(part, 16))
  return bus! << 8 | device! << 3 | fn!
}

/** Reads one line of the trace; null where it is none of a known event (QEMU's own complaints come on the same
 *  stream). */
export function parseEvent(line: string): TraceEvent | null {
  const space = line.indexOf(' ')
  const name = space < 0 ? line : line.slice(0, space)
  const reader = readers.get(name)
  const found = reader?.form.exec(space < 0 ? '' : line.slice(space + 1).trimEnd())
  if (reader === undefined || found === null || found === undefined) return null
  const event: Record<string, unknown> = { name }
  reader.fields.forEach(([label, kind], i) => { event[label] = valueOf(kind, found[i + 1]!) })
  return event as TraceEvent
}
