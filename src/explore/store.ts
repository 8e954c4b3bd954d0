/** The visited states, exact, in memory that threads share: numbered as they come, with parent and label of each. */
import type { Keys } from './keys.ts'
import { giveBack, reserve } from './memories.ts'
import { StatesFull } from './states.ts'
import type { Symmetry } from './symmetry.ts'
import type { TreeSpace } from './trees.ts'
import { kernelBytes, kernelOf } from './wasm/kernel.ts'
import type { Kernel } from './wasm/kernel.ts'
import {
  control, firstRunBits, firstTableBits, independent, maxLabels, maxLoad, mostMisses, own, planOf, record, tableLoad,
  treesAt, treeSizes,
} from './wasm/memory.ts'
import type { Plan } from './wasm/memory.ts'
import { writtenRanges } from './wasm/written-ranges.ts'

/** Parents that are expanded between two looks at the room left. */
const mostParents = 4096
const smallTableBits = 19
/** Parents for which there must be room. */
const leastParents = 16
/** Memory of larger searches is not kept for others. */
const keptBytes = 64 << 20

export interface StoreOptions {
  readonly keys: Keys
  /** Most successors of a state. */
  readonly fanout: number
  /** Trees that threads walk. */
  readonly roots: number
  readonly threads: number
  /** Bytes that may be used. */
  readonly maxMemory: number
  readonly maxStates: number
  readonly symmetry: Symmetry | null
}

export class StateStore {
  readonly plan: Plan
  readonly memory: WebAssembly.Memory
  readonly words32: Uint32Array
  readonly module: WebAssembly.Module
  readonly kernel: Kernel
  readonly local: number
  private readonly maxMemory: number
  private readonly fanout: number
  private readonly roots: number
  private tableBits = firstTableBits
  private readonly runBits: number[]
  private readonly maxStates: number
  /** Less memory was allowed than the smallest search takes. It takes that much, and ends at its initial state. */
  private readonly starved: boolean
  /** Labels that there are. */
  private labels = 0

  /** @throws StatesFull when the system has not even the memory for a small search. */
  constructor({ keys, fanout, roots, threads, maxMemory, maxStates, symmetry }: StoreOptions) {
    const made = reserve(maxMemory, bytes => planOf(keys, fanout, roots, threads, bytes))
    if (made === null) throw new StatesFull('memory')
    this.starved = made.starved
    this.plan = made.plan
    this.memory = made.memory
    this.maxMemory = maxMemory
    this.maxStates = maxStates
    this.fanout = fanout
    this.roots = roots
    this.words32 = new Uint32Array(this.memory.buffer)
    for (const { rank, of, raw } of this.plan.pieces) {
      if (rank === null) continue
      new Uint16Array(this.memory.buffer, of).set(rank.of)
      new Uint16Array(this.memory.buffer, raw).set(rank.raw)
    }
    this.runBits = this.plan.components.map(() => firstRunBits)
    this.local = this.plan.threadBase
    this.module = new WebAssembly.Module(kernelBytes(this.plan, symmetry))
    this.kernel = kernelOf(this.module, this.memory, this.local)
    this.word(control.limit, Math.min(maxStates, this.plan.maxStates))
    this.tellMasks()
  }

  /** States are stored under one of their names. */
  get isCanonical(): boolean { return this.kernel.canon !== undefined }

  get count(): number { return this.words32[control.count >>> 2]! }

  /** Bytes in use: what the searches' pages come to, the table's slots included. */
  get bytes(): number {
    const { components, words, threads, threadBytes } = this.plan
    const runs = components.reduce((sum, one, i) => sum + this.runs(i) * one.words * 4 + 4 * 2 ** this.runBits[i]!, 0)
    return this.count * 14 + 8 * 2 ** this.tableBits + runs + threads * Math.min(threadBytes, words * 4096)
  }

  /** Whether the states after so many parents may be more than there is room for. */
  mayFill(parents: number): boolean {
    return Math.min(this.maxStates, this.plan.maxStates) - this.count < parents * this.fanout
  }
  /** Runs of each component. */
  get componentRuns(): number[] { return this.plan.components.map((_, i) => this.runs(i)) }

