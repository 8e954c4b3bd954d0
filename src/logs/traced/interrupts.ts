/** The life of each interrupt by the kernel's trace: its vectors, its moves, and its handlers (Linux `irq_vectors` and
 *  `irq` events). What a device raises no trace shows. */
import type { HandlerEvent, VectorEvent } from '../event.ts'
import { noPlaces, note } from '../numbers.ts'
import type { Places } from '../numbers.ts'

interface Seat { readonly vector: number; readonly cpu: number }
/** From one vector to another: handlers between the two are of interrupts that were in flight. */
export interface Move {
  readonly irq: number
  readonly line: number
  readonly time_us: number
  readonly from: Seat
  readonly to: Seat
  /** Until the kernel freed the old vector; null where the trace does not show it. */
  readonly freed_us: number | null
  /** Handlers that began on the old CPU and on others meanwhile. */
  readonly onOld: number
  readonly onOther: number
}
export interface Step { readonly line: number; readonly time_us: number; readonly what: string }
export interface IrqLife {
  readonly irq: number
  readonly name: string | null
  readonly moves: number
  readonly handled: number
  readonly unhandled: number
  /** Since its last move or setting; 0 where no handler began since. */
  readonly handledSince: number
  readonly seat: Seat | null
  readonly steps: readonly Step[]
}
export interface IrqReport {
  readonly irqs: readonly IrqLife[]
  readonly moves: number
  /** The first, and the ones with interrupts in flight. */
  readonly moved: readonly Move[]
  readonly unfreed: Places
  readonly entries: number
  /** A vector of a CPU that two interrupts had at once. */
  readonly shared: Places
  /** A handler began on the CPU of an old vector after that was freed. */
  readonly late: Places
  /** Of both kinds those where the interrupt that was there before may have moved without a record: the kernel records
   *  nothing on a CPU that goes offline. */
  readonly sharedPerhaps: Places
  readonly latePerhaps: Places
  /** A handler that began and did not end, or ended without beginning. */
  readonly unended: Places
  readonly unhandled: Places
}

/** What is one only if that interrupt still had that vector: its next event says from where it moves. */
interface Suspicion {
  readonly line: number; readonly irq: number; readonly seat: string; readonly of: 'shared' | 'late'
}

interface Life {
  name: string | null; moves: number; handled: number; unhandled: number; since: number
  seat: Seat | null; old: Seat | null; move: Writable<Move> | null; readonly steps: Step[]
}
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const mostIrqs = 10_000
const mostSteps = 50
const mostMoves = 200
const mostSuspicions = 1000
const key = ({ vector, cpu }: Seat): string => `${vector}@${cpu}`

export class Interrupts {
  readonly #lives = new Map<number, Life>()
  readonly #owners = new Map<string, number>()
  readonly #running = new Map<number, { readonly irq: number; readonly line: number }[]>()
  readonly #moved: Writable<Move>[] = []
  readonly #found = { shared: noPlaces(), late: noPlaces() }
  #suspicions: Suspicion[] = []
  readonly #unended = noPlaces()
  readonly #unhandled = noPlaces()
  #moves = 0
  #entries = 0

  vector({ what, irq, vector, target, prevVector, prevCpu, line, time_us }: VectorEvent): void {
    const life = this.#life(irq)
    if (life === null) return
    const seat = vector === null || target === null || vector === 0 ? null : { vector, cpu: target }
    switch (what) {
      case 'vector_update': {
        const old = prevVector === null || prevCpu === null || prevVector === 0 ? null
          : { vector: prevVector, cpu: prevCpu }
        this.#wasAt(irq, life, old)
        if (seat !== null) this.#seated(irq, life, seat, old, line, time_us)
        return
      }
      case 'vector_free_moved': if (seat !== null) this.#freed(irq, life, seat, line, time_us); return
      case 'vector_clear': case 'vector_teardown':
        if (what === 'vector_clear') this.#wasAt(irq, life, seat)
        return this.#cleared(irq, life, what, line, time_us)
      default: return
    }
  }

