/** Which interrupt is which, by what stands beside a log: /proc/interrupts, and the kernel's events of vectors
 *  (`irq_vectors:*`, `irq:irq_handler_entry`) as text of ftrace, trace-cmd report or perf script (Linux,
 *  include/trace/events and arch/x86/include/asm/trace: facts about their texts). CPUs and vectors are decimal
 *  there. */
import type { Conclusion, Stamp } from '../happening.ts'

/** A row of /proc/interrupts. `about`: chip, hardware number, names of handlers. */
export interface IrqRow { readonly irq: string; readonly counts: readonly number[]; readonly about: string }
/** That an interrupt got a vector of a CPU, or gave it back. */
interface VectorEvent { readonly s: number; readonly irq: number; readonly event: string; readonly has: boolean }

const heading = /^ +CPU\d+(?: +CPU\d+)* *$/
const row = /^ *(\w{1,8}):((?: +\d{1,12})+)(?: +(.*))?$/
const event = /\b(\d{1,9}\.\d{6}): +(?:irq_vectors:)?(vector_(?:config|update|clear|free_moved)): +irq=(\d{1,6}) (.*)$/
const handler = /: +(?:irq:)?irq_handler_entry: +irq=(\d{1,6}) name=(\S{1,60})/
const mostEvents = 200_000, mostRows = 20_000
/** What Linux writes where an interrupt is shut down (MANAGED_IRQ_SHUTDOWN_VECTOR). */
const shutDown = 239

const irqOf = (path: string): number | null => {
  const found = /\birqs\/(\d{1,6})$/.exec(path.trim())
  return found === null ? null : Number(found[1])
}

export class Irqs {
  readonly rows = new Map<string, IrqRow>()
  #cpus: readonly number[] = []
  readonly #names = new Map<number, string>()
  readonly #events = new Map<string, VectorEvent[]>()
  #count = 0
  #first_s = Infinity
  #last_s = -Infinity
  #lost = false
  /** By debugfs (irq/irqs/N): places of interrupts when it was read. */
  readonly #places = new Map<number, { vector: number; cpu: number }>()
  #irq: number | null = null