  /** The bytes of the first states, with so many runs: all that is not derived. */
  parts(states: number, runs: readonly number[]): Uint8Array[] {
    this.fillGaps()
    const { arena, parents, labels, components } = this.plan
    const bytes = (from: number, length: number): Uint8Array => new Uint8Array(this.memory.buffer, from, length)
    return [bytes(arena, 8 * states), bytes(parents, 4 * states), bytes(labels, 2 * states),
      ...components.map((one, i) => bytes(one.arena, runs[i]! * one.words * 4))]
  }
  /** Takes states of another store of the machine; `fill` brings each part. Returns how many. @throws StatesFull. */
  restore(states: number, runs: readonly number[], fill: (part: number, into: Uint8Array) => void): number {
    const { components, maxStates } = this.plan
    if (states >= maxStates || components.some(({ capacity }, i) => runs[i]! >= capacity))
      throw new StatesFull('memory')
    const parts = this.parts(states, runs)
    parts.forEach((into, part) => { fill(part, into) })
    this.word(control.count, states)
    components.forEach((_, i) => { this.word(control.components[i]!, runs[i]!) })
    while (states > tableLoad * 2 ** this.tableBits) this.tableBits++
    this.runBits.forEach((_, i) => { while (runs[i]! > maxLoad * 2 ** this.runBits[i]!) this.runBits[i]!++ })
    this.tellMasks()
    this.kernel.rehash()
    this.kernel.regrow0?.()
    this.kernel.regrow1?.()
    return parts.length
  }

  /** Makes room. Says how many parents can be expanded before it has to be asked again; 0 where there is no room. */
  room(): number {
    if (this.starved) return 0
    const { fanout, plan } = this
    const limit = Math.min(this.maxStates, plan.maxStates)
    // Short rounds cost time, long ones room: they grow with the search.
    const wanted = fanout * Math.min(Math.max(leastParents, this.count >>> 12), mostParents)
    // The kernel stores nothing past its limit.
    const left = limit - this.count, slots = this.slotsFor(Math.min(wanted, left))
    if (slots < Math.min(leastParents * fanout, left)) return 0
    const runs = plan.components.map((_, i) => this.runsFor(i, wanted))
    return Math.max(0, Math.min(mostParents, Math.floor(Math.min(left <= slots ? Infinity : slots, ...runs) / fanout)))
  }
  /** Makes room for threads that take so many parents at a time, and says when they have to stop. False: now. */
  setStops(parents: number): boolean {
    const { threads, components, maxStates } = this.plan
    // What helpers leave to the main thread comes on top, when they have stopped.
    const most = threads * parents * this.fanout + (threads - 1) * mostMisses
    // The last states before the limit are for one thread: no other has some that are not counted yet.
    const left = Math.min(this.maxStates, maxStates) - this.count
    const rooms = [Math.min(left, this.slotsFor(Math.min(left, most + 1))),
      ...components.map((_, i) => this.runsFor(i, most + 1))]
    rooms.forEach((room, i) => {
      this.word(control.stops[i]!, Math.max(0, (i === 0 ? this.count : this.runs(i - 1)) + room - most))
    })
    return rooms.every(room => room > most)
  }
  /** Whether a thread may take more parents. */
  hasRoom(): boolean {
    const { words32, local, plan: { components } } = this
    for (let i = 0; i < components.length; i++) if (this.runs(i) >= words32[control.stops[i + 1]! >>> 2]!) return false
    return this.count < words32[control.stops[0] >>> 2]! && words32[local + own.full >>> 2] === 0
  }
  /** Slots for so many states more, where they can be had: how many are left. */
  private slotsFor(states: number): number {
    const left = (): number => Math.floor(tableLoad * 2 ** this.tableBits) - this.count
    while (left() < states && this.growTable()) continue
    return left()
  }
  /** The same of a component's runs. */
  private runsFor(which: number, runs: number): number {
    const { plan: { components, threads }, runBits } = this, { capacity } = components[which]!
    const left = (): number =>
      Math.min(capacity, Math.floor(maxLoad * 2 ** runBits[which]!)) - this.runs(which) - threads
    while (left() < runs && 2 ** (runBits[which]! + 1) * maxLoad <= capacity) this.growRuns(which)
    return left()
  }
  private runs(which: number): number { return this.words32[control.components[which]! >>> 2]! }

  /** Room for the trees. */
  get trees(): TreeSpace {
    const ints = (at: number, length: number): Int32Array => new Int32Array(this.memory.buffer, at, length)
    return {
      roots: ints(this.plan.roots, this.roots), nodes: ints(treesAt.nodes, 4 * treeSizes.nodes),
      children: ints(treesAt.children, treeSizes.children),
      leafAt: ints(treesAt.leafAt, treeSizes.leaves), leaves: ints(treesAt.leaves, treeSizes.words),
    }
  }

  /** Words of the thread's own scratch area, as an index into `words32`. */
  get scratch(): number { return this.local + this.plan.scratch >>> 2 }
  unpack(state: number): number {
    this.kernel.unpack(state, this.local + this.plan.scratch)
    return this.scratch
  }
  parent(state: number): number { return this.words32[this.plan.parents + state * 4 >>> 2]! }
  label(state: number): number {
    return this.words32[this.plan.labels + state * 2 >>> 2]! >>> (state & 1) * 16 & maxLabels - 1
  }

