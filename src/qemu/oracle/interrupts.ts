/** Interrupts: tables and messages of every kind, each message traced from the device to the APIC. */
import {
  decodeMessage, dwordsOf, encode, entryReader, interruptUnitOf, recordFault, registers, remap, rulesOf,
} from '../../../spec/vtd/index.ts'
import type { EntryReader, FaultState as ModelFaults, Fetched, InterruptUnit, Irte } from '../../../spec/vtd/index.ts'
import { finish } from '../edu.ts'
import type { EventName, TraceEvent } from '../events.ts'
import type { Machine } from '../machine.ts'
import { faultOf } from '../unit.ts'
import type { FaultState } from '../unit.ts'
import { interruptCases, wordsOfMessage, writeInterruptTable } from './interrupt-case.ts'
import type { InterruptCase, Message } from './interrupt-case.ts'
import { judgeInterrupt } from './interrupt.ts'
import type { InterruptAsked, InterruptSeen } from './interrupt-seen.ts'
import type { Judged, Tally } from './judged.ts'
import { page, place, TableMemory } from './memory-map.ts'
import type { Bench, Rig } from './suite.ts'

export const interruptEvents: readonly EventName[] = ['vtd_ir_remap_msi', 'apic_deliver_irq']

/** Of a device's buffer: where the dwords are that it writes as messages. */
const messagesFrom = 2048
const most = 128

/** What is the same for all messages of a case. */
interface Settings { readonly unit: InterruptUnit; readonly irte: (index: number, posted: boolean) => Fetched<Irte> }

export const interruptRig = (eim: boolean): Rig<InterruptCase> =>
  ({ cases: interruptCases(eim), prepare: remapping, run: runInterrupts })

async function remapping({ qtest, unit, trace }: Machine): Promise<void> {
  unit.setInterruptTable(place.interruptTable)
  unit.enable('IRE')
  await Promise.all([qtest.settled(), trace.sync()])
}

async function runInterrupts({ machine, tally, lap }: Bench, one: InterruptCase): Promise<readonly Judged[]> {
  const { qtest, unit, trace } = machine
  lap('encode')
  const memory = new TableMemory(qtest)
  writeInterruptTable(memory, one)
  const irta = encode(registers.IRTA.layout, { IRTA: place.interruptTable / page, EIME: one.eime ? 1 : 0, S: one.size })
  unit.setInterruptTable(BigInt(irta[0]!))
  unit.enable('CFI', one.cfi)
  unit.clearFaults()
  const dmas = one.messages.flatMap((message, i) => message.via === 'dma' ? [{ message, slot: i % most, i }] : [])
  if (dmas.length > 0) await loadMessages(machine, dmas)
  lap('model')
  const settings = settingsOf(machine, memory, irta, one.cfi)
  const asked = one.messages.map(message => askOf(machine, settings, message))
  lap('qemu')
  const events: Promise<readonly TraceEvent[]>[] = []
  one.messages.forEach((message, i) => {
    if (message.via !== 'msi') return
    const edu = machine.edus[message.device]!
    edu.setMsi(asked[i]!.address, asked[i]!.data)
    edu.interrupt()
    events[i] = trace.sync()
  })
  for (const { message, slot, i } of dmas) {
    const edu = machine.edus[message.device]!
    edu.start({ direction: 'write', address: asked[i]!.address, offset: messagesFrom + 4 * slot })
    await edu.finish(() => Promise.resolve())
    events[i] = trace.sync()
  }
  const [faults, ...all] = await Promise.all([unit.faults(), ...events])
  lap('judge')
  const order = [...asked.filter(({ via }) => via === 'msi'), ...asked.filter(({ via }) => via === 'dma')]
  const judged = asked.map((what, i) => judgeInterrupt(what, seenOf(all[i]!), tally))
  const recorded = judgeRecords(order, faults, tally)
  return recorded === null ? judged : [...judged, recorded]
}

/** Puts what devices shall write into their buffers. */
async function loadMessages({ qtest, edus }: Machine,
  dmas: readonly { readonly message: Message; readonly slot: number }[]): Promise<void> {
  for (const { message, slot } of dmas) qtest.writel(place.staging + 4 * slot, wordsOfMessage(message).data)
  const devices = [...new Set(dmas.map(({ message }) => message.device))].map(device => edus[device]!)
  for (const edu of devices)
    edu.start({ direction: 'read', address: place.staging, bytes: 4 * most, offset: messagesFrom })
  await finish(devices, () => Promise.resolve())
}

