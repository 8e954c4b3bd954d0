/** Interrupts: tables and messages of every kind, each message traced from the device to the APIC. */
import {
  decodeMessage, entryReader, interruptUnitOf, rawTables, remap, rootsOf, rulesOf,
} from '../../../../spec/amdvi/index.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import { place, TableMemory } from '../../oracle/memory-map.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'
import { invalidateAll } from '../unit.ts'
import type { AmdviUnit } from '../unit.ts'
import { interruptAgrees, interruptExceptions } from './interrupt-exceptions.ts'
import type { Interrupt, InterruptAsked } from './interrupt-exceptions.ts'
import { interruptCases, wordsOfMessage, writeInterruptTables } from './interrupt-case.ts'
import type { InterruptCase } from './interrupt-case.ts'
import { refusesDevice } from './reserved.ts'
import { at } from './walk-case.ts'
import { hostAddressWidth, registersIn, translating, wordsAt } from './walks.ts'

export const interruptEvents: readonly EventName[] = ['apic_deliver_irq']

/** `wide`: entries of 128 bits. */
export const interruptRig = (wide: boolean): Rig<InterruptCase, AmdviUnit> => ({
  cases: interruptCases(wide), prepare: machine => translating(machine, wide ? { GAEn: 1 } : {}),
  run: (bench, one) => runInterrupts(bench, one, wide),
})

async function runInterrupts({ machine, tally, lap }: Bench<AmdviUnit>, one: InterruptCase,
  wide: boolean): Promise<readonly Judged[]> {
  const { qtest, unit, trace, edus } = machine
  lap('encode')
  qtest.fill(place.tables.first, place.tables.bytes)
  const memory = new TableMemory(qtest)
  writeInterruptTables(memory, one, wide)
  unit.submit([invalidateAll])
  lap('model')
  const asked = one.messages.map(message => askOf(machine, memory, message, wide))
  lap('qemu')
  void trace.sync().catch(() => undefined)
  const events = await Promise.all(one.messages.map((message, i) => {
    const edu = edus[message.device]!
    edu.setMsi(asked[i]!.address, asked[i]!.data)
    edu.interrupt()
    return trace.sync()
  }))
  lap('judge')
  return asked.map((what, i) => judge(what, deliveredIn(events[i]!), tally))
}

function askOf(machine: Machine<AmdviUnit>, memory: TableMemory, message: InterruptCase['messages'][number],
  wide: boolean): InterruptAsked {
  const { address, data } = wordsOfMessage(message), device = machine.edus[message.device]!.sid
  const registers = registersIn(machine)
  const tables = rawTables(memory, rootsOf(registers), entryReader(rulesOf(registers, hostAddressWidth), wide))
  const entry = tables.deviceEntry(device)
  if (entry === null || entry === 'unreadable') throw new RangeError('every device has an entry')
  const request = decodeMessage(address, data)!, on = interruptUnitOf(registers)
  const entryOf = (table: number, index: number) => tables.interruptEntry(table, index)
  const refused = refusesDevice(machine.version, wordsAt(memory, at.deviceTable + 32 * device, 8))
  return { device, address, data, unit: on, map: entry.interrupts, request, refused, entryOf,
    model: remap(on, entry.interrupts, request, entryOf) }
}

/** What the APICs were sent; null: nothing. */
function deliveredIn(events: readonly TraceEvent[]): Interrupt | null {
  const sent = events.find(event => event.name === 'apic_deliver_irq')
  return sent?.name !== 'apic_deliver_irq' ? null
    : { vector: sent.vector, type: sent.deliveryMode, destination: sent.dest, logical: sent.destMode === 1 }
}

function judge(asked: InterruptAsked, sent: Interrupt | null, tally: Tally): Judged {
  const { model } = asked
  const verdict = interruptAgrees(model, sent) ? 'same' : interruptExceptions(asked, sent) ?? 'different'
  tally.verdict(verdict)
  tally.outcome(model.kind === 'fault' ? 'interrupt blocked' : 'interrupt')
  const text = (one: Interrupt | null): string => one === null ? 'blocked'
    : `vector ${hex(one.vector)} to ${hex(one.destination)}${one.logical ? ' logical' : ''}, delivery mode ${one.type}`
  return { of: 'request', verdict, compare: () => ({
    request: `device ${hex(asked.device)} sends ${hex(asked.data)} to ${hex(asked.address)}`,
    model: modelText(model, text), qemu: text(sent),
    clause: model.kind === 'fault' ? model.reason.clause : model.exercised.at(-1) ?? null,
  }) }
}
function modelText(model: InterruptAsked['model'], text: (one: Interrupt) => string): string {
  if (model.kind === 'guest') return 'to a guest'
  return model.kind === 'fault' ? `blocked: ${model.reason.cause}` : text(model.interrupt)
}
const hex = (value: number): string => `0x${value.toString(16)}`
