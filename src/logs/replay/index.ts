/** Sends each event of a log to the caches and checks that it concerns. No manual of its own: the parts name theirs. */
import { anything, decode, registers as map } from '../../../spec/vtd/index.ts'
import type { Descriptor } from '../../../spec/vtd/index.ts'
import { count } from '../numbers.ts'
import { word, words } from '../dwords.ts'
import type { Placing } from '../tables/placing.ts'
import { ContextReplay } from './contexts.ts'
import { EntryLedger } from './entries.ts'
import { FaultReplay } from './faults.ts'
import { IotlbReplay } from './iotlb.ts'
import { IrteReplay } from './irtes.ts'
import { QueueReplay } from './queue.ts'
import { RegisterReplay } from './registers.ts'
import { keep } from './trail.ts'
import type { At, TableTrail, Trail } from './trail.ts'

type Fields = readonly string[]
type Handler = (fields: Fields, at: At) => void
const h = (text: string | undefined): number => Number.parseInt(text!, 16)
const n = (text: string | undefined): number => Number.parseInt(text!, 10)
const sourceOf = (bus: string | undefined, devfn: string | undefined): number => h(bus) * 256 + h(devfn)

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
  readonly seen = new Map<string, number>()
  readonly #tableTrail: TableTrail | null
  readonly #placing: Placing | null
  readonly #handlers: ReadonlyMap<string, Handler>

  constructor({ entries = new EntryLedger(anything,
    'none known'), trail = null, tableTrail = null, scalable = false, placing = null }: ReplayOptions = {}) {
    this.entries = entries
    this.#tableTrail = tableTrail
    this.#placing = placing
    this.iotlb = new IotlbReplay(entries, trail)
    this.contexts = new ContextReplay(entries, tableTrail)
    this.irtes = new IrteReplay(entries, tableTrail)
    this.queue = new QueueReplay(entries)
    this.registers = new RegisterReplay(entries)
    this.contexts.mode(scalable)
    this.queue.mode(scalable)
    this.#handlers = new Map(Object.entries({ ...this.#caches(), ...this.#queue(), ...this.#unit() }))
  }

  /** `fields` as the event's form captures them, from index 1. */
  event(name: string, fields: Fields, at: At): void {
    count(this.seen, name)
    this.#handlers.get(name)?.(fields, at)
  }

  #caches(): Record<string, Handler> {
    const { iotlb, contexts, irtes } = this
    const seen = (f: Fields) => ({ sid: h(f[1]), iova: f[2]!, slpte: f[3]!, did: h(f[4]) })
    return {
      vtd_iotlb_page_update: (f, at) => iotlb.fill(seen(f), at),
      vtd_iotlb_page_hit: (f, at) => iotlb.hit(seen(f), at),
      vtd_dmar_translate: (f, { line }) => iotlb.translated(f[3]!, f[4]!, line),
      vtd_iotlb_reset: (_, { line }) => iotlb.empty('capacity', line),
      vtd_iotlb_cc_update: (f, { line }) => { iotlb.miss(); contexts.fill(sourceOf(f[1], f[2]), f[3]!, f[4]!, line) },
      vtd_iotlb_cc_hit: (f, { line }) => { iotlb.miss(); contexts.hit(sourceOf(f[1], f[2]), f[3]!, f[4]!, line) },
      vtd_context_cache_reset: (_, { line }) => { contexts.empty(line); iotlb.reset(line) },
      vtd_ce_not_present: () => { contexts.notPresent++ },
      vtd_translate_pt: (f, { line }) => contexts.pass(h(f[1]), h(f[2]), line),
      vtd_ir_irte_get: (f, { line }) => irtes.read(n(f[1]), f[2]!, f[3]!, line),
      vtd_ir_remap: (f, { line }) =>
        irtes.remapped({ trigger: n(f[2]), vector: n(f[3]), delivery: n(f[4]), destination: h(f[5]), mode: n(f[6]) },
          line),
    }
  }

  #queue(): Record<string, Handler> {
    const { queue } = this
    const placing = this.#placing
    const done = (kind: string): Handler => (f, { line }) => queue.carriedOut(kind, f.slice(1).map(h), line)
    return {
      vtd_inv_qi_setup: f => queue.setup(n(f[2])),
      vtd_inv_qi_tail: (f, { line }) => { queue.tail(n(f[1]), line); placing?.tail(line) },
      vtd_inv_qi_head: (f, { line }) => { queue.head(n(f[1]), line); placing?.fetched(n(f[1]), line) },
      vtd_inv_desc: (f, at) => {
        placing?.entry(f[3]!, f[2]!, at.line)
        const descriptor = queue.entry(f[3]!, f[2]!, at.line)
        if (descriptor !== null && descriptor.type !== 'wait') this.#invalidate(descriptor, at)
      },
      vtd_inv_desc_cc_global: done('context-cache global'),
      vtd_inv_desc_cc_devices: done('context-cache device'),
      vtd_inv_desc_iotlb_global: done('iotlb global'),
      vtd_inv_desc_iotlb_domain: done('iotlb domain'),
      vtd_inv_desc_iotlb_pages: done('iotlb page'),
      vtd_inv_desc_iec: (f, { line }) =>
        queue.carriedOut(h(f[1]) === 0 ? 'iec global' : 'iec index', [h(f[2]), h(f[3])], line),
      vtd_inv_desc_wait_sw: (f, { line }) => {
        queue.carriedOut('wait', [h(f[1])], line)
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
  #queueSet(iqa: Uint32Array, isWhole: boolean): void {
    this.queue.width(decode(map.IQA.layout, iqa).DW === 1 ? 256 : 128)
    if (isWhole) this.#placing?.setup(iqa)
  }

  /** QEMU empties its caches when a root table is set and when translation goes on or off; the manual leaves that to
   *  software. */
  #unit(): Record<string, Handler> {
    const { contexts, faults, iotlb, queue, registers } = this
    const drop = (conduct: 'SRTP' | 'TE', line: number): void => { iotlb.empty(conduct, line); contexts.empty(line) }
    return {
      vtd_reg_read: f => registers.read(h(f[1])),
      vtd_reg_write: (f, { line }) => {
        registers.write(h(f[1]), h(f[2]), f[3]!, line)
        if (h(f[1]) === map.IQA.offset) this.#queueSet(word(f[3]!), h(f[2]) === 8)
      },
      vtd_reg_write_gcmd: (f, { line }) => registers.command(h(f[1]), h(f[2]), line),
      vtd_reg_dmar_root: (f, { line }) => {
        contexts.mode(f[2] !== '0')
        queue.mode(f[2] !== '0')
        registers.pointer('root table', h(f[1]), line, f[2] !== '0')
        drop('SRTP', line)
      },
      vtd_reg_ir_root: (f, { line }) => registers.pointer('interrupt table', h(f[1]), line),
      vtd_dmar_enable: (f, { line }) => { registers.enable('DMA', f[1] !== '0', line); drop('TE', line) },
      vtd_ir_enable: (f, { line }) => registers.enable('interrupt', f[1] !== '0', line),
      vtd_dmar_fault: (f, { line }) => faults.fault(h(f[1]), n(f[2]), f[4] !== '0', line),
      vtd_frr_new: (f, { line }) => {
        faults.record(line)
        this.entries.judge(map.FRCD.layout, words(f[3]!, f[2]!), line)
      },
    }
  }
}
