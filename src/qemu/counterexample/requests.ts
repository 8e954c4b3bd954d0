/** Requests and messages of devices on a machine: which frame a DMA reached, which CPU an interrupt. */
import { cpuOf } from '../../../spec/apic/ids.ts'
import type { Bounds } from '../../../spec/bounds.ts'
import { UserError } from '../../errors.ts'
import { bufferBytes, finish } from '../edu.ts'
import type { TraceEvent } from '../events.ts'
import type { Machine } from '../machine.ts'
import { bytesOf, wordsOf } from '../memory.ts'
import type { DmaDeed, HostResult, MessageDeed } from './deeds.ts'

/** Bytes of a frame and of a device's buffer that one DMA uses; each DMA has its own. */
const slot = 8

/** What a frame holds at first: itself and the offset, in each dword. */
const marker = (frame: number, offset: number): number => (0xf0f0_0000 | frame << 12 | offset) >>> 0

/** `looked`: what the caller looked at as soon as it was done. */
export interface Transferred<T> {
  /** That a write reached; null for a read, or where it reached none. */
  readonly frame: number | null
  readonly looked: T
  readonly events: readonly TraceEvent[]
}

export class Requests<U> {
  readonly #machine: Machine<U>
  readonly #frames: readonly number[]
  /** DMAs so far. */
  #count = 0
  /** Of each read, where it is in the device's buffer. */
  readonly #offsets = new Map<DmaDeed, number>()

  /** Fills the frames. */
  constructor(machine: Machine<U>, frames: readonly number[]) {
    this.#machine = machine
    this.#frames = frames
    frames.forEach((page, frame) => {
      machine.qtest.memwrite(page, bytesOf(Uint32Array.from({ length: 1024 }, (_, i) => marker(frame, 4 * i))))
    })
  }
  async dma<T>(deed: DmaDeed, look: () => Promise<T>): Promise<Transferred<T>> {
    const { edus, trace, qtest } = this.#machine
    const edu = edus[deed.device]!
    const offset = slot * ++this.#count
    if (offset + slot > bufferBytes)
      throw new UserError({
        code: 'E-QEMU-LONG', subject: 'replay', problem: `the trace has more than ${this.#count - 1} requests`,
        next: 'shorten the trace: `remapcheck check` finds the shortest',
      })
    edu.start({ direction: deed.write ? 'write' : 'read', address: deed.address + offset, offset })
    const [after, looked] = await edu.finish(() =>
      Promise.all([Promise.all(this.#frames.map(frame => qtest.readl(frame + offset))), look()]))
    const events = await trace.sync()
    if (!deed.write) this.#offsets.set(deed, offset)
    const written = deed.write ? after.indexOf(wordsOf(edu.pattern(offset, 4))[0]!) : -1
    return { frame: written >= 0 ? written : null, looked, events }
  }
  /** What each read got, to be asked when all is done and requests pass untranslated: the devices write their buffers
   *  to memory, from `buffers` on. */
  async seen(buffers: number): Promise<(result: HostResult) => HostResult> {
    const { edus, qtest } = this.#machine
    edus.forEach((edu, i) => { edu.start({ direction: 'write', address: buffers + 4096 * i, bytes: bufferBytes }) })
    const words = (await finish(edus,
      () => Promise.all(edus.map((_, i) => qtest.memread(buffers + 4096 * i, 4096))))).map(one => wordsOf(one))
    return result => {
      const { deed } = result
      const offset = deed.kind === 'dma' ? this.#offsets.get(deed) : undefined
      if (offset === undefined || deed.kind !== 'dma') return result
      const frame = this.#frames.findIndex((_, one) => words[deed.device]![offset / 4] === marker(one, offset))
      return frame < 0 ? result : { ...result, outcome: { kind: 'landed', frame } }
    }
  }
  /** `reason`: of the fault that was recorded, asked for where nobody got the message. `vectors`: of small ids. */
  async message(deed: MessageDeed, b: Bounds, vectors: readonly number[],
    reason: () => Promise<number | null>): Promise<HostResult> {
    const { edus, trace, monitor } = this.#machine
    const edu = edus[deed.device]!
    edu.setMsi(deed.address, deed.data)
    edu.interrupt()
    const [events, recorded] = await Promise.all([trace.sync(), reason()])
    const delivered = events.find(event => event.name === 'apic_deliver_irq')
    if (delivered === undefined)
      return { deed, outcome: { kind: 'rejected', reason: recorded }, cached: false, note: null }
    const cpu = cpuOf(delivered.dest, { ...b, wideIds: 0 })
    const vector = vectors.indexOf(delivered.vector)
    if (cpu === null || vector < 0)
      return { deed, outcome: { kind: 'rejected', reason: null }, cached: false,
        note: `sent to the id ${delivered.dest}, vector ${delivered.vector}` }
    const pending = monitor !== null && (await monitor.requested(cpu)).includes(delivered.vector)
    return { deed, outcome: { kind: 'accepted', cpu, vector }, cached: false,
      note: pending ? 'IRR has it' : 'IRR does not have it' }
  }
}
