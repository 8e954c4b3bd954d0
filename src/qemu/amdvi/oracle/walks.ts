/** Walks: tables and requests of every kind, each request from cold caches; many devices at once. */
import {
  entryReader, rawTables, rootsOf, rulesOf, translate, translationUnitOf,
} from '../../../../spec/amdvi/index.ts'
import type { UnitRegisters } from '../../../../spec/amdvi/index.ts'
import { finish } from '../../edu.ts'
import type { Edu } from '../../edu.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import { isRam, isTable, place, TableMemory } from '../../oracle/memory-map.ts'
import type { RamImage } from '../../oracle/memory-map.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'
import { invalidateAll } from '../unit.ts'
import type { AmdviUnit, Control } from '../unit.ts'
import { blankBuffers, buffersOf, isRead, placeBlanks, readsTo } from './buffers.ts'
import { judgeDma } from './dma.ts'
import type { DmaCompared } from './compared.ts'
import { qemuWalk } from './qemu-walk.ts'
import type { Request, Walked } from './qemu-walk.ts'
import { refusesDevice } from './reserved.ts'
import { walkExceptionNames } from './exceptions.ts'
import { addressOf, at, deviceTablePages, outside, requesters, walkCases, writeTables } from './walk-case.ts'
import type { WalkCase } from './walk-case.ts'

export const walkEvents: readonly EventName[] = ['amdvi_translation_result']
/** Of the unit, in bits: no register tells it. */
export const hostAddressWidth = 52

export const walkRig: Rig<WalkCase, AmdviUnit> = { cases: walkCases(), prepare: translating, run: runWalk }

const registersOf = new WeakMap<AmdviUnit, UnitRegisters>()
/** As `translating` has left them. */
export const registersIn = ({ unit }: Machine<AmdviUnit>): UnitRegisters => registersOf.get(unit)!
/** Tables in their places, translation on. */
export async function translating(machine: Machine<AmdviUnit>, control: Control = {}): Promise<void> {
  const { qtest, unit, trace } = machine
  const words = unit.start({ deviceTable: at.deviceTable, pages: deviceTablePages, commands: place.queue,
    events: place.status, control })
  registersOf.set(unit, { ExtFeature: unit.features, IommuControl: words,
    DevTabBase: [at.deviceTable + deviceTablePages - 1, 0] })
  placeBlanks(machine)
  await Promise.all([qtest.settled(), trace.sync()])
}
/** The unit of a machine as the specification sees it, over some memory. */
export function viewOf({ unit, version }: Machine<AmdviUnit>, memory: RamImage):
Walked & { readonly registers: UnitRegisters } {
  const registers = registersOf.get(unit)!
  return { unit: translationUnitOf(registers), registers,
    refuses: device => refusesDevice(version, wordsAt(memory, at.deviceTable + 32 * device, 8)),
    tables: rawTables(memory, rootsOf(registers), entryReader(rulesOf(registers, hostAddressWidth), false)) }
}

/** The word that stands at an address until a device writes there. */
export const wordAt = (address: number): number => (0xa500_0000 + address / 4) >>> 0

interface Asked {
  readonly edu: Edu
  readonly request: Request
  /** Of the device's buffer, where it is a read. */
  readonly slot: number
  /** Where what it writes may be, and what it reads may come from. */
  readonly landings: readonly number[]
}
interface Round { readonly asked: readonly Asked[]; readonly words: readonly (readonly number[])[]
  readonly events: Promise<readonly TraceEvent[]> }

