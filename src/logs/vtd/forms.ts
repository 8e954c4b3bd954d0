/** Which trace events of QEMU's VT-d unit a log is read for, and what each tells of the unit. Those whose form was seen
 *  in recorded boots of QEMU 7.2 are held to it; the others are known by name only. */
import { formOf, forms } from '../../qemu/events.ts'
import type { EventName } from '../../qemu/events.ts'
import type { CarriedOut, UnitEvent } from '../event.ts'
import type { Use } from '../formats/format.ts'
import { word, words } from '../formats/hex.ts'
import type { EventForm } from '../formats/qemu.ts'

/** The fields of a line in the order of its form, behind the whole of it. */
type Says = EventForm<UnitEvent>['says']

const seen: Readonly<Record<Use, readonly EventName[]>> = {
  replayed: [
    'vtd_context_cache_reset', 'vtd_dmar_enable', 'vtd_dmar_translate', 'vtd_inv_desc', 'vtd_inv_desc_cc_devices',
    'vtd_inv_desc_cc_global',
    'vtd_inv_desc_iec', 'vtd_inv_desc_iotlb_domain', 'vtd_inv_desc_iotlb_global', 'vtd_inv_desc_iotlb_pages',
    'vtd_inv_desc_wait_sw',
    'vtd_inv_qi_head', 'vtd_inv_qi_setup', 'vtd_inv_qi_tail', 'vtd_iotlb_cc_hit', 'vtd_iotlb_cc_update',
    'vtd_iotlb_page_hit',
    'vtd_iotlb_page_update', 'vtd_ir_enable', 'vtd_ir_irte_get', 'vtd_ir_remap', 'vtd_ir_remap_msi',
    'vtd_reg_dmar_root', 'vtd_reg_ir_root', 'vtd_reg_write_gcmd',
  ],
  counted: [
    'vtd_ce_not_present', 'vtd_dmar_fault', 'vtd_frr_new', 'vtd_pt_enable_fast_path', 'vtd_reg_read', 'vtd_reg_write',
    'vtd_translate_pt',
  ],
  ignored: [
    'apic_deliver_irq', 'vtd_fsts_ppf', 'vtd_inv_desc_cc_device', 'vtd_inv_qi_enable', 'vtd_inv_qi_fetch',
    'vtd_irq_generate',
    'vtd_reg_write_fectl',
  ],
}
/** Told of by other versions of QEMU, or with more events switched on. */
const byNameOnly: Readonly<Record<Use, readonly string[]>> = {
  replayed: ['vtd_inv_desc_cc_domain', 'vtd_inv_desc_wait_irq', 'vtd_inv_desc_wait_write_fail', 'vtd_iotlb_reset',
    'vtd_warn_invalid_qi_tail'],
  counted: ['vtd_fault_disabled', 'vtd_re_not_present', 'vtd_reset_exit'],
  ignored: [
    'vtd_as_unmap_whole', 'vtd_device_attach_hwpt', 'vtd_device_detach_hwpt', 'vtd_device_reattach_def_hwpt',
    'vtd_dmar_slpte', 'vtd_fsts_clear_ip', 'vtd_inv_desc_iotlb_pasid', 'vtd_inv_desc_iotlb_pasid_pages',
    'vtd_ir_remap_msi_req', 'vtd_ir_remap_type', 'vtd_page_walk_level', 'vtd_page_walk_one',
    'vtd_page_walk_one_skip_map', 'vtd_page_walk_one_skip_unmap', 'vtd_page_walk_skip_read',
    'vtd_page_walk_skip_reserve', 'vtd_pasid_cache_dsi', 'vtd_pasid_cache_gsi', 'vtd_pasid_cache_psi',
    'vtd_reg_ics_clear_ip', 'vtd_reg_write_iectl', 'vtd_replay_ce_invalid', 'vtd_replay_ce_valid',
    'vtd_switch_address_space', 'vtd_warn_ir_trigger', 'vtd_warn_ir_vector',
  ],
}
/** The names of a VT-d unit's events, known or not. */
export const ofUnit = /^vtd_/