  /** A file may be one of irq/irqs, whose name is the interrupt. */
  open(path: string): void { this.#irq = irqOf(path) }
  take(line: string): boolean {
    const place = /^ +(Vector|Target): +(\d{1,5})$/.exec(line)
    if (place !== null && this.#irq !== null) {
      const known = this.#places.get(this.#irq) ?? { vector: -1, cpu: -1 }
      this.#places.set(this.#irq, { ...known, [place[1] === 'Vector' ? 'vector' : 'cpu']: Number(place[2]) })
      return true
    }
    if (line.startsWith('===')) { this.#irq = irqOf(line); return false }
    if (heading.test(line)) { this.#cpus = [...line.matchAll(/CPU(\d+)/g)].map(([, cpu]) => Number(cpu)); return true }
    const named = handler.exec(line)
    if (named !== null) { this.#names.set(Number(named[1]), named[2]!); return true }
    const found = event.exec(line)
    if (found !== null) { this.#event(found); return true }
    // Those who read other events of the trace ask for it too.
    if (/LOST \d+ EVENTS/.test(line)) { this.#lost = true; return false }
    const of = row.exec(line)
    if (of === null || this.#cpus.length === 0) return false
    const counts = of[2]!.trim().split(/ +/).map(Number)
    if (this.rows.size < mostRows) this.rows.set(of[1]!, { irq: of[1]!, counts, about: of[3] ?? '' })
    return true
  }

  #event([, seconds, what, irq, fields]: RegExpExecArray): void {
    const s = Number(seconds)
    this.#first_s = Math.min(this.#first_s, s)
    this.#last_s = Math.max(this.#last_s, s)
    const field = (name: string): number => Number(new RegExp(`\\b${name}=(\\d{1,6})`).exec(fields!)?.[1] ?? -1)
    const note = (cpu: number, vector: number, has: boolean): void => {
      if (cpu < 0 || vector <= 0) return
      if (++this.#count > mostEvents) this.#halve()
      const key = `${cpu}.${vector}`, list = this.#events.get(key)
      const one: VectorEvent = { s, irq: Number(irq), event: what!, has }
      if (list === undefined) this.#events.set(key, [one])
      else list.push(one)
    }
    const [cpu, vector] = [field('cpu'), field('vector')]
    if (what === 'vector_config' || what === 'vector_update') note(cpu, vector, true)
    else note(cpu, vector, false)
    // The old place stays taken until vector_free_moved says that it is free.
    if (what === 'vector_clear') note(field('prev_cpu'), field('prev_vector'), false)
  }

  /** Forgets the older half: a line is about what happened just before. */
  #halve(): void {
    const middle_s = (this.#first_s + this.#last_s) / 2
    this.#count = 0
    for (const [key, list] of this.#events) {
      const kept = list.filter(({ s }) => s >= middle_s)
      if (kept.length === 0) this.#events.delete(key)
      else this.#events.set(key, kept)
      this.#count += kept.length
    }
    this.#first_s = middle_s
    if (this.#count <= mostEvents / 2) return
    this.#events.clear()
    this.#count = 0
  }

  /** `irq 25 (nvme0q1)`. */
  name(irq: number): string {
    const about = this.rows.get(String(irq))?.about.trim().split(/ +/).at(-1) ?? this.#names.get(irq)
    return `irq ${irq}${about === undefined || about === '' ? '' : ` (${about})`}`
  }
  /** Rows whose chip, or names, have a text in them. */
  having(text: string): readonly IrqRow[] {
    return [...this.rows.values()].filter(({ about }) => new RegExp(`(?:^|[^\\w])${text.replace(/[.]/g,
      '\\.')}(?:$|[^\\w])`)
      .test(about))
  }

  /** Whose vector of a CPU it was when a line says that none had it. */
  conclusions(cpu: number, vector: number, stamp: Stamp | null): readonly Conclusion[] {
    const placed = this.#placed(cpu, vector)
    return [...this.#count === 0 ? [] : this.#traced(cpu, vector, stamp), ...placed,
      ...placed.length > 0 ? [] : this.#served(cpu)]
  }
  get traces(): boolean { return this.#count > 0 }
  /** Of how many interrupts, and when; null where there are no events. */
  get traced(): string | null {
    if (!this.traces) return null
    const irqs = new Set([...this.#events.values()].flatMap(list => list.map(({ irq }) => irq)))
    return `${this.#count} of ${irqs.size} interrupts, ${this.#first_s} to ${this.#last_s} s`
  }

  #traced(cpu: number, vector: number, stamp: Stamp | null): readonly Conclusion[] {
    const place = `CPU ${cpu}, vector ${vector}`
    const all = this.#events.get(`${cpu}.${vector}`) ?? []
    const lost = this.#lost ? '; the trace lost events' : ''
    if (stamp?.clock !== 'uptime' || stamp.s < this.#first_s || stamp.s > this.#last_s + 1) {
      const who = [...new Set(all.map(({ irq }) => irq))].slice(0, 8).map(irq => this.name(irq))
      return [{ certainty: 'open', rule: `events of ${this.#first_s} to ${this.#last_s} s: not the time of the line`,
        says: who.length === 0 ? `No interrupt had ${place} in the trace, which is of another time.`
          : `In the trace, which is of another time, ${who.join(', ')} had ${place}.` }]
    }
    const before = all.findLast(({ s }) => s <= stamp.s), after = all.find(({ s, has }) => has && s > stamp.s)
    const ago = (s: number): string => `${Math.abs((stamp.s - s) * 1000).toFixed(3)} ms`
    const next: Conclusion[] = after === undefined ? [] : [{ certainty: 'sure', rule: `${after.event} at ${after.s} s`,
      says: `${this.name(after.irq)} got ${place} ${ago(after.s)} later.` }]
    if (before === undefined) return [{ certainty: this.#lost ? 'open' : 'likely',
      rule: `no event of ${place} from ${this.#first_s} s on${lost}`,
      says: `No interrupt had ${place} since the trace began: the sender has a CPU or a vector that this kernel did `
        + `not `
        + 'give it then (left from before, or changed by a hypervisor).' }, ...next]
    const rule = `${before.event} at ${before.s} s${lost}`
    const certainty = this.#lost ? 'likely' : 'sure'
    if (!before.has) return [
      { certainty, rule, says: `${this.name(before.irq)} had ${place} until ${ago(before.s)} before.` },
      { certainty: 'likely', rule, says: `It is a late message of ${this.name(before.irq)}: sent to the old place and `
        + 'taken after that was given back.' }, ...next,
    ]
    const isParked = vector === shutDown && before.event === 'vector_config'
    return isParked ? [{ certainty: 'likely', rule, says: `Vector ${shutDown} is where Linux sends interrupts that are `
      + `shut down, ${this.name(before.irq)} among them.` }] : [
      { certainty, rule, says: `${this.name(before.irq)} had ${place} at that time, by the trace.` },
      { certainty: 'likely', rule, says: 'The kernel\'s table of that CPU lacked what the kernel had assigned: the '
        + 'interrupt was freed and requested again while a message was pending, or was just being set up or moved.' },
    ]
  }

  #placed(cpu: number, vector: number): readonly Conclusion[] {
    const [irq] = [...this.#places].find(([, of]) => of.cpu === cpu && of.vector === vector) ?? []
    if (irq !== undefined) return [{ certainty: 'sure', rule: 'debugfs, irq/irqs, when it was read',
      says: `${this.name(irq)} has CPU ${cpu}, vector ${vector} there.` }]
    return this.#places.size === 0 ? [] : [{ certainty: 'sure', rule: 'debugfs, irq/irqs, when it was read',
      says: `No interrupt has CPU ${cpu}, vector ${vector} there.` }]
  }

  /** Without a trace there are the counts of that CPU. */
  #served(cpu: number): readonly Conclusion[] {
    const column = this.#cpus.indexOf(cpu)
    if (column < 0 || this.traces) return []
    const served = [...this.rows.values()].filter(({ irq, counts }) => /^\d+$/.test(irq) && (counts[column] ?? 0) > 0)
      .sort((a, b) => b.counts[column]! - a.counts[column]!)
    if (served.length === 0) return []
    const list = served.slice(0, 6).map(({ irq, counts }) => `${this.name(Number(irq))} ${counts[column]} times`)
    return [{ certainty: 'open', rule: '/proc/interrupts', says: `CPU ${cpu} has served ${list.join(', ')}`
      + `${served.length > 6 ? ' and others' : ''}: one of them may have had that vector.` }]
  }
}
