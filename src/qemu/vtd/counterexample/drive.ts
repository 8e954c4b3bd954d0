/** Does to QEMU's VT-d what a step was lowered to. */
import type { Bounds } from '../../../../spec/bounds.ts'
import {
  descriptorWords, encode, entriesOf, memoryOf, placementOf, qwordsOf, registers, rtaddrOf, vtdState,
} from '../../../../spec/vtd/index.ts'
import type { Descriptor, Placement, VtdState as State } from '../../../../spec/vtd/index.ts'
import type { DmaDeed, HostResult, Lowered, ModelStep } from '../../counterexample/deeds.ts'
import { Requests } from '../../counterexample/requests.ts'
import type { Counterexample, Driver, RunOptions } from '../../counterexample/run.ts'
import type { Version } from '../../find.ts'
import { withMachine } from '../../machine.ts'
import type { Machine } from '../../machine.ts'
import { bytesOf } from '../../memory.ts'
import { faultOf } from '../unit.ts'
import { interruptTable, lower } from './lower.ts'
import type { HostOp } from './lower.ts'

/** Beside the tables: the queue, status words of waits, and where the devices' buffers are written to at the end. */
export const workAt = (at: Placement) => ({ queue: at.end, status: at.end + 4096, buffers: at.end + 8192 })

/** Programs the unit and memory as the initial state has it, then does one deed after the other. */
export class VtdDriver implements Driver<HostOp> {
  readonly #machine: Machine
  readonly #b: Bounds
  readonly #at: Placement
  readonly #requests: Requests<Machine['unit']>

  constructor(machine: Machine, b: Bounds, at: Placement) {
    this.#machine = machine
    this.#b = b
    this.#at = at
    this.#requests = new Requests(machine, at.frames)
  }
  get frames(): readonly number[] { return this.#at.frames }
  lower({ before, after, ...step }: ModelStep): Lowered<HostOp> {
    return lower({ ...step, before: vtdState(before), after: vtdState(after) }, this.#b, this.#at,
      workAt(this.#at).status)
  }

  /** `queue`: software uses the queue; else it invalidates by register, which no unit takes while its queue is on. */
  async setUp(start: State, queue: boolean, table: HostOp): Promise<void> {
    const { qtest, unit } = this.#machine
    const at = this.#at
    for (const page of [at.rootTable, at.contextTable, ...at.interruptTables, ...at.tables, ...at.upperTables.flat(),
      workAt(at).queue, workAt(at).status]) qtest.fill(page, 4096)
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
      case 'message': return this.#requests.message(deed, this.#b, this.#at.vectors, () => this.#recorded())
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

  async #dma(deed: DmaDeed): Promise<HostResult> {
    const { unit } = this.#machine
    const { frame, looked, events } = await this.#requests.dma(deed, () => unit.faults())
    const record = faultOf(looked)
    if (record !== null) unit.clearFaults()
    const cached = events.some(event => event.name === 'vtd_iotlb_page_hit')
    const isFilled = events.some(event => event.name === 'vtd_iotlb_cc_update')
    const note = deed.why === 'context' ? `its context entry is ${isFilled ? '' : 'not '}cached` : null
    return { deed, cached, note,
      outcome: frame !== null ? { kind: 'landed', frame } : { kind: 'blocked', reason: record?.FR ?? null } }
  }
  /** The reason of the fault that is recorded; clears it. */
  async #recorded(): Promise<number | null> {
    const { unit } = this.#machine, record = faultOf(await unit.faults())
    if (record !== null) unit.clearFaults()
    return record?.FR ?? null
  }
  seen(): Promise<(result: HostResult) => HostResult> {
    this.#machine.unit.enable('TE', false)
    return this.#requests.seen(workAt(this.#at).buffers)
  }
}

const events = ['vtd_iotlb_page_hit', 'vtd_iotlb_cc_update', 'apic_deliver_irq'] as const
export function drive<T>({ bounds: b, start, steps }: Counterexample, options: RunOptions,
  use: (driver: Driver<HostOp>, version: Version) => Promise<T>): Promise<T> {
  const first = vtdState(start)
  const at = placementOf(b, { interruptTables: Math.max(1, first.unit.tables.irt.length) })
  const queue = steps.some(({ before, after }) =>
    vtdState(after).unit.queue.length > vtdState(before).unit.queue.length)
  return withMachine({ ...options, edus: at.requesters, cachingMode: b.cm === 1, eim: b.eim === 1, cpus: b.cpus,
    monitor: b.sources > 0, trace: events }, async machine => {
    const driver = new VtdDriver(machine, b, at)
    await driver.setUp(first, queue, interruptTable(first, b, at))
    return await use(driver, machine.version)
  })
}