async function runWalk({ machine, tally, lap }: Bench<AmdviUnit>, one: WalkCase): Promise<readonly Judged[]> {
  const { qtest, unit, trace } = machine
  lap('encode')
  qtest.fill(place.tables.first, place.tables.bytes)
  await blankBuffers(machine)
  const memory = new TableMemory(qtest)
  writeTables(memory, one)
  unit.submit([invalidateAll])
  await trace.sync()
  lap('model')
  const view = viewOf(machine, memory)
  const rounds = inRounds(one, machine, view)
  const done: Round[] = []
  for (const asked of rounds) {
    for (const { landings } of asked) for (const address of landings) qtest.writel(address, wordAt(address))
    for (const { edu, request, slot } of asked)
      edu.start({ direction: request.access, address: BigInt(request.address),
        offset: request.access === 'write' ? 0 : readsTo + 4 * slot })
    lap('qemu')
    const words = await finish(asked.map(({ edu }) => edu), () => Promise.all(asked.map(({ request, landings }) =>
      Promise.all(request.access === 'write' ? landings.map(address => qtest.readl(address)) : []))))
    done.push({ asked, words, events: trace.sync() })
    unit.submit([invalidateAll])
  }
  qtest.fill(at.deviceTable, 4096 * deviceTablePages)
  const buffers = await buffersOf(machine)
  const judged: Judged[] = []
  for (const { asked, words, events } of done) {
    const all = await events
    lap('judge')
    asked.forEach((what, i) => {
      judged.push(judgeOne(what, words[i]!, buffers, all, view, memory, machine, tally))
    })
    lap('qemu')
  }
  return judged
}

const neverEnds = (view: Walked, request: Request): boolean =>
  qemuWalk(view, request, walkExceptionNames).kind === 'endless'

/** Each device does one thing a round. */
function inRounds(one: WalkCase, { edus }: Machine<AmdviUnit>,
  view: Walked): Asked[][] {
  const rounds: Asked[][] = [], used = requesters.map(() => 0)
  for (const given of one.requests) {
    const edu = edus[given.device]!, slot = used[given.device]!
    const as = (access: 'read' | 'write'): Asked => {
      const request: Request = { device: edu.sid, address: addressOf(given), access }
      const ways = [qemuWalk(view, request, new Set()), qemuWalk(view, request, walkExceptionNames)]
      const places = ways.flatMap(way => way.kind === 'moved' && isRam(way.landing) ? [way.landing] : [])
      return { edu, request, slot, landings: [...new Set(places)] }
    }
    const writing = as('write'), reading = as('read')
    // What lands in a table would change the case. No data comes in for who is not in the device table.
    const reads = !given.write && given.device !== outside || [...writing.landings, ...reading.landings].some(isTable)
    // QEMU would not come back.
    if (neverEnds(view, (reads ? reading : writing).request)) continue
    used[given.device] = slot + 1
    const asked = reads ? { ...reading, landings: reading.landings.filter(address => !isTable(address)) } : writing;
    (rounds[slot] ??= []).push(asked)
  }
  return rounds
}

function judgeOne({ edu, request, slot, landings }: Asked, words: readonly number[], buffers: readonly Uint32Array[],
  events: readonly TraceEvent[], view: Walked, memory: RamImage, { edus }: Machine<AmdviUnit>, tally: Tally): Judged {
  const event = events.find(each => each.name === 'amdvi_translation_result' && each.device === edu.sid)
  const page = event?.name === 'amdvi_translation_result' ? Number(event.page) : null
  const own = (edu.sid << 16) >>> 0
  const written = landings.filter((_, i) => words[i] === own)
  const read = buffers[edus.indexOf(edu)]![slot]!
  const compared: DmaCompared = {
    ...view, request, model: translate(view.tables, view.unit, request), page,
    moved: request.access === 'write' ? written.length > 0 : isRead(read),
    cameFrom: address => request.access === 'write' ? written.includes(address) : read === standing(memory, address),
  }
  return judgeDma(compared, tally)
}
/** What a read finds: the word put there, or that of a table. */
function standing(memory: RamImage, address: number): number {
  if (!isTable(address)) return wordAt(address)
  return wordsAt(memory, address, 1)[0]!
}
/** Of one page. */
export const wordsAt = (memory: RamImage, address: number, count: number): Uint32Array =>
  memory.page(Math.floor(address / 4096))!.subarray(address % 4096 / 4, address % 4096 / 4 + count)
