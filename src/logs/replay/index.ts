/** Sends each event of a unit to the caches and checks that it concerns. No manual of its own: the parts name
 *  theirs. */
import { anything, decode, registers as map } from '../../../spec/vtd/index.ts'
import type { Descriptor } from '../../../spec/vtd/index.ts'
import type { At, CacheEvent, ControlEvent, QueueEvent, RegisterWrite, UnitEvent } from '../event.ts'
import type { Placing } from '../tables/placing.ts'
import { ContextReplay } from './contexts.ts'
import { EntryLedger } from './entries.ts'
import { FaultReplay } from './faults.ts'
import { IotlbReplay } from './iotlb.ts'
import { IrteReplay } from './irtes.ts'
import { QueueReplay } from './queue.ts'
import { RegisterReplay } from './registers.ts'
import { keep } from './trail.ts'
import type { TableTrail, Trail } from './trail.ts'

type Handlers<E extends UnitEvent> =
  { readonly [K in E['kind']]: (event: Extract<E, { readonly kind: K }>) => void }

/** What a replay knows besides the log. */
export interface ReplayOptions {
  /** Which bits must be 0; without capabilities only what every unit reserves. */
  readonly entries?: EntryLedger
  /** Filled for what is to be held against the log afterwards. */
  readonly trail?: Trail | null
  readonly tableTrail?: TableTrail | null
  /** Whether the root table is of scalable mode; a log that shows it being set says so itself. */
  readonly scalable?: boolean
  /** Told of the queue, to find where a dump was made. */
  readonly placing?: Placing | null
}

export class Replay {
  readonly entries: EntryLedger
  readonly iotlb: IotlbReplay
  readonly contexts: ContextReplay
  readonly irtes: IrteReplay
  readonly queue: QueueReplay
  readonly registers: RegisterReplay
  readonly faults = new FaultReplay()
  readonly #tableTrail: TableTrail | null
  readonly #placing: Placing | null
  readonly #handlers: Handlers<UnitEvent>

  /** @param iotlbEntries how many translations the unit holds at most. */
  constructor(iotlbEntries: number, { entries = new EntryLedger(anything,
    'none known'), trail = null, tableTrail = null, scalable = false, placing = null }: ReplayOptions = {}) {
    this.entries = entries
    this.#tableTrail = tableTrail
    this.#placing = placing
    this.iotlb = new IotlbReplay(entries, trail, iotlbEntries)
    this.contexts = new ContextReplay(entries, tableTrail)
    this.irtes = new IrteReplay(entries, tableTrail)
    this.queue = new QueueReplay(entries)
    this.registers = new RegisterReplay(entries)
    this.contexts.mode(scalable)
    this.queue.mode(scalable)
    this.#handlers = { ...this.#caches(), ...this.#queue(), ...this.#unit() }
  }

  take(event: UnitEvent): void { (this.#handlers[event.kind] as (event: UnitEvent) => void)(event) }

  #caches(): Handlers<CacheEvent> {
    const { iotlb, contexts, irtes } = this
    return {
      fill: event => iotlb.fill(event),
      hit: event => iotlb.hit(event),
      translation: ({ to, bytes, at }) => iotlb.translated(to, bytes, at.line),
      contextFill: ({ sid, words, at }) => { iotlb.miss(); contexts.fill(sid, words, at.line) },
      contextHit: ({ sid, words, at }) => { iotlb.miss(); contexts.hit(sid, words, at.line) },
      contextNotPresent: () => { contexts.notPresent++ },
      contextsReset: ({ at: { line } }) => { contexts.empty(line); iotlb.reset(line) },
      dropped: ({ by, at: { line } }) => {
        iotlb.empty(by, line)
        if (by !== 'capacity') contexts.empty(line)
      },
      passThrough: ({ sid, address, at }) => contexts.pass(sid, address, at.line),
      entryRead: ({ index, words, at }) => irtes.read(index, words, at.line),
      remapped: event => irtes.remapped(event),
    }
  }

  #queue(): Handlers<QueueEvent> {
    const { queue } = this
    const placing = this.#placing
    return {
      queueSetup: ({ entries }) => queue.setup(entries),
      tail: ({ index, at: { line } }) => { queue.tail(index, line); placing?.tail(line) },
      fetch: ({ index, at: { line } }) => { queue.head(index, line); placing?.fetched(index, line) },
      descriptor: ({ words, at }) => {
        placing?.entry(words, at.line)
        const descriptor = queue.entry(words, at.line)
        if (descriptor !== null && descriptor.type !== 'wait') this.#invalidate(descriptor, at)
      },
      carriedOut: ({ what, numbers, at }) => queue.carriedOut(what, numbers, at.line),
      waited: ({ status, at: { line } }) => {
        queue.carriedOut('wait', [status], line)
        this.irtes.waited(line)
        this.registers.waited()
      },
    }
  }

  #invalidate(descriptor: Exclude<Descriptor, { type: 'wait' }>, at: At): void {
    const global = descriptor.granularity === 'global'
    if (this.#tableTrail !== null && descriptor.type !== 'iotlb')
      keep(this.#tableTrail, this.#tableTrail.others, { line: at.line, descriptor })
    switch (descriptor.type) {
      case 'context-cache':
        this.contexts.invalidate(descriptor, at.line)
        if (global) this.registers.flushed('context cache, global')
        return
      case 'iotlb':
        this.iotlb.invalidate(descriptor, at)
        if (global) this.registers.flushed('IOTLB, global')
        return
      case 'iec':
        this.irtes.invalidate(descriptor, at.line)
        if (global) this.registers.flushed('interrupt entry cache, global')
        return
    }
  }

  /** The width stands in the lower half of IQA, the whole address in none of the halves. */
  #queueSet({ value, bytes }: RegisterWrite): void {
    this.queue.width(decode(map.IQA.layout, value).DW === 1 ? 256 : 128)
    if (bytes === 8) this.#placing?.setup(value)
  }

  #unit(): Handlers<ControlEvent> {
    const { contexts, entries, faults, queue, registers } = this
    return {
      registerRead: ({ offset }) => registers.read(offset),
      registerWrite: event => {
        registers.write(event)
        if (event.offset === map.IQA.offset) this.#queueSet(event)
      },
      command: ({ status, value, at }) => registers.command(status, value, at.line),
      rootTable: ({ address, isScalable, at }) => {
        contexts.mode(isScalable)
        queue.mode(isScalable)
        registers.pointer('root table', address, at.line, isScalable)
      },
      interruptTable: ({ address, at }) => registers.pointer('interrupt table', address, at.line),
      remapping: ({ what, on, at }) => registers.enable(what, on, at.line),
      fault: event => faults.fault(event),
      faultRecord: ({ words, at: { line } }) => {
        faults.record(line)
        entries.judge(map.FRCD.layout, words, line)
      },
    }
  }
}
