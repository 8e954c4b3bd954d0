/** Sequences: software changes tables and sends commands, devices do DMA meanwhile; what QEMU answers from its IOTLB
 *  must
 *  be what commands have left there. */
import { decode, registers } from '../../../../spec/amdvi/index.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import { bytesOf, wordsOf } from '../../memory.ts'
import type { Judged } from '../../oracle/judged.ts'
import { page, place, RamImage } from '../../oracle/memory-map.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'
import { invalidateAll, storeWait } from '../unit.ts'
import type { AmdviUnit } from '../unit.ts'
import { blankBuffers, buffersOf, isRead, readsTo } from './buffers.ts'
import {
  addressAt, commandOf, firstStores, mostSteps, reachable, sequenceCases, storesOf,
} from './sequence-case.ts'
import type { SequenceCase, Step, Store } from './sequence-case.ts'
import { SequenceModel } from './sequence-model.ts'
import type { Observed } from './sequence-model.ts'
import { at } from './walk-case.ts'
import { translating, viewOf, wordAt } from './walks.ts'

export const sequenceEvents: readonly EventName[] = ['amdvi_translation_result', 'amdvi_iotlb_hit',
  'amdvi_cache_update']

export const sequenceRig: Rig<SequenceCase, AmdviUnit> = { cases: sequenceCases(), prepare, run: runSequence }

async function prepare(machine: Machine<AmdviUnit>): Promise<void> {
  for (const frame of reachable) putWords(machine, frame)
  await translating(machine)
}
/** The words that stand in a page until a device writes there. */
function putWords({ qtest }: Machine<AmdviUnit>, frame: number): void {
  qtest.memwrite(frame, bytesOf(Uint32Array.from({ length: mostSteps }, (_, i) => wordAt(frame + 4 * i))))
}
const put = ({ qtest }: Machine<AmdviUnit>, { address, dwords }: Store): void =>
{ qtest.memwrite(address, bytesOf(dwords)) }
/** Where the wait of a step stores. */
const statusAt = (step: number): number => place.status + 8 * step

type Shown = { readonly of: 'dma'; readonly events: Promise<readonly TraceEvent[]> }
  | { readonly of: 'command'; readonly stored: Promise<number>; readonly status: Promise<bigint> }
  | { readonly of: 'nothing' }

async function runSequence({ machine, tally, lap }: Bench<AmdviUnit>, one: SequenceCase): Promise<readonly Judged[]> {
  const { qtest, unit, trace } = machine
  lap('encode')
  qtest.fill(place.tables.first, place.tables.bytes)
  qtest.fill(place.status, page)
  await blankBuffers(machine)
  for (const store of firstStores()) put(machine, store)
  unit.submit([invalidateAll])
  await trace.sync()
  lap('qemu')
  const shown: Shown[] = []
  for (const [i, step] of one.steps.entries()) shown.push(await play(machine, step, i))
  const observed = await observe(machine, one, shown)
  lap('model')
  const memory = new RamImage()
  const model = new SequenceModel(memory, viewOf(machine, memory), { wordAt, isRead }, tally)
  return one.steps.flatMap((step, i) => model.judge(step, i, observed[i]!))
}

/** Refused while nobody waits for it, when QEMU ends: whoever waits in the end is told. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
async function play(machine: Machine<AmdviUnit>, step: Step, i: number): Promise<Shown> {
  const { qtest, unit, trace, edus } = machine
  for (const store of storesOf(step)) put(machine, store)
  if (step.do === 'dma') {
    const edu = edus[step.device]!
    edu.start({ direction: step.write ? 'write' : 'read', address: addressAt(step.slots, i),
      offset: step.write ? 4 * i : readsTo + 4 * i })
    await edu.finish(() => Promise.resolve())
    return { of: 'dma', events: later(trace.sync()) }
  }
  const command = commandOf(step)
  if (command === null) return { of: 'nothing' }
  unit.submit([command, storeWait(statusAt(i), i + 1)])
  const shown = { of: 'command', stored: later(qtest.readl(statusAt(i))),
    status: later(unit.read('IommuStatus')) } as const
  if (step.do === 'bad-command') unit.restart()
  return shown
}

/** What each DMA moved: a device writes words that say who and which step, memory holds words that say where. */
async function observe(machine: Machine<AmdviUnit>, one: SequenceCase,
  shown: readonly Shown[]): Promise<readonly Observed[]> {
  const { qtest, edus } = machine
  qtest.fill(at.deviceTable, page)
  const [buffers, ...frames] = await Promise.all([buffersOf(machine),
    ...reachable.map(frame => qtest.memread(frame, 4 * mostSteps).then(wordsOf))])
  for (const frame of reachable) putWords(machine, frame)
  return await Promise.all(shown.map(async (seen, i): Promise<Observed> => {
    const step = one.steps[i]!
    if (seen.of === 'command') {
      const status = await seen.status
      const { CmdBufRun } = decode(registers.IommuStatus.layout, [Number(status & 0xffff_ffffn), 0])
      return { of: 'command', done: await seen.stored === i + 1, running: CmdBufRun === 1 }
    }
    if (seen.of !== 'dma' || step.do !== 'dma') return { of: 'nothing' }
    const own = (edus[step.device]!.sid << 16 | 4 * i) >>> 0
    return { of: 'dma', ...tracedIn(await seen.events), read: buffers[step.device]![i]!,
      written: reachable.flatMap((frame, n) => frames[n]![i] === own ? [frame + 4 * i] : []) }
  }))
}
function tracedIn(events: readonly TraceEvent[]): { readonly page: number | null; readonly hit: boolean
  readonly filled: number | null } {
  let at: number | null = null, hit = false, filled: number | null = null
  for (const event of events) switch (event.name) {
    case 'amdvi_translation_result': at = Number(event.page); break
    case 'amdvi_iotlb_hit': hit = true; break
    case 'amdvi_cache_update': filled = event.domain
  }
  return { page: at, hit, filled }
}