const h = (text: string | undefined): number => Number.parseInt(text!, 16)
const n = (text: string | undefined): number => Number.parseInt(text!, 10)
const isOn = (text: string | undefined): boolean => text !== '0'
/** `00:1f.03` or `00:1f.3`. */
const sidOf = (device: string): number => digit(device, 0) << 12 | digit(device, 1) << 8
  | digit(device, 3) << 7 | digit(device, 4) << 3 | digit(device, device.length - 1)
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at)
  return code <= 57 ? code - 48 : code - 87
}
const sourceOf = (bus: string | undefined, devfn: string | undefined): number => h(bus) * 256 + h(devfn)

const leaf = (kind: 'fill' | 'hit'): Says => ([, sid, iova, slpte, did], at) =>
  [{ kind, at, sid: h(sid), address: h(iova), leaf: word(slpte!), did: h(did) }]
const context = (kind: 'contextFill' | 'contextHit'): Says => ([, bus, devfn, high, low], at) =>
  [{ kind, at, sid: sourceOf(bus, devfn), words: words(low!, high!) }]
const carriedOut = (what: CarriedOut['what']): Says => (fields, at) =>
  [{ kind: 'carriedOut', at, what, numbers: fields.slice(1).map(h) }]

/** The mask of a page: 0xfff, 0x1fffff or 0x3fffffff. */
const translation: Says = ([, device, iova, gpa, mask], at) =>
  [{ kind: 'translation', at, sid: sidOf(device!), from: h(iova), to: h(gpa), bytes: h(mask) + 1 }]

const ofCaches: Readonly<Partial<Record<EventName, Says>>> = {
  vtd_iotlb_page_update: leaf('fill'),
  vtd_iotlb_page_hit: leaf('hit'),
  vtd_dmar_translate: translation,
  vtd_iotlb_reset: (_, at) => [{ kind: 'dropped', at, by: 'capacity' }],
  vtd_iotlb_cc_update: context('contextFill'),
  vtd_iotlb_cc_hit: context('contextHit'),
  vtd_context_cache_reset: (_, at) => [{ kind: 'contextsReset', at }],
  vtd_ce_not_present: (_, at) => [{ kind: 'contextNotPresent', at }],
  vtd_translate_pt: ([, sid, iova], at) => [{ kind: 'passThrough', at, sid: h(sid), address: h(iova) }],
  vtd_ir_irte_get: ([, index, low, high], at) =>
    [{ kind: 'entryRead', at, index: n(index), words: words(low!, high!) }],
  vtd_ir_remap: ([, index, trigger, vector, deliver, dest, mode], at) => [{ kind: 'remapped', at, index: n(index),
    trigger: n(trigger), vector: n(vector), delivery: n(deliver), destination: h(dest), mode: n(mode) }],
}

const ofQueue: Readonly<Partial<Record<EventName | 'vtd_inv_desc_wait_write_fail', Says>>> = {
  vtd_inv_qi_setup: ([, , size], at) => [{ kind: 'queueSetup', at, entries: n(size) }],
  vtd_inv_qi_tail: ([, tail], at) => [{ kind: 'tail', at, index: n(tail) }],
  vtd_inv_qi_head: ([, head], at) => [{ kind: 'fetch', at, index: n(head) }],
  vtd_inv_desc: ([, , high, low], at) => [{ kind: 'descriptor', at, words: words(low!, high!) }],
  vtd_inv_desc_cc_global: carriedOut('context-cache global'),
  vtd_inv_desc_cc_devices: carriedOut('context-cache device'),
  vtd_inv_desc_iotlb_global: carriedOut('iotlb global'),
  vtd_inv_desc_iotlb_domain: carriedOut('iotlb domain'),
  vtd_inv_desc_iotlb_pages: carriedOut('iotlb page'),
  vtd_inv_desc_iec: ([, granularity, index, mask], at) => [h(granularity) === 0
    ? { kind: 'carriedOut', at, what: 'iec global', numbers: [] }
    : { kind: 'carriedOut', at, what: 'iec index', numbers: [h(index), h(mask)] }],
  vtd_inv_desc_cc_domain: ([says], at) =>
    [{ kind: 'carriedOut', at, what: 'context-cache domain', numbers: [h(says!.slice(says!.lastIndexOf(' ') + 1))] }],
  vtd_inv_desc_wait_sw: ([, address], at) => [{ kind: 'waited', at, status: h(address) }],
  vtd_inv_desc_wait_irq: (_, at) => [{ kind: 'waited', at, status: null }],
  vtd_inv_desc_wait_write_fail: (_, at) => [{ kind: 'waitFailed', at }],
  vtd_warn_invalid_qi_tail: (_, at) => [{ kind: 'tailRefused', at }],
}
const rootTable: Says = ([, address, scalable], at) =>
  [{ kind: 'rootTable', at, address: h(address), isScalable: isOn(scalable) }, { kind: 'dropped', at, by: 'SRTP' }]
