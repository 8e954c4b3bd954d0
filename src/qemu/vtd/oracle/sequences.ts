/** Sequences: software changes tables and invalidates, devices do DMA meanwhile; what QEMU answers from its caches must
 *  be what caches may hold. */
import { statusWait, invalidateContexts, invalidateIotlb } from '../unit.ts'
import { finish } from '../../edu.ts'
import { bytesOf, wordsOf } from '../../memory.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import type { Unit } from '../unit.ts'
import { attribute } from './dma-seen.ts'
import type { Seen } from './dma-seen.ts'
import type { Judged } from '../../oracle/judged.ts'
import { isRam, page, place } from '../../oracle/memory-map.ts'
import {
  addressAt, asideAt, badDescriptor, descriptorOf, firstStores, frames, registerWritesOf, sequenceCases, storesOf,
} from './sequence-case.ts'
import type { SequenceCase, Step, StepOf, Store } from './sequence-case.ts'
import { SequenceModel } from './sequence-model.ts'
import { clearedStatus, eventMessage, statusAt } from './sequence-seen.ts'
import type { CachesSeen, Observed, Queue, Registers } from './sequence-seen.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'
import { translating } from './walks.ts'

export const sequenceEvents: readonly EventName[] = ['vtd_dmar_translate', 'vtd_dmar_fault', 'vtd_fault_disabled',
  'vtd_iotlb_page_hit', 'vtd_iotlb_page_update', 'vtd_iotlb_cc_hit', 'vtd_iotlb_cc_update', 'vtd_irq_generate']

export const sequenceRig = (cachingMode: boolean): Rig<SequenceCase, Unit> =>
  ({ cases: sequenceCases(), prepare, run: (bench, one) => runSequence(bench, one, cachingMode) })

async function runSequence(bench: Bench<Unit>, one: SequenceCase, cachingMode: boolean): Promise<readonly Judged[]> {
  const { machine, lap } = bench
  lap('encode')
  const observed = await play(bench, one)
  lap('model')
  const model = new SequenceModel(machine, one, cachingMode, bench.tally)
  return one.steps.flatMap((step, i) => model.judge(step, i, observed[i]!))
}

async function prepare(machine: Machine): Promise<void> {
  for (const at of readable) machine.qtest.memwrite(at, bytesOf(wordsFrom(at)))
  machine.qtest.fill(blank.address, 4 * steps, blank.byte)
  await translating(machine, false)
}
/** Pages that leaves of a case can map. */
const readable = [
  ...Array.from({ length: frames }, (_, i) => place.data + i * page),
  ...Array.from({ length: frames }, (_, i) => [place.large + i * 0x20_0000, place.large + i * 0x20_0000 + page]).flat(),
  0, page, 0x20_0000, 0x20_0000 + page,
]
const steps = 120
/** The word that stands at an address until a device writes there. */
const wordAt = (address: number): number => 0xa500_0000 + address / 4
const wordsFrom = (address: number): Uint32Array =>
  Uint32Array.from({ length: steps }, (_, i) => wordAt(address + 4 * i))
/** What buffers hold where nothing was read. */
const blank = { address: place.staging, byte: 0xee }

/** Refused while nobody waits for it, when QEMU ends: whoever waits in the end is told. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

async function play({ machine, lap }: Bench<Unit>, one: SequenceCase): Promise<readonly Observed[]> {
  begin(machine)
  await moveBuffers(machine, 'read')
  emptyCaches(machine, one)
  void later(machine.trace.sync()) // the events of that
  const promised: Promise<Unplaced>[] = []
  for (const [i, step] of one.steps.entries()) {
    lap('encode')
    for (const store of storesOf(step)) put(machine, store)
    if (step.do === 'dma') {
      const edu = machine.edus[step.device]!
      edu.start({ direction: step.write ? 'write' : 'read', address: addressAt(step.slots, i),
        offset: step.write ? 4 * i : readsTo + 4 * i })
      lap('qemu')
      const registers = await edu.finish(() => registersOf(machine))
      promised.push(later(ofDma(registers, later(machine.trace.sync()),
        { sid: edu.sid, address: addressAt(step.slots, i) })))
    } else promised.push(later(softwareStep(machine, one, step, i)))
  }
  lap('qemu')
  return await lookWhereItLanded(machine, one, await Promise.all(promised))
}

/** Offset in a device's buffer that reads go to, each to a dword of its own. */
const readsTo = 2048
const put = ({ qtest }: Machine, { address, dwords }: Store): void => {
  for (let i = 0; i < dwords.length; i += 2)
    qtest.writeq(address + 4 * i, BigInt(dwords[i + 1]!) << 32n | BigInt(dwords[i]!))
}

