/** Helpers of a search: threads that take parents of the current level in chunks, with compiled code and the shared
 *  memory alone. What the code does not know they leave to the main thread, which has the machine. */
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { StateStore } from './store.ts'
import { control, mostMisses, own } from './wasm/memory.ts'

/** Parents a thread takes at a time, and all of them in a round. */
export const chunk = 128
export const mostShared = 1 << 15
/** Looks at a word before a thread sleeps until it changes: some 20 microseconds, less than to be woken takes. */
const spins = 2000

/** Plain JavaScript: a thread loads nothing but this. */
const source = `
const { workerData, receiveMessageOnPort } = require('node:worker_threads')
const { memory, kernel, local, control, own, plan, chunk, components, mostMisses, spins, port } = workerData
const words = new Int32Array(memory.buffer)
const env = { memory, local: new WebAssembly.Global({ value: 'i32' }, local) }
const { flush, walk } = new WebAssembly.Instance(kernel, { env }).exports
const counters = [control.count, ...control.components.slice(0, components)].map(at => at >> 2),
  stops = control.stops.map(at => at >> 2)
// Loops: closures are garbage, and that grows the heap.
const hasRoom = () => {
  for (let i = 0; i < counters.length; i++) if (words[counters[i]] >= words[stops[i]]) return false
  return words[(local + own.full) >> 2] === 0
}
const list = (local + plan.misses) >> 2
let expand = null, code = 0, round = 0, misses = 0
const miss = (parent, root) => { words[list + 2 * misses] = parent; words[list + 2 * misses++ + 1] = root }
const learn = (parent, root, at) => {
  if (misses + chunk >= mostMisses) return 0
  miss(parent, root)
  return at
}
const spin = () => { for (let i = 0; i < spins && Atomics.load(words, control.round >> 2) === round; i++); }
Atomics.add(words, control.ready >> 2, 1)
Atomics.notify(words, control.ready >> 2)
for (;;) {
  spin()
  Atomics.wait(words, control.round >> 2, round)
  const current = Atomics.load(words, control.round >> 2)
  // One that saw the round before it was told of it, and is done, is woken once more for the same.
  if (current === round) continue
  round = current
  if (round < 0) break
  if (code !== Atomics.load(words, control.code >> 2)) {
    code = Atomics.load(words, control.code >> 2)
    let received
    for (let message; (message = receiveMessageOnPort(port)) !== undefined;) received = message.message
    if (received !== undefined)
      expand = new WebAssembly.Instance(received, { env: { ...env, flush, walk, learn } }).exports.expand
  }
  const end = words[control.end >> 2]
  misses = 0
  while (misses + chunk <= mostMisses && hasRoom()) {
    const from = Atomics.add(words, control.next >> 2, chunk)
    if (from >= end) break
    const to = Math.min(end, from + chunk)
    for (let next = from; next < to;) {
      next = expand(next, to)
      const missed = words[(local + own.missed) >> 2]
      if (missed === 0 || words[(local + own.full) >> 2] !== 0) break
      miss(next++, -missed)
    }
  }
  words[(local + own.misses) >> 2] = misses
  Atomics.add(words, control.done >> 2, 1)
  Atomics.notify(words, control.done >> 2)
}
`

/** On its own: V8 optimises what loops, with all that stands around it, on a core that the search could use. */
function spin(words: Int32Array, index: number, least: number): void {
  for (let i = 0; i < spins && Atomics.load(words, index) < least; i++);
}

export class Threads {
  private readonly store: StateStore
  private readonly workers: readonly { readonly worker: Worker; readonly port: MessagePort; readonly thread: number }[]
  private readonly words: Int32Array

  /** `store.plan.threads - 1` helpers. */
  constructor(store: StateStore) {
    this.store = store
    this.words = new Int32Array(store.memory.buffer)
    const { plan, memory, module } = store
    this.workers = Array.from({ length: plan.threads - 1 }, (_, i) => {
      const { port1, port2 } = new MessageChannel()
      const worker = new Worker(source, {
        eval: true, execArgv: [], transferList: [port2],
        workerData: { memory, kernel: module, local: store.localOf(i + 1), control, own, plan: { misses: plan.misses },
          chunk, components: plan.components.length, mostMisses, spins, port: port2 },
      })
      worker.unref()
      port1.unref()
      return { worker, port: port1, thread: i + 1 }
    })
  }

  /** Whether all of them have started; until then they would only be waited for. */
  get isReady(): boolean { return Atomics.load(this.words, control.ready >>> 2) === this.workers.length }

  /** Until all of them have started. */
  wait(): void {
    const { words, workers } = this, index = control.ready >>> 2
    for (let ready = Atomics.load(words, index); ready < workers.length; ready = Atomics.load(words, index))
      Atomics.wait(words, index, ready)
  }

  /** New code for the rounds that follow. */
  use(code: WebAssembly.Module): void {
    for (const { port } of this.workers) port.postMessage(code)
    this.words[control.code >>> 2]!++
  }

  /** Starts a round over the parents from `next` on, of one level; `take` is this thread's own share of it. Then
   *  `unfinished` gets what helpers could not take: a parent with one root, or with all from it on. Returns the first
   *  parent that nobody took. */
  round(next: number, levelEnd: number, take: (from: number, to: number) => void,
    unfinished: (parent: number, root: number, isLast: boolean) => void): number {
    const { words, store, workers } = this
    const end = Math.min(levelEnd, next + mostShared)
    words[control.next >>> 2] = next
    words[control.end >>> 2] = end
    Atomics.store(words, control.done >>> 2, 0)
    Atomics.add(words, control.round >>> 2, 1)
    Atomics.notify(words, control.round >>> 2)
    try {
      while (store.hasRoom()) {
        const from = Atomics.add(words, control.next >>> 2, chunk)
        if (from >= end) break
        take(from, Math.min(end, from + chunk))
      }
    } finally {
      spin(words, control.done >>> 2, workers.length)
      for (let done = Atomics.load(words, control.done >>> 2); done
        < workers.length; done = Atomics.load(words, control.done >>> 2))
        Atomics.wait(words, control.done >>> 2, done)
    }
    for (const { thread } of workers)
      for (let i = 0; i < store.ownWord(thread, own.misses); i++) {
        const at = store.localOf(thread) + store.plan.misses + 8 * i
        const root = words[at + 4 >>> 2]!
        unfinished(words[at >>> 2]!, root < 0 ? -root - 1 : root, root >= 0)
      }
    return Math.min(end, words[control.next >>> 2]!)
  }

  async end(): Promise<void> {
    Atomics.store(this.words, control.round >>> 2, -1)
    Atomics.notify(this.words, control.round >>> 2)
    await Promise.all(this.workers.map(async ({ worker, port }) => {
      port.close()
      await worker.terminate()
    }))
  }
}