/** Bit 4 of the address says that the message names an entry. */
const namesEntry = (address: string): boolean => (Number.parseInt(address.slice(-2), 16) & 0x10) !== 0
const nothing: readonly UnitEvent[] = []

/** QEMU empties its caches when a root table is set and when translation goes on or off; the manual leaves that to
 *  software. */
const ofControl: Readonly<Partial<Record<EventName, Says>>> = {
  vtd_reg_read: ([, offset], at) => [{ kind: 'registerRead', at, offset: h(offset) }],
  vtd_reg_write: ([, offset, size, value], at) =>
    [{ kind: 'registerWrite', at, offset: h(offset), bytes: h(size), value: word(value!) }],
  vtd_reg_write_gcmd: ([, status, value], at) => [{ kind: 'command', at, status: h(status), value: h(value) }],
  vtd_reg_dmar_root: rootTable,
  vtd_ir_remap_msi: ([, address, data, to, toData], at) =>
    namesEntry(address!) || address !== to || data !== toData ? nothing
      : [{ kind: 'unremapped', at, address: h(address), data: h(data) }],
  vtd_reg_ir_root: ([, address], at) => [{ kind: 'interruptTable', at, address: h(address) }],
  vtd_dmar_enable: ([, enable], at) =>
    [{ kind: 'remapping', at, what: 'DMA', on: isOn(enable) }, { kind: 'dropped', at, by: 'TE' }],
  vtd_ir_enable: ([, enable], at) => [{ kind: 'remapping', at, what: 'interrupt', on: isOn(enable) }],
  vtd_dmar_fault: ([, sid, reason, address, write], at) =>
    [{ kind: 'fault', at, sid: h(sid), reason: n(reason), address: h(address), write: isOn(write) }],
  vtd_frr_new: ([, , high, low], at) => [{ kind: 'faultRecord', at, words: words(low!, high!) }],
}

const says: Readonly<Partial<Record<string, Says>>> = { ...ofCaches, ...ofQueue, ...ofControl }
const silent: Says = () => nothing

/** Every event that is known. */
export const events: ReadonlyMap<string, EventForm<UnitEvent>> = new Map([
  ...Object.entries(seen).flatMap(([use, names]) => names.map((name): [string, EventForm<UnitEvent>] =>
    [name, { use: use as Use, form: formOf(forms[name]), says: says[name] ?? silent }])),
  ...Object.entries(byNameOnly).flatMap(([use, names]) => names.map((name): [string, EventForm<UnitEvent>] =>
    [name, { use: use as Use, form: /^.*$/, says: says[name] ?? silent }])),
])

/** Forms that other versions of QEMU have for some of them. */
export const otherForms: ReadonlyMap<string, EventForm<UnitEvent>> = new Map([
  ['vtd_dmar_translate', { use: 'replayed', form: formOf(`pasid {pasid:x}: ${forms.vtd_dmar_translate}`),
    says: ([whole, , ...fields], at) => translation([whole!, ...fields], at) }],
  ['vtd_reg_dmar_root', { use: 'replayed', says: rootTable, form: formOf('addr {address:X} extended {scalable:d}') }],
])
