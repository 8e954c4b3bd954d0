/** The trace events of QEMU's VT-d unit and of its APICs: the form of their lines, as data, and the types that follow
 *  from it. Forms are those of QEMU 7.2 (`-trace help`, recorded boots); no manual. */

/** Text behind the event's name. `{name:kind}` is a field: `x` a hexadecimal number of at most 32 bits, `X` one of 64
 *  (a bigint), `d` decimal, `w` a word, `b` bus:device.function as a source id, `t` the rest of the line. */
export const forms = {
  apic_deliver_irq: 'dest {dest:d} dest_mode {destMode:d} delivery_mode {deliveryMode:d} \
vector {vector:d} trigger_mode {triggerMode:d}',
  vtd_ce_not_present: 'Context entry bus {bus:d} devfn {devfn:d} not present',
  vtd_context_cache_reset: '',
  vtd_dmar_enable: 'enable {enable:d}',
  vtd_dmar_fault: 'sid {sid:x} fault {reason:d} addr {address:X} write {write:d}',
  vtd_dmar_translate: 'dev {sid:b} iova {iova:X} -> gpa {gpa:X} mask {mask:X}',
  vtd_fault_disabled: 'Fault processing disabled for context entry',
  vtd_frr_new: 'index {index:d} high {high:X} low {low:X}',
  vtd_fsts_clear_ip: '',
  vtd_fsts_ppf: 'FSTS PPF bit set to {ppf:d}',
  vtd_inv_desc: 'invalidate desc type {type:w} high {high:X} low {low:X}',
  vtd_inv_desc_cc_device: 'context invalidate device {sid:b}',
  vtd_inv_desc_cc_devices: 'context invalidate devices sid {sid:x} fmask {fmask:x}',
  vtd_inv_desc_cc_domain: 'context invalidate domain {domain:x}',
  vtd_inv_desc_cc_global: 'context invalidate globally',
  vtd_inv_desc_iec: 'granularity {granularity:x} index {index:x} mask {mask:x}',
  vtd_inv_desc_iotlb_domain: 'iotlb invalidate whole domain {domain:x}',
  vtd_inv_desc_iotlb_global: 'iotlb invalidate global',
  vtd_inv_desc_iotlb_pages: 'iotlb invalidate domain {domain:x} addr {address:X} mask {mask:x}',
  vtd_inv_desc_wait_irq: '{says:t}',
  vtd_inv_desc_wait_sw: 'wait invalidate status write addr {address:X} data {data:x}',
  vtd_inv_qi_enable: 'enabled {enabled:d}',
  vtd_inv_qi_fetch: '',
  vtd_inv_qi_head: 'read head {head:d}',
  vtd_inv_qi_setup: 'addr {address:X} size {size:d}',
  vtd_inv_qi_tail: 'write tail {tail:d}',
  vtd_iotlb_cc_hit: 'IOTLB context hit bus {bus:x} devfn {devfn:x} high {high:X} low {low:X} gen {gen:d}',
  vtd_iotlb_cc_update: 'IOTLB context update bus {bus:x} devfn {devfn:x} high {high:X} low {low:X} \
gen {before:d} -> gen {gen:d}',
  vtd_iotlb_page_hit: 'IOTLB page hit sid {sid:x} iova {iova:X} slpte {slpte:X} domain {domain:x}',
  vtd_iotlb_page_update: 'IOTLB page update sid {sid:x} iova {iova:X} slpte {slpte:X} domain {domain:x}',
  vtd_iotlb_reset: 'IOTLB reset (reason: {reason:t})',
  vtd_ir_enable: 'enable {enable:d}',
  // QEMU prints the two halves of the entry under each other's names.
  vtd_ir_irte_get: 'index {index:d} low {high:X} high {low:X}',
  vtd_ir_remap: 'index {index:d} trigger {trigger:d} vector {vector:d} deliver {deliver:d} dest {dest:x} mode {mode:d}',
  vtd_ir_remap_msi: '(addr {address:X}, data {data:X}) -> (addr {toAddress:X}, data {toData:X})',
  vtd_ir_remap_msi_req: 'addr {address:X} data {data:X}',
  vtd_ir_remap_type: '{type:t}',
  vtd_irq_generate: 'addr {address:X} data {data:X}',
  vtd_pt_enable_fast_path: 'sid {sid:x} {enabled:d}',
  vtd_re_not_present: 'Root entry bus {bus:d} not present',
  vtd_reg_dmar_root: 'addr {address:X} scalable {scalable:d}',
  vtd_reg_ics_clear_ip: '',
  vtd_reg_ir_root: 'addr {address:X} size {size:x}',
  vtd_reg_read: 'addr {offset:x} size {size:x}',
  vtd_reg_write: 'addr {offset:x} size {size:x} value {value:X}',
  vtd_reg_write_fectl: 'value {value:x}',
  vtd_reg_write_gcmd: 'status {status:x} value {value:x}',
  vtd_reg_write_iectl: 'value {value:x}',
  vtd_translate_pt: 'source id {sid:x}, iova {iova:X}',
  vtd_warn_invalid_qi_tail: 'tail {tail:x}',
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
