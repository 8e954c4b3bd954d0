/** Does to QEMU what a step was lowered to, and looks at what came of it: which frame a DMA reached, which CPU an
 *  interrupt. */
import { UserError } from '../../../errors.ts'
import type { Bounds } from '../../../../spec/bounds.ts'
import {
  descriptorWords, encode, entriesOf, memoryOf, qwordsOf, registers, rtaddrOf,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor, Placement, VtdState as State } from '../../../../spec/vtd/index.ts'
import { cpuOf } from '../../../../spec/apic/ids.ts'
import type { Machine } from '../../machine.ts'
import { bytesOf, wordsOf } from '../../memory.ts'
import { faultOf } from '../unit.ts'
import { bufferBytes, finish } from '../../edu.ts'
import type { HostOp, Outcome } from './lower.ts'

/** What was done, and what QEMU made of it. */
export interface HostResult {
  readonly deed: HostOp
  /** Null where nothing is to come of it. What a read got is known when the run is over: see `Driver.seen`. */
  readonly outcome: Outcome | null
  /** The translation came from QEMU's IOTLB. */
  readonly cached: boolean
  /** What else is worth a word. */
  readonly note: string | null
}

/** Bytes of a frame and of a device's buffer that one DMA uses; each DMA has its own. */
const slot = 8

/** Beside the tables: the queue, status words of waits, and where the devices' buffers are written to at the end. */
export const workAt = (at: Placement) => ({ queue: at.end, status: at.end + 4096, buffers: at.end + 8192 })

/** What a frame holds at first: itself and the offset, in each dword. */
const marker = (frame: number, offset: number): number => (0xf0f0_0000 | frame << 12 | offset) >>> 0

/** Programs the unit and memory as the initial state has it, then does one deed after the other. */
export class Driver {
  readonly #machine: Machine
  readonly #b: Bounds
  readonly #at: Placement
  /** DMAs so far. */
  #count = 0
  /** Of each read, where it is in the device's buffer. */
  readonly #offsets = new Map<HostResult, number>()

  constructor(machine: Machine, b: Bounds, at: Placement) {
    this.#machine = machine
    this.#b = b
    this.#at = at
  }

  /** `queue`: software uses the queue; else it invalidates by register, which no unit takes while its queue is on. */
  async setUp(start: State, queue: boolean, table: HostOp): Promise<void> {
    const { qtest, unit } = this.#machine
    const at = this.#at
    for (const page of [at.rootTable, at.contextTable, ...at.interruptTables, ...at.tables, ...at.upperTables.flat(),
      workAt(at).queue, workAt(at).status]) qtest.fill(page, 4096)
    at.frames.forEach((page, frame) => {
      qtest.memwrite(page, bytesOf(Uint32Array.from({ length: 1024 }, (_, i) => marker(frame, 4 * i))))
    })
    for (const { address, words } of entriesOf(memoryOf(start), this.#b, at, 'software'))
      qtest.memwrite(address, bytesOf(words))
    unit.setRoot(qwordsOf(rtaddrOf(at))[0]!)
    if (queue) unit.startQueue(workAt(at).queue)
    await this.do(table)
    if (start.unit.cfis) unit.enable('CFI')
    if (start.unit.ires) unit.enable('IRE')
    if (start.unit.tes) unit.enable('TE')
    await this.#machine.trace.sync()
  }

  async do(deed: HostOp): Promise<HostResult> {
    const { qtest, unit } = this.#machine
    const plain: HostResult = { deed, outcome: null, cached: false, note: null }
    switch (deed.kind) {
      case 'store': qtest.memwrite(deed.entry.address, bytesOf(deed.entry.words)); return plain
      case 'enable': unit.enable(deed.bit, deed.on); return plain
      case 'interrupt-table': unit.setInterruptTable(deed.irta); return plain
      case 'descriptors': return { ...plain, note: await this.#submit(deed.descriptors) }
      case 'command': this.#command(deed.descriptor); return plain
      case 'dma': return this.#dma(deed)
      case 'message': return this.#message(deed)
    }
  }

  async #submit(descriptors: readonly Descriptor[]): Promise<string | null> {
    const { qtest, unit } = this.#machine
    const done = 1
    const waits = descriptors.flatMap(d => d.type === 'wait' ? [d.slot * 4] : [])
    for (const status of waits) qtest.writel(status, 0)
    unit.submit(descriptors.map(d => descriptorWords(d, done)))
    const written = await Promise.all(waits.map(status => qtest.readl(status)))
    if (waits.length === 0) return null
    return written.every(word => word === done) ? 'the wait is done' : 'the wait is not done'
  }

  /** By the registers: CCMD, or IVA and IOTLB (11.4). */
  #command(d: Descriptor): void {
    const { unit } = this.#machine
    const word = (words: Uint32Array): bigint => qwordsOf(words)[0]!
    if (d.type === 'context-cache') {
      const CIRG = { global: 1, domain: 2, device: 3 }[d.granularity]
      unit.write('CCMD', word(encode(registers.CCMD.layout,
        { ICC: 1, CIRG, DID: d.did, SID: d.sid, FM: d.functionMask })))
    }
    if (d.type === 'iotlb') {
      if (d.granularity === 'page')
        unit.write('IVA', word(encode(registers.IVA.layout, { ADDR: d.page, IH: +d.hint, AM: d.addressMask })))
      unit.write('IOTLB', word(encode(registers.IOTLB.layout,
        { IVT: 1, IIRG: { global: 1, domain: 2, page: 3 }[d.granularity], DW: 1, DR: 1, DID: d.did })))
    }
  }

  async #dma(deed: HostOp & { readonly kind: 'dma' }): Promise<HostResult> {
    const { edus, trace, unit, qtest } = this.#machine
    const edu = edus[deed.device]!, frames = this.#at.frames
    const offset = slot * ++this.#count
    if (offset + slot > bufferBytes)
      throw new UserError({
        code: 'E-QEMU-LONG', subject: 'replay', problem: `the trace has more than ${this.#count - 1} requests`,
        next: 'shorten the trace: `remapcheck check` finds the shortest',
      })
    edu.start({ direction: deed.write ? 'write' : 'read', address: deed.address + offset, offset })
    const [after, faults] = await edu.finish(() =>
      Promise.all([Promise.all(frames.map(frame => qtest.readl(frame + offset))), unit.faults()]))
    const record = faultOf(faults)
    if (record !== null) unit.clearFaults()
    const events = await trace.sync()
    const cached = events.some(event => event.name === 'vtd_iotlb_page_hit')
    const isFilled = events.some(event => event.name === 'vtd_iotlb_cc_update')
    const note = deed.why === 'context' ? `its context entry is ${isFilled ? '' : 'not '}cached` : null
    const written = deed.write ? after.indexOf(wordsOf(edu.pattern(offset, 4))[0]!) : -1
    const sight: HostResult = { deed, cached, note,
      outcome: written >= 0 ? { kind: 'landed', frame: written } : { kind: 'blocked', reason: record?.FR ?? null } }
    if (!deed.write) this.#offsets.set(sight, offset)
    return sight
  }