/** Tables as at first, no faults, no events; the queue empty. */
function begin(machine: Machine): void {
  const { qtest, unit } = machine
  qtest.fill(place.tables.first, place.tables.bytes)
  qtest.fill(place.status, page)
  for (const store of firstStores()) put(machine, store)
  unit.clearFaults()
  unit.write('FECTL', 0x8000_0000)
  unit.write('FEADDR', eventMessage.address)
  unit.write('FEDATA', eventMessage.data)
  // Where a queue was on, it is idle after a wait: so it may be switched off.
  unit.startQueue(place.queue)
  unit.submit([invalidateContexts, invalidateIotlb, statusWait(place.status + page - 4, 1)])
}
/** And the queue empty, or off. */
function emptyCaches({ unit }: Machine, { registers }: SequenceCase): void {
  unit.submit([invalidateContexts, invalidateIotlb, statusWait(place.status + page - 4, 2)])
  unit.startQueue(place.queue)
  if (!registers) return
  unit.submit([statusWait(place.status + page - 4, 3)])
  unit.enable('QIE', false)
}

async function registersOf({ unit }: Machine): Promise<Registers> {
  const [faults, fectl] = await Promise.all([unit.faults(), unit.read('FECTL')])
  return { ...faults, fectl: Number(fectl) }
}

/** A DMA of which the place that it wrote to has still to be looked at. */
type Unplaced = Exclude<Observed, { readonly of: 'dma' }>
  | {
    readonly of: 'dma'
    readonly seen: Seen
    readonly caches: CachesSeen
    readonly registers: Registers
    readonly messages: number
  }
const messagesIn = (events: readonly TraceEvent[]): number =>
  events.filter(event => event.name === 'vtd_irq_generate' && event.address === BigInt(eventMessage.address)
    && event.data === BigInt(eventMessage.data)).length

/** They do not say what became of a request. */
const aside: readonly EventName[] = ['vtd_irq_generate', 'vtd_iotlb_page_update', 'vtd_iotlb_cc_hit',
  'vtd_iotlb_cc_update']
function cachesIn(events: readonly TraceEvent[]): CachesSeen {
  let context: CachesSeen['context'] = null, page: CachesSeen['page'] = null
  for (const event of events) switch (event.name) {
    case 'vtd_iotlb_cc_hit': context = 'hit'; break
    case 'vtd_iotlb_cc_update': context = { did: Number(event.high >> 8n & 0xffffn) }; break
    case 'vtd_iotlb_page_hit': page = 'hit'; break
    case 'vtd_iotlb_page_update': page = { did: event.domain }
  }
  return { context, page }
}

async function ofDma(registers: Registers, events: Promise<readonly TraceEvent[]>,
  asked: { readonly sid: number; readonly address: number }): Promise<Unplaced> {
  const all = await events
  const own = all.filter(({ name }) => !aside.includes(name))
  const { seen } = attribute(own,
    [{ ...asked, type: 'untranslated', access: 'read', dword: true, pasid: null, privileged: false, execute: false }],
    [null])
  return { of: 'dma', seen: seen[0]!, caches: cachesIn(all), registers, messages: messagesIn(all) }
}

/** All devices at once move what reads go to: at first from a page of blanks, in the end to a page of each. No step
 *  touches the way there. */