  #suspect(suspicion: Suspicion): void {
    if (this.#suspicions.length < mostSuspicions) this.#suspicions.push(suspicion)
  }
  /** An event says where the interrupt was until now. */
  #wasAt(irq: number, { seat: known }: Life, seat: Seat | null): void {
    if (known !== null && seat !== null && key(known) !== key(seat) && this.#owners.get(key(known)) === irq)
      this.#owners.delete(key(known))
    if (this.#suspicions.length === 0) return
    for (const { line, of, irq: whose, seat: there } of this.#suspicions)
      if (whose === irq && seat !== null && there === key(seat)) note(this.#found[of], line)
    this.#suspicions = this.#suspicions.filter(one => one.irq !== irq)
  }

  #seated(irq: number, life: Life, seat: Seat, old: Seat | null, line: number, time_us: number): void {
    const owner = this.#owners.get(key(seat))
    if (owner !== undefined && owner !== irq) this.#suspect({ line, irq: owner, seat: key(seat), of: 'shared' })
    this.#owners.set(key(seat), irq)
    life.since = 0
    life.seat = seat
    if (old === null || key(old) === key(seat)) {
      return step(life, line, time_us, `vector ${seat.vector} on CPU ${seat.cpu}`)
    }
    this.#moves++
    life.moves++
    life.old = null
    life.move = { irq, line, time_us, from: old, to: seat, freed_us: null, onOld: 0, onOther: 0 }
    if (this.#moved.length < mostMoves) this.#moved.push(life.move)
    step(life, line, time_us, `moves to vector ${seat.vector} on CPU ${seat.cpu}`)
  }

  #freed(irq: number, life: Life, seat: Seat, line: number, time_us: number): void {
    if (this.#owners.get(key(seat)) === irq) this.#owners.delete(key(seat))
    const { move } = life
    if (move !== null && key(move.from) === key(seat)) {
      move.freed_us = Math.round(time_us - move.time_us)
      life.move = null
      life.old = seat
      const inFlight = move.onOld + move.onOther
      return step(life, line, time_us, `vector ${seat.vector} on CPU ${seat.cpu} freed after ${move.freed_us} µs`
        + (inFlight === 0 ? '' : `, ${inFlight} handled meanwhile, ${move.onOld} on the old CPU`))
    }
    step(life, line, time_us, `vector ${seat.vector} on CPU ${seat.cpu} freed`)
  }

  #cleared(irq: number, life: Life, what: string, line: number, time_us: number): void {
    for (const seat of [life.seat, life.move?.from ?? null])
      if (seat !== null && this.#owners.get(key(seat)) === irq) this.#owners.delete(key(seat))
    life.seat = life.old = life.move = null
    step(life, line, time_us, what === 'vector_clear' ? 'its vector is cleared' : 'torn down')
  }

  handler({ irq, name, handled, cpu, line }: HandlerEvent): void {
    const running = this.#running.get(cpu) ?? []
    this.#running.set(cpu, running)
    if (handled !== null) {
      const at = running.findLastIndex(one => one.irq === irq)
      if (at < 0) return
      running.splice(at, 1)
      const life = this.#lives.get(irq)
      if (!handled) {
        note(this.#unhandled, line)
        if (life !== undefined) life.unhandled++
      }
      return
    }
    this.#entries++
    for (const { line: begun } of running.filter(one => one.irq === irq)) note(this.#unended, begun)
    this.#running.set(cpu, [...running.filter(one => one.irq !== irq), { irq, line }])
    const life = this.#life(irq)
    if (life === null) return
    life.name ??= name
    life.handled++
    life.since++
    if (life.move !== null) life.move[cpu === life.move.from.cpu && cpu !== life.move.to.cpu ? 'onOld' : 'onOther']++
    else if (life.old !== null && life.seat !== null && cpu === life.old.cpu && cpu !== life.seat.cpu)
      this.#suspect({ line, irq, seat: key(life.seat), of: 'late' })
  }

  #life(irq: number): Life | null {
    let life = this.#lives.get(irq)
    if (life === undefined && this.#lives.size < mostIrqs)
      this.#lives.set(irq, life = { name: null, moves: 0, handled: 0, unhandled: 0, since: 0, seat: null, old: null,
        move: null, steps: [] })
    return life ?? null
  }

  #perhaps(of: Suspicion['of']): Places {
    const places = noPlaces()
    for (const suspicion of this.#suspicions) if (suspicion.of === of) note(places, suspicion.line)
    return places
  }

  report(): IrqReport {
    const unfreed = noPlaces()
    for (const { move } of this.#lives.values()) if (move !== null) note(unfreed, move.line)
    const irqs = [...this.#lives].sort(([a], [b]) => a - b)
      .map(([irq, { name, moves, handled, unhandled, since, seat, steps }]) =>
        ({ irq, name, moves, handled, unhandled, handledSince: since, seat, steps }))
    return { irqs, moves: this.#moves, moved: this.#moved, unfreed, entries: this.#entries, shared: this.#found.shared,
      late: this.#found.late, sharedPerhaps: this.#perhaps('shared'), latePerhaps: this.#perhaps('late'),
      unended: this.#unended, unhandled: this.#unhandled }
  }
}

function step(life: Life, line: number, time_us: number, what: string): void {
  if (life.steps.length < mostSteps) life.steps.push({ line, time_us, what })
}
