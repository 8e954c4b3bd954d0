/** Which trace events of QEMU's AMD unit a log is read for, and what each tells of the unit (QEMU 7.2 and 10.0).
 *  Numbers of a form are in the order in which the line has them. */
import type { Use } from '../formats/format.ts'
import { word, words } from '../formats/hex.ts'
import type { EventForm } from '../formats/qemu.ts'
import { events as codes } from '../../../spec/amdvi/index.ts'
import type { AmdviEvent, CommandDone, Refused } from './event.ts'
import { byText } from './refusals.ts'

type Form = EventForm<AmdviEvent>
type Says = Form['says']

const h = (text: string | undefined): number => Number.parseInt(text!, 16)
const pageOf = (text: string | undefined): number => Math.floor(h(text) / 4096)

/** `%b`: bus:device.function, three fields; `%x`: 0x and digits; `%d`: decimal; `%s`: words. */
function formOf(text: string): RegExp {
  const source = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%b', '([0-9a-f]{2}):([0-9a-f]{2})\\.([0-7])').replaceAll('%x', '0x([0-9a-f]{1,16})')
    .replaceAll('%d', '(\\d+)').replaceAll('%s', '(.*)')
  return new RegExp(`^${source}$`)
}
const deviceOf = (bus: string | undefined, device: string | undefined, fn: string | undefined): number =>
  h(bus) << 8 | h(device) << 3 | h(fn)

const nothing: Says = () => []
const row = (use: Use, form: string, says: Says = nothing): Form => ({ use, form: formOf(form), says })
const done = (what: CommandDone['what']): Says => ([, id], at) =>
  [{ kind: 'done', at, what, id: id === undefined ? null : h(id) }]
/** @param address which field of the line is the address that was asked for. */
const refused = (of: Refused['of'], event: keyof typeof codes, says: string, address?: number): Says =>
  (fields, at) => [{ kind: 'refused', at, of, reason: codes[event], says,
    page: address === undefined ? null : pageOf(fields[address]) }]
const refusedFor: Says = ([, text], at) => [{ kind: 'refused', at, of: 'interrupt', page: null, ...byText(text!) }]