async function moveBuffers({ edus }: Machine, direction: 'read' | 'write'): Promise<void> {
  edus.forEach((edu, i) => {
    edu.start({ direction, address: asideAt + (direction === 'read' ? 0 : (1 + i) * page), bytes: 4 * steps,
      offset: readsTo })
  })
  await finish(edus, () => Promise.resolve())
}
/** What reads brought into the buffers, a word a step. */
async function buffersOf(machine: Machine): Promise<readonly Uint32Array[]> {
  const { qtest, unit, edus } = machine
  for (const store of firstStores()) put(machine, store)
  unit.submit([invalidateContexts, invalidateIotlb, statusWait(place.status + page - 4, 4)])
  await moveBuffers(machine, 'write')
  return await Promise.all(edus.map(async (_, i) =>
    wordsOf(await qtest.memread(place.staging + (1 + i) * page, 4 * steps))))
}

/** What each DMA moved is looked for where the trace says that it went: a device writes words that tell who and which
 *  step, memory holds words that tell where. */
async function lookWhereItLanded(machine: Machine, one: SequenceCase,
  all: readonly Unplaced[]): Promise<readonly Observed[]> {
  const { qtest, edus } = machine
  if (one.registers) machine.unit.startQueue(place.queue)
  const buffers = all.some(({ of }, i) => of === 'dma' && !isWrite(one.steps[i]!)) ? await buffersOf(machine) : []
  return await Promise.all(all.map(async (seen, i): Promise<Observed> => {
    const step = one.steps[i]!
    if (seen.of !== 'dma' || step.do !== 'dma') return seen as Exclude<Unplaced, { of: 'dma' }>
    if (seen.seen.kind !== 'translated' || !isRam(seen.seen.landing)) return { ...seen, landed: null }
    const { landing } = seen.seen
    if (!step.write) return { ...seen, landed: buffers[step.device]![i] === wordAt(landing) }
    const word = qtest.readl(landing)
    qtest.writel(landing, wordAt(landing))
    return { ...seen, landed: await word === (edus[step.device]!.sid << 16 | 4 * i) >>> 0 }
  }))
}
const isWrite = (step: Step): boolean => step.do === 'dma' && step.write

async function softwareStep(machine: Machine, one: SequenceCase, step: Exclude<Step, StepOf<'dma'>>,
  i: number): Promise<Unplaced> {
  const { qtest, unit, trace } = machine
  switch (step.do) {
    case 'invalidate-context':
    case 'invalidate-iotlb': {
      if (one.registers) {
        for (const [name, value] of registerWritesOf(step)) unit.write(name, value)
        return { of: 'register', value: await unit.read(step.do === 'invalidate-context' ? 'CCMD' : 'IOTLB') }
      }
      unit.submit([descriptorOf(step), statusWait(statusAt(i), i + 1)])
      return { of: 'status', status: await qtest.readl(statusAt(i)) }
    }
    case 'bad-descriptor': return one.registers ? { of: 'nothing' } : await badStep(machine, step, i)
    case 'mask-events': unit.write('FECTL', step.masked ? 0x8000_0000 : 0); break
    case 'clear-faults': if (step.status) unit.write('FSTS', clearedStatus); else unit.writel(unit.offset('FRCD') + 12,
      0x8000_0000); break
    default: return { of: 'nothing' }
  }
  const [registers, events] = await Promise.all([registersOf(machine), trace.sync()])
  return { of: 'registers', registers, messages: messagesIn(events) }
}
/** A descriptor that stops the queue; then software puts a wait in its place and goes on. */
async function badStep(machine: Machine, { how }: StepOf<'bad-descriptor'>, i: number): Promise<Unplaced> {
  const { qtest, unit, trace } = machine
  const at = unit.tail
  unit.submit([badDescriptor(how), invalidateIotlb, statusWait(statusAt(i), i + 1)])
  const look = async (): Promise<Queue> => {
    const [fsts, iqh, iqercd, ...statuses] = await Promise.all([
      unit.read('FSTS'), unit.read('IQH'), unit.read('IQERCD'), qtest.readl(statusAt(i)), qtest.readl(statusAt(i, 1)),
    ])
    return { fsts: Number(fsts), iqh, iqercd, statuses }
  }
  const stopped = later(look())
  qtest.memwrite(place.queue + at, bytesOf(statusWait(statusAt(i, 1), i + 1)))
  unit.write('FSTS', clearedStatus)
  unit.write('IQT', unit.tail)
  const [before, after, events] = await Promise.all([stopped, look(), trace.sync()])
  return { of: 'bad', stopped: before, resumed: after, messages: messagesIn(events) }
}