/** Of QEMU's unit, in bits: its aw-bits. */
const hostAddressWidth = 39

function settingsOf({ unit }: Machine, memory: TableMemory, irta: ArrayLike<number>, cfi: boolean): Settings {
  const gsts = encode(registers.GSTS.layout, { IRES: 1, CFIS: cfi ? 1 : 0 })[0]!
  const seen = { cap: dwordsOf(unit.cap), ecap: dwordsOf(unit.ecap), gsts, rtaddr: dwordsOf(0n), irta }
  const reader = entryReader(rulesOf(seen, hostAddressWidth))
  return { unit: interruptUnitOf(seen, hostAddressWidth),
    irte: (index, posted) => irteAt(memory, reader, index, posted) }
}
/** `posted` false: read as if bit 15 (IM) were 0. */
function irteAt(memory: TableMemory, reader: EntryReader, index: number, posted: boolean): Fetched<Irte> {
  const at = place.interruptTable + 16 * index
  const words = memory.page(Math.floor(at / page))
  if (words === undefined) return 'unreadable'
  const from = at % page / 4
  if (posted || (words[from]! & 0x8000) === 0) return reader.irte(words, from)
  const copy = words.slice(from, from + 4)
  copy[0] = (copy[0]! & ~0x8000) >>> 0
  return reader.irte(copy, 0)
}

function askOf({ edus }: Machine, { unit, irte }: Settings, message: Message): InterruptAsked {
  const { address, data } = wordsOfMessage(message)
  const { sid } = edus[message.device]!
  const request = decodeMessage(sid, address, data)!
  return { via: message.via, address, data, unit, request, irte,
    model: remap(unit, request, index => irte(index, true)) }
}

/** What QEMU did with one message: nothing, or what its unit made of it and its APICs were sent. */
function seenOf(events: readonly TraceEvent[]): InterruptSeen {
  let made: { readonly address: bigint; readonly data: number } | null = null,
    sent: Extract<TraceEvent, { readonly name: 'apic_deliver_irq' }> | null = null
  for (const event of events) {
    if (event.name === 'vtd_ir_remap_msi') made = { address: event.toAddress, data: Number(event.toData) }
    if (event.name === 'apic_deliver_irq') sent = event
  }
  if (made === null && sent === null) return { kind: 'blocked' }
  if (made === null || sent === null || events.length !== 2)
    return { kind: 'unclear', events: events.map(({ name }) => name) }
  const low = Number(made.address & 0xffff_ffffn), { data } = made
  const interrupt = {
    vector: data & 0xff, dlm: data >>> 8 & 7, dst: Number(made.address >> 40n) * 256 + (low >>> 12 & 0xff),
    dm: (low >>> 2 & 1) === 1, rh: (low >>> 3 & 1) === 1,
    tm: (data >>> 15 & 1) === 1, assert: (data >>> 14 & 1) === 1,
  }
  const same = sent.vector === interrupt.vector && sent.deliveryMode === interrupt.dlm
    && sent.dest === interrupt.dst % 256
    && sent.destMode === Number(interrupt.dm)
    && sent.triggerMode === Number(interrupt.tm)
  return same ? { kind: 'delivered', interrupt } : { kind: 'unclear', events: ['vtd_ir_remap_msi', 'apic_deliver_irq'] }
}

/** The one record after all messages of a case. Null where right. */
function judgeRecords(asked: readonly InterruptAsked[], faults: FaultState, tally: Tally): Judged | null {
  const model: ModelFaults = { records: [null], index: 0, fri: 0, pfo: false, iqe: false, ice: false, ite: false,
    im: true, ip: false }
  for (const { model: result, request } of asked)
    if (result.kind === 'fault')
      recordFault(model, { reason: result.reason, sid: request.sid, address: result.index ?? 0, write: true },
        result.suppressed)
  const [expected] = model.records, found = faultOf(faults)
  if ((expected === null || expected === undefined) && found === null && faults.fsts === 0) return null
  const unrecorded = found === null && faults.fsts === 0
  const verdict = unrecorded ? ['interrupt-fault-unrecorded'] as const : 'different' as const
  tally.verdict(verdict)
  return { of: 'unit', verdict, compare: () => ({
    request: `fault record after ${asked.length} messages`, clause: 'VTD:7.2/record',
    model: expected ? `reason ${expected.reason.toString(16).toUpperCase()}h` : 'none',
    qemu: found === null ? `none, FSTS ${faults.fsts}` : `reason ${found.FR.toString(16).toUpperCase()}h`,
  }) }
}