  /** Which leaves are superfluous after a label, in rows. */
  get rows(): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.plan.rows, independent.labels * independent.rowBytes / 4)
  }

  /** Bit i: whether a step with this label can change what judgement i reads. To be told of every label. */
  touch(label: number, touch: number): void {
    this.words32[this.plan.touch + label * 4 >>> 2] = touch
    this.labels = Math.max(this.labels, label + 1)
  }
  touchOf(label: number): number { return this.words32[this.plan.touch + label * 4 >>> 2]! }

  /** Where the words of the next successor go; `push` then adds it to the batch. */
  get candidate(): number { return this.local + this.plan.buffer + record.words >>> 2 }
  /** Stores the candidate. True when it is new. @throws StatesFull. */
  insert(parent: number, label: number): boolean {
    const { plan, words32, local } = this
    const from = local + plan.buffer
    const before = this.count
    words32[from + record.label >>> 2] = (label | 3 << record.changedShift) >>> 0
    words32[from + record.parent >>> 2] = parent
    this.kernel.flush(from, from + plan.recordBytes)
    if (this.isFull) throw new StatesFull(before >= this.maxStates ? 'states' : 'memory')
    return this.count > before
  }
  /** Whether some thread found no room. */
  get isFull(): boolean {
    for (let thread = 0; thread < this.plan.threads; thread++) if (this.ownWord(thread, own.full) !== 0) return true
    return false
  }
  ownWord(thread: number, offset: number): number { return this.words32[this.localOf(thread) + offset >>> 2]! }
  localOf(thread: number): number { return this.plan.threadBase + thread * this.plan.threadBytes }
  fullReason(): 'states' | 'memory' { return this.count >= this.maxStates ? 'states' : 'memory' }

  /** Where in the table the candidate, a stored state's successor, stands. */
  locate(parent: number): number {
    const { plan, words32, local } = this
    const from = local + plan.buffer
    words32[from + record.label >>> 2] = 3 << record.changedShift >>> 0
    words32[from + record.parent >>> 2] = parent
    this.kernel.locate(from, from + plan.recordBytes)
    return words32[from + record.key >>> 2]!
  }
  /** Slots of the table. */
  get slots(): number { return 2 ** this.tableBits }
  /** Gives the memory to the next search, emptied, unless it is large: then the system has it back. */
  free(): void {
    if (this.bytes > keptBytes) return
    const runs = this.runBits.map((bits, i) => ({ slots: 2 ** bits, runs: this.runs(i) }))
    const used = { states: this.count, slots: 2 ** this.tableBits, runs, labels: this.labels }
    for (const { address, bytes } of writtenRanges(this.plan, used))
      this.words32.fill(0, address >>> 2, address + bytes + 3 >>> 2)
    giveBack(this.memory)
  }

  private growTable(): boolean {
    const slots = 2 ** this.tableBits
    // Small tables grow in larger steps: that is less to do again.
    const factor = this.tableBits < smallTableBits && this.bytes + slots * 24 <= this.maxMemory ? 4 : 2
    const { table, arena } = this.plan
    if (slots * factor > (arena - table) / 8 || this.bytes + slots * (factor - 1) * 8 > this.maxMemory) return false
    this.tableBits += Math.log2(factor)
    this.tellMasks()
    if (this.kernel.spread(slots) !== 0) return true
    this.words32.fill(0, table >>> 2, table + slots * factor * 8 >>> 2)
    this.kernel.rehash()
    return true
  }
  private growRuns(which: number): void {
    const { slots } = this.plan.components[which]!
    this.words32.fill(0, slots >>> 2, slots + 4 * 2 ** this.runBits[which]! >>> 2)
    this.runBits[which]!++
    this.tellMasks()
    this.fillGaps()
    this.kernel[which === 0 ? 'regrow0' : 'regrow1']!()
  }
  /** Numbers that threads keep for their next runs have no run yet. What stands there may be a run that another was
   *  quicker to store: found under two numbers, one state would be two. A copy of the first run is found under the
   *  first number only, and stays: the new table knows it. */
  private fillGaps(): void {
    const { components, threads } = this.plan
    for (const [i, { arena, words }] of components.entries())
      for (let thread = 0; thread < threads; thread++) {
        const kept = this.ownWord(thread, own.reserved[i]!)
        this.word(this.localOf(thread) + own.reserved[i]!, 0)
        if (kept > 1) this.words32.copyWithin((arena >>> 2) + (kept - 1) * words, arena >>> 2, (arena >>> 2) + words)
      }
  }
  private tellMasks(): void {
    this.word(control.tableShift, 64 - this.tableBits)
    this.word(control.tableMask, 2 ** this.tableBits - 1)
    this.runBits.forEach((bits, i) => { this.word(control.componentMasks[i]!, 2 ** bits - 1) })
  }
  private word(address: number, value: number): void { this.words32[address >>> 2] = value }
}
