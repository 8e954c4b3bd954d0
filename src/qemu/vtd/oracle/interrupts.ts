/** Interrupts: tables and messages of every kind, each message traced from the device to the APIC. */
import {
  decodeMessage, dwordsOf, encode, entryReader, interruptUnitOf, registers, remap, rulesOf,
} from '../../../../spec/vtd/index.ts'
import type { EntryReader, Fetched, InterruptUnit, Irte } from '../../../../spec/vtd/index.ts'
import { finish } from '../../edu.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import type { FaultState, Unit } from '../unit.ts'
import { interruptCases, wordsOfMessage, writeInterruptTable } from './interrupt-case.ts'
import type { InterruptCase, Message } from './interrupt-case.ts'
import { judgeInterrupt } from './interrupt.ts'
import type { InterruptAsked, InterruptObservation } from './interrupt-seen.ts'
import type { Judged } from '../../oracle/judged.ts'
import { page, place, TableMemory } from '../../oracle/memory-map.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'

export const interruptEvents: readonly EventName[] = ['vtd_ir_remap_msi', 'apic_deliver_irq']

/** Of a device's buffer: where the dwords are that it writes as messages. */
const messagesFrom = 2048
const most = 128

/** What is the same for all messages of a case. */
interface Settings { readonly unit: InterruptUnit; readonly irte: (index: number, posted: boolean) => Fetched<Irte> }

export const interruptRig = (eim: boolean): Rig<InterruptCase, Unit> =>
  ({ cases: interruptCases(eim), prepare: remapping, run: runInterrupts })

async function remapping({ qtest, unit, trace }: Machine): Promise<void> {
  unit.setInterruptTable(place.interruptTable)
  unit.enable('IRE')
  await Promise.all([qtest.settled(), trace.sync()])
}

async function runInterrupts({ machine, tally, lap }: Bench<Unit>, one: InterruptCase): Promise<readonly Judged[]> {
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
  const shown: Promise<Shown>[] = []
  one.messages.forEach((message, i) => {
    if (message.via !== 'msi') return
    const edu = machine.edus[message.device]!
    edu.setMsi(asked[i]!.address, asked[i]!.data)
    edu.interrupt()
    shown[i] = Promise.all([trace.sync(), unit.faults()])
    unit.clearFaults()
  })
  for (const { message, slot, i } of dmas) {
    const edu = machine.edus[message.device]!
    edu.start({ direction: 'write', address: asked[i]!.address, offset: messagesFrom + 4 * slot })
    const faults = await edu.finish(() => unit.faults())
    unit.clearFaults()
    shown[i] = Promise.all([trace.sync(), faults])
  }
  const all = await Promise.all(shown)
  lap('judge')
  return asked.map((what, i) => judgeInterrupt(what, seenOf(...all[i]!), tally))
}
/** What one message left behind: events, and the fault record. */
type Shown = readonly [readonly TraceEvent[], FaultState]

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

function askOf({ edus, version }: Machine, { unit, irte }: Settings, message: Message): InterruptAsked {
  const { address, data } = wordsOfMessage(message)
  const { sid } = edus[message.device]!
  const request = decodeMessage(sid, address, data)!
  return { version, via: message.via, address, data, unit, request, irte,
    model: remap(unit, request, index => irte(index, true)) }
}

/** What QEMU did with one message: nothing, or what its unit made of it and its APICs were sent. */
function seenOf(events: readonly TraceEvent[], faults: FaultState): InterruptObservation {
  let made: { readonly address: bigint; readonly data: number } | null = null,
    sent: Extract<TraceEvent, { readonly name: 'apic_deliver_irq' }> | null = null
  for (const event of events) {
    if (event.name === 'vtd_ir_remap_msi') made = { address: event.toAddress, data: Number(event.toData) }
    if (event.name === 'apic_deliver_irq') sent = event
  }
  if (made === null && sent === null) return { kind: 'blocked', faults }
  if (made === null || sent === null || events.length !== 2)
    return { kind: 'unclear', events: events.map(({ name }) => name), faults }
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
  return same ? { kind: 'delivered', interrupt, faults }
    : { kind: 'unclear', events: ['vtd_ir_remap_msi', 'apic_deliver_irq'], faults }
}