  /** What each read got, to be asked when all is done: translation is off then, and the devices write their buffers to
   *  memory. */
  async seen(): Promise<(sight: HostResult) => HostResult> {
    const { edus, unit, qtest } = this.#machine
    const { buffers } = workAt(this.#at)
    unit.enable('TE', false)
    edus.forEach((edu, i) => { edu.start({ direction: 'write', address: buffers + 4096 * i, bytes: bufferBytes }) })
    const words = (await finish(edus,
      () => Promise.all(edus.map((_, i) => qtest.memread(buffers + 4096 * i, 4096))))).map(one => wordsOf(one))
    return sight => {
      const offset = this.#offsets.get(sight)
      const { deed } = sight
      if (offset === undefined || deed.kind !== 'dma') return sight
      const frame = this.#at.frames.findIndex((_, one) => words[deed.device]![offset / 4] === marker(one, offset))
      return frame < 0 ? sight : { ...sight, outcome: { kind: 'landed', frame } }
    }
  }

  async #message(deed: HostOp & { readonly kind: 'message' }): Promise<HostResult> {
    const { edus, trace, unit, monitor } = this.#machine
    const edu = edus[deed.device]!
    edu.setMsi(deed.address, deed.data)
    edu.interrupt()
    const [events, faults] = await Promise.all([trace.sync(), unit.faults()])
    const record = faultOf(faults)
    if (record !== null) unit.clearFaults()
    const delivered = events.find(event => event.name === 'apic_deliver_irq')
    if (delivered === undefined)
      return { deed, outcome: { kind: 'rejected', reason: record?.FR ?? null }, cached: false, note: null }
    const cpu = cpuOf(delivered.dest, { ...this.#b, wideIds: 0 })
    const vector = this.#at.vectors.indexOf(delivered.vector)
    if (cpu === null || vector < 0)
      return { deed, outcome: { kind: 'rejected', reason: null }, cached: false,
        note: `sent to the id ${delivered.dest}, vector ${delivered.vector}` }
    const pending = monitor !== null && (await monitor.requested(cpu)).includes(delivered.vector)
    return { deed, outcome: { kind: 'accepted', cpu, vector }, cached: false,
      note: pending ? 'IRR has it' : 'IRR does not have it' }
  }
}
