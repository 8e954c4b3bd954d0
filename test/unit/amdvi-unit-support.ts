/** A machine with an AMD unit at the level of its registers, for the tests of it. */
import { MemoryImage } from '../../spec/iommu/image.ts'
import { commandLayouts, decode, deviceTableEntry, encode, registers } from '../../spec/amdvi/layout/index.ts'
import type { CommandCode, RegisterName } from '../../spec/amdvi/layout/index.ts'
import { run } from '../../spec/amdvi/unit/program.ts'
import type { Op } from '../../spec/amdvi/unit/program.ts'
import { request } from '../../spec/amdvi/unit/requests.ts'
import { offsetOf, read, reset } from '../../spec/amdvi/unit/unit.ts'
import type { Effect, Made, UnitState } from '../../spec/amdvi/unit/unit.ts'

export const efr = (fields: Values<typeof registers.ExtFeature.layout>): bigint => {
  const [low, high] = encode(registers.ExtFeature.layout, fields)
  return BigInt(high!) << 32n | BigInt(low!)
}
export const everything = efr({ IASup: 1, GTSup: 1, GASup: 1, GAMSup: 1, XTSup: 1, PrefSup: 1, NXSup: 1, GIOSup: 1 })
export const deviceTable = 0x10_0000, commands = 0x20_0000, events = 0x30_0000, ring_bytes = 0x1000
export type Values<L extends { readonly fields: readonly { readonly name: string }[] }> =
  Partial<Record<L['fields'][number]['name'], number>>
export const set = (name: RegisterName, value: bigint | number): Op =>
  ({ do: 'write', offset: offsetOf(name), width: 8, value })
export const control = (fields: Values<typeof registers.IommuControl.layout>): Op => {
  const [low, high] = encode(registers.IommuControl.layout, fields)
  return set('IommuControl', BigInt(high!) << 32n | BigInt(low!))
}
export const on = { IommuEn: 1, CmdBufEn: 1, EventLogEn: 1, EventIntEn: 1, ComWaitIntEn: 1, GAEn: 1 }

/** A unit with one page of devices and rings of 256 entries, on. */
export class Machine {
  readonly memory = new MemoryImage()
  state: UnitState
  readonly effects: Effect[] = []
  #tail = 0
  constructor(config: Partial<Made> = {}, fields: Parameters<typeof control>[0] = on) {
    this.state = reset({ efr: everything, ...config })
    this.memory.cover(deviceTable / 4096)
    this.memory.cover(commands / 4096)
    this.memory.cover(events / 4096)
    this.does(set('DevTabBase', deviceTable), set('CmdBufBase', BigInt(commands) | 8n << 56n),
      set('EventLogBase', BigInt(events) | 8n << 56n), control(fields))
  }
  does(...ops: readonly Op[]): readonly Effect[] { return this.#took(run(this.state, this.memory, ops)) }
  #took({ state, effects }: { readonly state: UnitState; readonly effects: readonly Effect[] }): readonly Effect[] {
    this.state = state
    this.effects.push(...effects)
    for (const effect of effects) if (effect.kind === 'write') this.memory.write(effect.address, effect.dwords)
    return effects
  }
  put(code: CommandCode, fields: Readonly<Record<string, number>> = {}, raw: readonly number[] = []): void {
    const words = encode(commandLayouts[code], { OP: code, ...fields } as Record<string, number>)
    raw.forEach((word, i) => { words[i] = (words[i]! | word) >>> 0 })
    this.memory.write(commands + this.#tail, words)
    this.#tail = (this.#tail + 16) % ring_bytes
  }
  /** Rings the tail, and lets hardware do all it may. */
  go(): readonly Effect[] { return this.does(set('CmdTail', this.#tail), { do: 'settle' }) }
  device(device: number, fields: Values<typeof deviceTableEntry>): void {
    this.memory.write(deviceTable + 32 * device, encode(deviceTableEntry, fields))
  }
  request(device: number, address: number | bigint, access: 'read' | 'write' = 'read', more: { pasid?: number } = {}) {
    const outcome = request(this.state, this.memory, { device, address, access, ...more })
    this.#took(outcome)
    return outcome.result
  }
  status() { return decode(registers.IommuStatus.layout, [Number(read(this.state, 0x2020, 8).value), 0]) }
  value(name: RegisterName): bigint { return read(this.state, offsetOf(name), 8).value }
  /** Codes in the log, from head to tail. */
  logged(): number[] {
    const found: number[] = []
    const tail = Number(this.value('EventTail'))
    for (let at = Number(this.value('EventHead')); at !== tail; at = (at + 16) % ring_bytes)
      found.push(this.memory.dword(events + at + 4)! >>> 28)
    return found
  }
}
