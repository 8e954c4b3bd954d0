/** The trace events of QEMU's VT-d unit and the form of their lines. Names and forms are those seen in recorded boots of QEMU 7.2;
 *  events that no recorded boot holds are known by name only. */

/** `replayed`: goes through the model's caches or the queue check. `counted`: reported as a number. `ignored`: says nothing more. */
export type Use = 'replayed' | 'counted' | 'ignored'
export interface EventForm { readonly use: Use; readonly form: RegExp }

const parts: Readonly<Record<string, string>> = {
  X: '(0x[0-9a-f]+)', D: '(\\d+)', W: '([a-z-]+)', B: '([0-9a-f]+:[0-9a-f]+\\.[0-9a-f]+)',
}
/** The text behind the event's name. `X` is a hexadecimal number, `D` a decimal one, `W` a word, `B` bus:device.function. */
function form(text: string): RegExp {
  const quoted = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${quoted.replace(/\b[XDWB]\b/g, part => parts[part]!)}$`)
}
const rows: readonly (readonly [Use, string, string])[] = [
  ['ignored', 'apic_deliver_irq', 'dest D dest_mode D delivery_mode D vector D trigger_mode D'],
  ['counted', 'vtd_ce_not_present', 'Context entry bus D devfn D not present'],
  ['replayed', 'vtd_context_cache_reset', ''],
  ['replayed', 'vtd_dmar_enable', 'enable D'],
  ['counted', 'vtd_dmar_fault', 'sid X fault D addr X write D'],
  ['replayed', 'vtd_dmar_translate', 'dev B iova X -> gpa X mask X'],
  ['counted', 'vtd_frr_new', 'index D high X low X'],
  ['ignored', 'vtd_fsts_ppf', 'FSTS PPF bit set to D'],
  ['replayed', 'vtd_inv_desc', 'invalidate desc type W high X low X'],
  ['ignored', 'vtd_inv_desc_cc_device', 'context invalidate device B'],
  ['replayed', 'vtd_inv_desc_cc_devices', 'context invalidate devices sid X fmask X'],
  ['replayed', 'vtd_inv_desc_cc_global', 'context invalidate globally'],
  ['replayed', 'vtd_inv_desc_iec', 'granularity X index X mask X'],
  ['replayed', 'vtd_inv_desc_iotlb_domain', 'iotlb invalidate whole domain X'],
  ['replayed', 'vtd_inv_desc_iotlb_global', 'iotlb invalidate global'],
  ['replayed', 'vtd_inv_desc_iotlb_pages', 'iotlb invalidate domain X addr X mask X'],
  ['replayed', 'vtd_inv_desc_wait_sw', 'wait invalidate status write addr X data X'],
  ['ignored', 'vtd_inv_qi_enable', 'enabled D'],
  ['ignored', 'vtd_inv_qi_fetch', ''],
  ['replayed', 'vtd_inv_qi_head', 'read head D'],
  ['replayed', 'vtd_inv_qi_setup', 'addr X size D'],
  ['replayed', 'vtd_inv_qi_tail', 'write tail D'],
  ['replayed', 'vtd_iotlb_cc_hit', 'IOTLB context hit bus X devfn X high X low X gen D'],
  ['replayed', 'vtd_iotlb_cc_update', 'IOTLB context update bus X devfn X high X low X gen D -> gen D'],
  ['replayed', 'vtd_iotlb_page_hit', 'IOTLB page hit sid X iova X slpte X domain X'],
  ['replayed', 'vtd_iotlb_page_update', 'IOTLB page update sid X iova X slpte X domain X'],
  ['replayed', 'vtd_ir_enable', 'enable D'],
  ['replayed', 'vtd_ir_irte_get', 'index D low X high X'],
  ['replayed', 'vtd_ir_remap', 'index D trigger D vector D deliver D dest X mode D'],
  ['ignored', 'vtd_ir_remap_msi', '(addr X, data X) -> (addr X, data X)'],
  ['ignored', 'vtd_irq_generate', 'addr X data X'],
  ['counted', 'vtd_pt_enable_fast_path', 'sid X D'],
  ['replayed', 'vtd_reg_dmar_root', 'addr X scalable D'],
  ['replayed', 'vtd_reg_ir_root', 'addr X size X'],
  ['counted', 'vtd_reg_read', 'addr X size X'],
  ['counted', 'vtd_reg_write', 'addr X size X value X'],
  ['ignored', 'vtd_reg_write_fectl', 'value X'],
  ['replayed', 'vtd_reg_write_gcmd', 'status X value X'],
  ['counted', 'vtd_translate_pt', 'source id X, iova X'],
]
/** Told of by other recordings (QEMU 10, or with more events switched on); their form was not seen. */
const byNameOnly: readonly (readonly [Use, string])[] = [
  ['replayed', 'vtd_iotlb_reset'], ['counted', 'vtd_fault_disabled'], ['ignored', 'vtd_ir_remap_type'], ['ignored', 'vtd_ir_remap_msi_req'],
]

/** Every known event. */
export const events: ReadonlyMap<string, EventForm> = new Map([
  ...rows.map(([use, name, text]): [string, EventForm] => [name, { use, form: form(text) }]),
  ...byNameOnly.map(([use, name]): [string, EventForm] => [name, { use, form: /^.*$/ }]),
])
