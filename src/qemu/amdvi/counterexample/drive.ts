/** Does to QEMU's AMD unit what a step was lowered to. It logs no event, so no reason is known of what it refuses. */
import type { Bounds } from '../../../../spec/bounds.ts'
import { amdviState, placementOf } from '../../../../spec/amdvi/index.ts'
import type { AmdviState, Placement } from '../../../../spec/amdvi/index.ts'
import type { DmaDeed, HostResult, Lowered, ModelStep } from '../../counterexample/deeds.ts'
import { Requests } from '../../counterexample/requests.ts'
import type { Counterexample, Driver, RunOptions } from '../../counterexample/run.ts'
import type { Version } from '../../find.ts'
import { openMachineWith } from '../../machine.ts'
import type { Machine } from '../../machine.ts'
import { bytesOf } from '../../memory.ts'
import { amdviUnit } from '../unit.ts'
import type { AmdviUnit } from '../unit.ts'
import { entries, lower } from './lower.ts'
import type { HostOp } from './lower.ts'

/** Behind the tables: the command buffer, the event log, the words that waits store, and where the devices' buffers are
 *  written to at the end. */
const workAt = ({ end }: Placement) => ({ commands: end, events: end + 4096, status: end + 8192, buffers: end + 12288 })

/** Programs the unit and memory as the initial state has it, then does one deed after the other. */
class AmdviDriver implements Driver<HostOp> {
  readonly #machine: Machine<AmdviUnit>
  readonly #b: Bounds
  readonly #at: Placement
  readonly #requests: Requests<AmdviUnit>

  constructor(machine: Machine<AmdviUnit>, b: Bounds, at: Placement) {
    this.#machine = machine
    this.#b = b
    this.#at = at
    this.#requests = new Requests(machine, at.frames)
  }
  get frames(): readonly number[] { return this.#at.frames }
  lower(step: ModelStep): Lowered<HostOp> { return lower(step, this.#b, this.#at, workAt(this.#at).status) }

  async setUp(start: AmdviState): Promise<void> {
    const { qtest, unit, trace } = this.#machine
    const at = this.#at, work = workAt(at)
    for (const page of [at.deviceTable, ...at.interruptTables, ...at.tables, work.commands, work.events, work.status])
      qtest.fill(page, 4096)
    for (const { address, words } of entries(start, this.#b, at)) qtest.memwrite(address, bytesOf(words))
    unit.start({ deviceTable: at.deviceTable, pages: 1, commands: work.commands, events: work.events,
      control: { GAEn: 1 } })
    if (!start.unit.enabled) unit.enable(false)
    await trace.sync()
  }

  async do(deed: HostOp): Promise<HostResult> {
    const { qtest, unit } = this.#machine
    const plain: HostResult = { deed, outcome: null, cached: false, note: null }
    switch (deed.kind) {
      case 'store': qtest.memwrite(deed.entry.address, bytesOf(deed.entry.words)); return plain
      case 'enable': unit.enable(deed.on); return plain
      case 'commands': return { ...plain, note: await this.#submit(deed) }
      case 'dma': return this.#dma(deed)
      case 'message': return this.#requests.message(deed, this.#b, this.#at.vectors, () => Promise.resolve(null))
    }
  }
  async #submit({ commands, waits }: HostOp & { readonly kind: 'commands' }): Promise<string | null> {
    const { qtest, unit } = this.#machine
    const words = waits.map(cpu => workAt(this.#at).status + 8 * cpu)
    for (const word of words) qtest.writel(word, 0)
    unit.submit(commands)
    const stored = await Promise.all(words.map(word => qtest.readl(word)))
    if (waits.length === 0) return null
    return stored.every(word => word === 1) ? 'the wait is done' : 'the wait is not done'
  }
  async #dma(deed: DmaDeed): Promise<HostResult> {
    const { frame, events } = await this.#requests.dma(deed, () => Promise.resolve())
    return { deed, cached: events.some(({ name }) => name === 'amdvi_iotlb_hit'), note: null,
      outcome: frame !== null ? { kind: 'landed', frame } : { kind: 'blocked', reason: null } }
  }
  seen(): Promise<(result: HostResult) => HostResult> {
    this.#machine.unit.enable(false)
    return this.#requests.seen(workAt(this.#at).buffers)
  }
}

const events = ['amdvi_iotlb_hit', 'apic_deliver_irq'] as const
export async function drive<T>({ bounds: b, start }: Counterexample, options: RunOptions,
  use: (driver: Driver<HostOp>, version: Version) => Promise<T>): Promise<T> {
  const first = amdviState(start), at = placementOf(b, first.unit.tables.interrupts.length)
  const machine = await openMachineWith(amdviUnit, { ...options, edus: at.requesters, cpus: b.cpus,
    monitor: b.sources > 0, trace: events })
  try {
    const driver = new AmdviDriver(machine, b, at)
    await driver.setUp(first)
    return await use(driver, machine.version)
  } finally { await machine.close() }
}
