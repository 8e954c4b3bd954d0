/** A register-level unit with its memory, driven by register names. */
import { bounds, capsOf } from '../../spec/bounds.ts'
import type { Bounds } from '../../spec/bounds.ts'
import { capabilityRegisters } from '../../spec/vtd/capabilities.ts'
import type { UnitShape } from '../../spec/vtd/capabilities.ts'
import { MemoryImage } from '../../spec/iommu/image.ts'
import { decode, dwordsOf, registers } from '../../spec/vtd/layout/index.ts'
import type { RegisterName } from '../../spec/vtd/layout/index.ts'
import { advance, offsetOf, progress, quiesce, read, reset, write } from '../../spec/vtd/unit/unit.ts'
import type { Effect, Outcome, Progress, UnitConfig, UnitState } from '../../spec/vtd/unit/unit.ts'

export interface Made {
  readonly at?: Partial<Bounds>
  readonly shape?: Partial<UnitShape>
  readonly config?: Partial<UnitConfig>
  readonly cap?: bigint
  readonly ecap?: bigint
}
/** A unit with the capabilities of the bounds; `cap` and `ecap` are bits set besides. */
export function unitOf({ at = {}, shape = {}, config = {}, cap = 0n, ecap = 0n }: Made = {}): UnitState {
  const made = capabilityRegisters(capsOf(bounds(at)), shape)
  return reset({ version: 0x10, haw: 46, ...config, cap: made.cap | cap, ecap: made.ecap | ecap })
}

/** Bits of GCMD and GSTS. */
export const TE = 1 << 31 >>> 0, SRTP = 1 << 30, WBF = 1 << 27, QIE = 1 << 26, IRE = 1 << 25, SIRTP = 1 << 24,
  CFI = 1 << 23
export const queueAt = 0x10_0000, statusAt = 0x20_0000

/** Keeps the state, and all effects until they are taken. */
export class Driver {
  readonly memory = new MemoryImage()
  #effects: Effect[] = []
  state: UnitState
  constructor(made: Made = {}) {
    this.state = unitOf(made)
    this.memory.cover(queueAt / 4096, 2)
  }

  take(outcome: Outcome): void {
    this.state = outcome.state
    this.#effects.push(...outcome.effects)
    for (const effect of outcome.effects) if (effect.kind === 'write') this.memory.write(effect.address, effect.dwords)
  }
  /** Writes a register whole, or one dword of it. */
  write(name: RegisterName, value: bigint | number, dword?: number, record = 0): void {
    const at = offsetOf(this.state.config, name, record)
    if (dword === undefined && registers[name].layout.bits === 64) this.take(write(this.state, at, 8, value))
    else this.take(write(this.state, at + 4 * (dword ?? 0), 4, value))
  }
  /** The fields of a register. */
  read(name: RegisterName, record = 0): Readonly<Record<string, number>> {
    const at = offsetOf(this.state.config, name, record), { bits } = registers[name].layout
    const words = Array.from({ length: bits / 32 }, (_, i) => {
      const outcome = read(this.state, at + 4 * i, 4)
      this.take(outcome)
      return Number(outcome.value)
    })
    return decode(registers[name].layout, words)
  }
  get steps(): readonly Progress[] { return progress(this.state) }
  advance(kind: Progress['kind'], index?: number): void {
    const step = this.steps.find(one =>
      one.kind === kind && (index === undefined || 'index' in one && one.index === index))
    if (step === undefined) throw new Error(`no ${kind} ${index ?? ''} among ${JSON.stringify(this.steps)}`)
    this.take(advance(this.state, this.memory, step))
  }
  settle(): void { this.take(quiesce(this.state, this.memory)) }
  /** GCMD, and all that hardware does until it rests. */
  command(value: number): void { this.write('GCMD', value); this.settle() }
  /** All that happened since the last call. */
  effects(): readonly Effect[] { const all = this.#effects; this.#effects = []; return all }
  /** Names of what was illegal since the last call of `effects`, and forgets the rest. */
  illegal(): readonly string[] {
    return this.effects().flatMap(effect => effect.kind === 'illegal' ? [effect.what] : [])
  }

  /** Puts descriptors at entries of the ring. */
  put(first: number, ...descriptors: readonly Words[]): void {
    descriptors.forEach((words, i) => { this.memory.write(queueAt + (first + i) * 16, dwordsOf(...words)) })
  }
  /** Queue on, 2^size pages. */
  enableQueue(size = 0): void {
    this.write('IQT', 0)
    this.write('IQA', queueAt + size)
    this.command(QIE)
  }
  /** Descriptors at the tail; hardware has not moved yet. */
  submit(...descriptors: readonly Words[]): void {
    const tail = this.read('IQT')['QT']!
    this.put(tail, ...descriptors)
    this.write('IQT', (tail + descriptors.length) * 16)
  }
}

/** A descriptor of 128 bits. */
export type Words = readonly [low: bigint, high: bigint]
export const contextGlobal: Words = [0x11n, 0n], iotlbGlobal: Words = [0xd2n, 0n], iecGlobal: Words = [0x4n, 0n]
export const iotlbPage = (did: bigint, page: bigint, am = 0n): Words => [0xf2n | did << 16n, page << 12n | am]
export const deviceTlb = (sid: bigint): Words => [0x3n | sid << 32n, 0n]
export const wait = ({ data = 1n, slot = 0n, sw = true, interrupt = false, fence = false }: {
  data?: bigint
  slot?: bigint
  sw?: boolean
  interrupt?: boolean
  fence?: boolean
} = {}): Words =>
  [0x5n | (interrupt ? 1n << 4n : 0n) | (sw ? 1n << 5n : 0n) | (fence ? 1n << 6n : 0n) | data << 32n,
    BigInt(statusAt) + 4n * slot]

/** `invalidate iotlb by queue`, `wait-completed 0x20`, ...: what happened, in short; rules and observations left
 *  out. */
export function told(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect): string[] => {
    switch (effect.kind) {
      case 'invalidate':
        return [[
          effect.descriptor.type, ...'granularity' in effect.descriptor ? [effect.descriptor.granularity] : [],
          'by', effect.by,
        ].join(' ')]
      case 'wait-completed': return [`wait at ${effect.offset}`]
      case 'write': return [`0x${effect.address.toString(16)} = ${effect.dwords.join()}`]
      case 'message':
        return [`${effect.message.of} message 0x${effect.message.data.toString(16)} to `
          + `0x${effect.message.address.toString(16)}`]
      case 'drained': return [`${effect.what} drained`]
      case 'flush-write-buffer': return ['write buffer flushed']
      case 'fault': return [`fault ${effect.outcome}`]
      case 'rule': case 'illegal': return []
    }
  })
}
export const rulesOf = (effects: readonly Effect[]): readonly string[] =>
  effects.flatMap(effect => effect.kind === 'rule' ? [effect.clause] : [])
