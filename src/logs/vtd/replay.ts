/** Sends each event of a unit to the caches and checks that it concerns. No manual of its own: the parts name
 *  theirs. */
import { anything, decode, registers as map } from '../../../spec/vtd/index.ts'
import type { RawDescriptor } from '../../../spec/vtd/index.ts'
import type { At, CacheEvent, ControlEvent, QueueEvent, RegisterWrite, UnitEvent } from '../event.ts'
import { Doubts } from '../replay/doubts.ts'
import { EntryLedger } from '../replay/entries.ts'
import { keep } from '../replay/trail.ts'
import type { OtherCommand, TableTrail, Trail } from '../replay/trail.ts'
import { UnremappedReplay } from '../replay/unremapped.ts'
import { ContextReplay } from './contexts.ts'
import { FaultReplay } from './faults.ts'
import { IotlbReplay } from './iotlb.ts'
import { IrteReplay } from './irtes.ts'
import type { Placing } from './placing.ts'
import { QueueReplay } from './queue.ts'
import { RegisterReplay } from './registers.ts'
import type { Flush } from './registers.ts'

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
  readonly scalable?: boolean | null
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
  readonly doubts = new Doubts()
  readonly unremapped = new UnremappedReplay()
  readonly #trail: Trail | null
  readonly #tableTrail: TableTrail | null
  readonly #placing: Placing | null
  /** The descriptor before invalidates an entry above the page tables. */
  #tableChanged = false
  readonly #handlers: Handlers<UnitEvent>

  /** @param iotlbEntries how many translations the unit holds at most. */
  constructor(iotlbEntries: number, { entries = new EntryLedger(anything,
    'none known'), trail = null, tableTrail = null, scalable = null, placing = null }: ReplayOptions = {}) {
    this.entries = entries
    this.#trail = trail
    this.#tableTrail = tableTrail
    this.#placing = placing
    this.iotlb = new IotlbReplay(entries, trail, iotlbEntries, this.doubts)
    this.contexts = new ContextReplay(entries, tableTrail, this.doubts)
    this.irtes = new IrteReplay(entries, tableTrail, this.doubts)
    this.queue = new QueueReplay(entries, this.doubts, at => this.#unseen(at))
    this.registers = new RegisterReplay(entries, this.doubts)
    this.#mode(scalable)
    this.#handlers = { ...this.#caches(), ...this.#queue(), ...this.#unit() }
  }

  take(event: UnitEvent): void { (this.#handlers[event.kind] as (event: UnitEvent) => void)(event) }

  #mode(scalable: boolean | null): void {
    for (const part of [this.contexts, this.queue, this.iotlb, this.registers]) part.mode(scalable)
  }

  /** A descriptor of scalable mode whose words the log lacks: of type 7, or of type 6. */
  #unseen(at: At): void {
    this.#tableChanged = true
    this.#sent(at, null)
    this.contexts.pasids.empty()
    this.iotlb.stagesMayChange()
    if (!this.queue.printsPasidIotlb) this.iotlb.unseen(at.line)
  }

  #sent({ line, time_us }: At, words: Uint32Array | null): void {
    if (this.#trail !== null) keep(this.#trail, this.#trail.sent, { line, time_us, words })
  }

  #caches(): Handlers<CacheEvent> {
    const { iotlb, contexts, irtes } = this
    return {
      fill: event => {
        contexts.used(event.sid, event.did, event.at.line)
        iotlb.fill(event, contexts.ridPasidOf(event.sid))
      },
      hit: event => iotlb.hit(event),
      translation: event => iotlb.translated(event),
      contextFill: ({ sid, words, at }) => { iotlb.miss(); contexts.fill(sid, words, at.line) },
      contextHit: ({ sid, words, at }) => { iotlb.miss(); contexts.hit(sid, words, at.line) },
      contextNotPresent: () => { contexts.notPresent++ },
      contextsReset: ({ at: { line } }) => { contexts.empty(line); iotlb.reset(line) },
      dropped: ({ by, at: { line } }) => {
        iotlb.empty(by, line)
        if (by !== 'capacity') contexts.empty(line)
      },
      passThrough: ({ sid, address, at }) => contexts.pass(sid, address, at.line),
      entryRead: ({ index, words, at }) => {
        this.unremapped.read()
        irtes.read(index, words, at)
      },
      remapped: event => irtes.remapped(event),
    }
  }

  #queue(): Handlers<QueueEvent> {
    const { queue } = this
    const placing = this.#placing
    return {
      queueSetup: ({ entries, at }) => queue.setup(entries, at.line),
      tail: ({ index, at: { line } }) => { queue.tail(index, line); placing?.tail(line) },
      fetch: ({ index, at }) => { queue.head(index, at); placing?.fetched(index, at.line) },
      descriptor: ({ words, at }) => {
        placing?.entry(words, at.line)
        if (queue.tellsScalable(words)) this.#mode(true)
        const descriptor = queue.entry(words, at.line)
        if (descriptor?.type !== 'wait') this.#sent(at, words)
        if (descriptor !== null) this.#invalidate(descriptor, at)
      },
      carriedOut: ({ what, numbers, at }) => queue.carriedOut(what, numbers, at.line),
      waited: ({ status, at }) => {
        queue.carriedOut('wait', status === null ? [] : [status], at.line)
        this.irtes.waited(at)
        this.registers.waited()
      },
      waitFailed: () => queue.waitFailed(),
      tailRefused: () => queue.refusedTail(),
    }
  }

  #flushed({ granularity }: { readonly granularity: string }, cache: Flush): void {
    if (granularity === 'global') this.registers.flushed(cache)
  }
  #other(descriptor: OtherCommand['descriptor'], { line }: At): void {
    if (this.#tableTrail !== null) keep(this.#tableTrail, this.#tableTrail.others, { line, descriptor })
  }

  /** Waits, and what concerns caches that no log shows, change none. */
  #invalidate(descriptor: RawDescriptor, at: At): void {
    const withTable = this.#tableChanged
    if (descriptor.type !== 'wait')
      this.#tableChanged = descriptor.type === 'context-cache' || descriptor.type === 'pasid-cache'
    switch (descriptor.type) {
      case 'context-cache':
        this.#other(descriptor, at)
        this.contexts.invalidate(descriptor, at.line)
        return this.#flushed(descriptor, 'context cache, global')
      case 'pasid-cache':
        this.#other(descriptor, at)
        this.contexts.pasids.invalidate(descriptor)
        return this.iotlb.stagesMayChange()
      case 'iotlb':
        this.iotlb.invalidate(descriptor, at, withTable)
        return this.#flushed(descriptor, 'IOTLB, global')
      case 'pasid-iotlb': return this.iotlb.invalidate(descriptor, at, withTable)
      case 'iec':
        this.#other(descriptor, at)
        this.irtes.invalidate(descriptor, at.line)
        return this.#flushed(descriptor, 'interrupt entry cache, global')
    }
  }

  /** The width stands in the lower half of IQA, the whole address in none of the halves. */
  #queueSet({ value, bytes }: RegisterWrite): void {
    this.queue.width(decode(map.IQA.layout, value).DW === 1 ? 256 : 128)
    if (bytes === 8) this.#placing?.setup(value)
  }

  #unit(): Handlers<ControlEvent> {
    const { entries, faults, registers, unremapped } = this
    return {
      registerRead: ({ offset }) => registers.read(offset),
      registerWrite: event => {
        registers.write(event)
        if (event.offset === map.IQA.offset) this.#queueSet(event)
      },
      command: ({ status, value, at }) => {
        registers.command(status, value, at.line)
        unremapped.status(decode(map.GSTS.layout, [status]).IRES === 1)
        unremapped.compatibility(decode(map.GCMD.layout, [value]).CFI === 1)
      },
      rootTable: ({ address, isScalable, at }) => {
        this.#mode(isScalable)
        registers.pointer('root table', address, at.line)
      },
      interruptTable: ({ address, at }) => registers.pointer('interrupt table', address, at.line),
      remapping: ({ what, on, at }) => {
        registers.enable(what, on, at.line)
        if (what === 'interrupt') unremapped.enable(on)
      },
      fault: event => faults.fault(event),
      complaint: event => faults.complaint(event),
      unremapped: event => unremapped.passed(event),
      faultRecord: ({ words, at: { line } }) => {
        faults.record(line)
        entries.judge(map.FRCD.layout, words, line)
      },
    }
  }
}
