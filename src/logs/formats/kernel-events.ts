/** What the kernel's trace events tell: `iommu`, `intel_iommu`, `irq_vectors` and `irq` (Linux 6.1 to 6.12). */
import type { KernelAt, TagEvent, TracedEvent } from '../event.ts'
import { words } from './hex.ts'

/** Null where the fields are not as they should be; `left` where the event is known and tells nothing more. */
type Says = (rest: string, at: KernelAt) => TracedEvent | 'left' | null

const page = (hex: string): number => Number.parseInt(hex, 16) / 4096

const mapForm = /^IOMMU: iova=0x([0-9a-f]+)(?: - 0x([0-9a-f]+))? paddr=0x([0-9a-f]+) size=(\d+)$/
const unmapForm = /^IOMMU: iova=0x([0-9a-f]+)(?: - 0x[0-9a-f]+)? size=\d+ unmapped_size=(\d+)$/
const deviceForm = /^IOMMU: (?:groupID=\d+ )?device=(\S+)$/
const faultForm = /^IOMMU:(\S+) (\S+) iova=0x([0-9a-f]+) flags=0x([0-9a-f]+)$/
const submitForm = /^(\w+) (\w+): 0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16}) 0x[0-9a-f]+ 0x[0-9a-f]+$/
const rangeForm = /^(\w+) ([^[]+)\[(\d+)\] type (\w+) did (\d+) \[0x([0-9a-f]+)-0x([0-9a-f]+)\] addr 0x[0-9a-f]+ pages /
const domainForm = /^(\w+)\/(\S+) type (\w+) did (\d+) pasid \d+ ref \d+$/
const irqForm = /^irq=(\d+) \S.*$/
const entryForm = /^irq=(\d+) name=(.*)$/
const exitForm = /^irq=(\d+) ret=(handled|unhandled)$/
const vectorForm = / vector=(\d+)/, cpuForm = / cpu=(\d+)/
const prevVectorForm = / prev_vector=(\d+)/, prevCpuForm = / prev_cpu=(\d+)/

const numberOf = (form: RegExp, rest: string): number | null => {
  const found = form.exec(rest)
  return found === null ? null : Number(found[1])
}

const range = (what: TagEvent['what']): Says => (rest, at) => {
  const f = rangeForm.exec(rest)
  return f && { kind: 'tag', what, ...at, unit: f[1]!, device: f[2]!, type: f[4]!, did: Number(f[5]), page: page(f[6]!),
    end: Math.floor(page(f[7]!)) + 1 }
}
const domain = (what: TagEvent['what']): Says => (rest, at) => {
  const f = domainForm.exec(rest)
  return f && { kind: 'tag', what, ...at, unit: f[1]!, device: f[2]!, type: f[3]!, did: Number(f[4]), page: 0,
    end: Infinity }
}
const device: Says = rest => deviceForm.test(rest) ? 'left' : null
const vector = (what: string): Says => (rest, at) => {
  const f = irqForm.exec(rest)
  return f && { kind: 'vector', what, ...at, irq: Number(f[1]), vector: numberOf(vectorForm, rest),
    target: numberOf(cpuForm, rest), prevVector: numberOf(prevVectorForm, rest), prevCpu: numberOf(prevCpuForm, rest) }
}
const vectorEvents = ['vector_activate', 'vector_alloc', 'vector_alloc_managed', 'vector_clear', 'vector_config',
  'vector_deactivate', 'vector_free_moved', 'vector_reserve', 'vector_reserve_managed', 'vector_setup',
  'vector_teardown', 'vector_update']

const says: Readonly<Record<string, Says>> = {
  map: (rest, at) => {
    const f = mapForm.exec(rest)
    if (f === null) return null
    const from = page(f[1]!)
    return { kind: 'map', ...at, page: from, end: f[2] === undefined ? from + Number(f[4]) / 4096 : page(f[2]),
      frame: page(f[3]!) }
  },
  unmap: (rest, at) => {
    const f = unmapForm.exec(rest)
    return f && { kind: 'unmap', ...at, page: page(f[1]!), end: page(f[1]!) + Number(f[2]) / 4096 }
  },
  io_page_fault: (rest, at) => {
    const f = faultForm.exec(rest)
    return f && { kind: 'pageFault', ...at, device: f[2]!, address: Number.parseInt(f[3]!, 16),
      flags: Number.parseInt(f[4]!, 16) }
  },
  add_device_to_group: device, attach_device_to_domain: device, detach_device_from_domain: device,
  remove_device_from_group: device,
  qi_submit: (rest, at) => {
    const f = submitForm.exec(rest)
    return f && { kind: 'submit', ...at, unit: f[2]!, words: words(`0x${f[3]!}`, `0x${f[4]!}`) }
  },
  cache_tag_flush_range: range('range'), cache_tag_flush_range_np: range('mapped'),
  cache_tag_flush_all: domain('all'), cache_tag_assign: domain('assign'), cache_tag_unassign: domain('unassign'),
  irq_handler_entry: (rest, at) => {
    const f = entryForm.exec(rest)
    return f && { kind: 'handler', ...at, irq: Number(f[1]), name: f[2]!, handled: null }
  },
  irq_handler_exit: (rest, at) => {
    const f = exitForm.exec(rest)
    return f && { kind: 'handler', ...at, irq: Number(f[1]), name: null, handled: f[2] === 'handled' }
  },
  ...Object.fromEntries(vectorEvents.map(name => [name, vector(name)])),
}
const known = new Map(Object.entries(says))

/** Undefined where no such event is known. */
export const tracedEvent = (name: string, rest: string, at: KernelAt): TracedEvent | 'left' | null | undefined =>
  known.get(name)?.(rest, at)