const ofCaches: Readonly<Record<string, Form>> = {
  amdvi_cache_update: row('replayed', 'update iotlb domid %x devid: %b gpa %x hpa %x',
    ([, domain, b, d, f, from, to], at) => [{ kind: 'pageFill', at, device: deviceOf(b, d, f), page: pageOf(from),
      frame: pageOf(to), domain: h(domain) }]),
  amdvi_iotlb_hit: row('replayed', 'hit iotlb devid %b gpa %x hpa %x', ([, b, d, f, from, to], at) =>
    [{ kind: 'pageHit', at, device: deviceOf(b, d, f), page: pageOf(from), frame: pageOf(to) }]),
  amdvi_translation_result: row('replayed', 'devid: %b gpa %x hpa %x', ([, b, d, f, from, to], at) =>
    [{ kind: 'result', at, device: deviceOf(b, d, f), page: pageOf(from), frame: pageOf(to) }]),
  // Printed for want of room, and with INVALIDATE_IOMMU_ALL and a reset, which have a line of their own or none.
  amdvi_iotlb_reset: row('replayed', 'IOTLB exceed size limit - reset', (_, at) =>
    [{ kind: 'dropped', at, by: 'capacity' }]),
}
const ofCommands: Readonly<Record<string, Form>> = {
  amdvi_command_exec: row('replayed',
    'command buffer head at %x command buffer tail at %x command buffer base at %x',
    ([, head, tail, base], at) => [{ kind: 'command', at, head: h(head), tail: h(tail), base: h(base) }]),
  amdvi_completion_wait: row('replayed', 'completion wait requested with store address %x and store data %x',
    ([, address, data], at) => [{ kind: 'wait', at, status: h(address), data: h(data) }]),
  amdvi_devtab_inval: row('replayed', 'device table entry for devid: %b invalidated', ([, b, d, f], at) =>
    [{ kind: 'done', at, what: 'devtab', id: deviceOf(b, d, f) }]),
  amdvi_pages_inval: row('replayed', 'AMD-Vi pages for domain %x invalidated', done('pages')),
  amdvi_intr_inval: row('replayed', 'Interrupt table invalidated', done('interrupts')),
  amdvi_all_inval: row('replayed', 'Invalidation of all AMD-Vi cache requested', done('all')),
  amdvi_iotlb_inval: row('replayed', 'IOTLB pages invalidated', done('device TLB')),
  amdvi_prefetch_pages: row('replayed', 'Pre-fetch of AMD-Vi pages requested', done('prefetch')),
  amdvi_ppr_exec: row('replayed', 'Execution of PPR queue requested', done('page request answer')),
  amdvi_unhandled_command: row('replayed', 'unhandled command %x', ([, code], at) =>
    [{ kind: 'unknownCommand', at, code: h(code) }]),
  amdvi_completion_wait_fail: row('replayed', 'error: fail to write at address %x',
    refused('command', 'COMMAND_HARDWARE_ERROR', 'A COMPLETION_WAIT could not store.')),
  amdvi_command_read_fail: row('replayed', 'error: fail to access memory at %x + %x',
    refused('command', 'COMMAND_HARDWARE_ERROR', 'A command could not be read.')),
  // Software writes the tail, or control, while CmdBufEn or IommuEn is 0: nothing is fetched.
  amdvi_command_error: row('ignored', 'error: Executing commands with command buffer disabled %x'),
}
const ofRegisters: Readonly<Record<string, Form>> = {
  // QEMU prints writes by this name too.
  amdvi_mmio_read: row('counted', '%s read addr %x, size %d offset %x', ([, , , , offset], at) =>
    [{ kind: 'access', at, offset: h(offset) }]),
  amdvi_mmio_write: row('counted', '%s write addr %x, size %d, val %x, offset %x', ([, , , , , offset], at) =>
    [{ kind: 'access', at, offset: h(offset) }]),
  amdvi_mmio_read_invalid: row('ignored', 'error: addr outside region (max %x): read addr %x, size %d'),
  amdvi_control_status: row('replayed', 'MMIO_STATUS state %x', ([, value], at) =>
    [{ kind: 'control', at, words: word(`0x${value}`) }]),
}
const ofInterrupts: Readonly<Record<string, Form>> = {
  amdvi_ir_remap_msi_req: row('replayed', 'addr %x data %x devid %x', ([, , , device], at) =>
    [{ kind: 'message', at, device: h(device) }]),
  amdvi_ir_irte: row('replayed', 'addr %x offset %x', ([, table, offset], at) =>
    [{ kind: 'entryAt', at, address: h(table) + h(offset) }]),
  amdvi_ir_irte_ga_val: row('replayed', 'hi %x lo %x', ([, high, low], at) =>
    [{ kind: 'entry', at, words: words(`0x${low}`, `0x${high}`) }]),
  amdvi_ir_irte_val: row('replayed', 'data %x', ([, data], at) =>
    [{ kind: 'entry', at, words: Uint32Array.of(h(data)) }]),
  amdvi_ir_remap_msi: row('replayed', '(addr %x, data %x) -> (addr %x, data %x)', ([, a, d, to, data], at) =>
    [{ kind: 'became', at, from: { address: h(a), data: h(d) }, to: { address: h(to), data: h(data) } }]),
  amdvi_ir_delivery_mode: row('ignored', '%s'), amdvi_ir_intctl: row('ignored', 'int_ctl %x'),
  amdvi_mem_ir_write_req: row('ignored', 'addr %x data %x size %x'),
  amdvi_mem_ir_write: row('ignored', 'addr %x data %x'),
  apic_deliver_irq: row('ignored', 'dest %d dest_mode %d delivery_mode %d vector %d trigger_mode %d'),
}
const ofFaults: Readonly<Record<string, Form>> = {
  amdvi_page_fault: row('counted', 'error: page fault accessing guest physical address %x',
    refused('DMA', 'IO_PAGE_FAULT', 'An entry of the walk is not present, or lacks the permission.', 1)),
  amdvi_mode_invalid: row('counted', 'error: translation level %x translating addr %x',
    refused('DMA', 'ILLEGAL_DEV_TABLE_ENTRY', 'Mode has more levels than the unit.', 2)),
  amdvi_invalid_dte: row('counted', 'PTE entry at %x is invalid',
    refused('either', 'ILLEGAL_DEV_TABLE_ENTRY', 'A reserved bit of a device table entry is set.')),
  amdvi_dte_get_fail: row('counted', 'error: failed to access Device Entry devtab %x offset %x',
    refused('either', 'DEV_TAB_HARDWARE_ERROR', 'A device table entry could not be read.')),
  amdvi_get_pte_hwerror: row('counted', 'hardware error eccessing PTE at addr %x',
    refused('DMA', 'PAGE_TAB_HARDWARE_ERROR', 'A page table entry could not be read.')),
  // Of interrupts: their words say why.
  amdvi_ir_target_abort: row('counted', '%s', refusedFor), amdvi_ir_err: row('counted', '%s', refusedFor),
  amdvi_err: row('counted', '%s', refusedFor),
  amdvi_evntlog_fail: row('ignored', 'error: fail to write at addr %x + offset %x'),
}

/** Every event that is known. */
export const forms: ReadonlyMap<string, Form> =
  new Map(Object.entries({ ...ofCaches, ...ofCommands, ...ofRegisters, ...ofInterrupts, ...ofFaults }))
