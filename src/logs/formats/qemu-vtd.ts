/** Which trace events of QEMU's VT-d unit a log is read for. Those whose form was seen in recorded boots of QEMU 7.2
 *  are held to it; the others are known by name only. */
import { formOf, forms } from '../../qemu/events.ts'
import type { EventName } from '../../qemu/events.ts'

/** `replayed`: goes through the model's caches or the queue check. `counted`: reported as a number. `ignored`: says
 *  nothing more. */
export type Use = 'replayed' | 'counted' | 'ignored'
export interface EventForm { readonly use: Use; readonly form: RegExp }

const seen: Readonly<Record<Use, readonly EventName[]>> = {
  replayed: [
    'vtd_context_cache_reset', 'vtd_dmar_enable', 'vtd_dmar_translate', 'vtd_inv_desc', 'vtd_inv_desc_cc_devices',
    'vtd_inv_desc_cc_global',
    'vtd_inv_desc_iec', 'vtd_inv_desc_iotlb_domain', 'vtd_inv_desc_iotlb_global', 'vtd_inv_desc_iotlb_pages',
    'vtd_inv_desc_wait_sw',
    'vtd_inv_qi_head', 'vtd_inv_qi_setup', 'vtd_inv_qi_tail', 'vtd_iotlb_cc_hit', 'vtd_iotlb_cc_update',
    'vtd_iotlb_page_hit',
    'vtd_iotlb_page_update', 'vtd_ir_enable', 'vtd_ir_irte_get', 'vtd_ir_remap', 'vtd_reg_dmar_root', 'vtd_reg_ir_root',
    'vtd_reg_write_gcmd',
  ],
  counted: [
    'vtd_ce_not_present', 'vtd_dmar_fault', 'vtd_frr_new', 'vtd_pt_enable_fast_path', 'vtd_reg_read', 'vtd_reg_write',
    'vtd_translate_pt',
  ],
  ignored: [
    'apic_deliver_irq', 'vtd_fsts_ppf', 'vtd_inv_desc_cc_device', 'vtd_inv_qi_enable', 'vtd_inv_qi_fetch',
    'vtd_ir_remap_msi', 'vtd_irq_generate',
    'vtd_reg_write_fectl',
  ],
}
/** Told of by other recordings (QEMU 10, or with more events switched on). */
const byNameOnly: readonly (readonly [Use, EventName])[] = [
  ['replayed', 'vtd_iotlb_reset'], ['counted', 'vtd_fault_disabled'], ['ignored', 'vtd_ir_remap_type'],
  ['ignored', 'vtd_ir_remap_msi_req'],
]

/** Every event that is known. */
export const events: ReadonlyMap<string, EventForm> = new Map([
  ...Object.entries(seen)
    .flatMap(([use, names]) =>
      names.map((name): [string, EventForm] => [name, { use: use as Use, form: formOf(forms[name]) }])),
  ...byNameOnly.map(([use, name]): [string, EventForm] => [name, { use, form: /^.*$/ }]),
])
