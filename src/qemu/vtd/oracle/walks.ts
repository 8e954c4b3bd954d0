/** Walks: tables and requests of every kind, each request from cold caches; many devices at once. */
import {
  decode, dwordsOf, encode, entryReader, put, rawTables, recordFault, registers, rulesOf, show, translate,
  translationUnitOf,
} from '../../../../spec/vtd/index.ts'
import type {
  DmaRequest, FaultState as ModelFaults, Feature, Rules, ScalableTables, Translation, TranslationUnit,
  UnitRegisters,
} from '../../../../spec/vtd/index.ts'
import { finish } from '../../edu.ts'
import type { Edu } from '../../edu.ts'
import type { EventName, TraceEvent } from '../../events.ts'
import type { Machine } from '../../machine.ts'
import type { Qtest } from '../../qtest.ts'
import { invalidateContexts, invalidateIotlb } from '../unit.ts'
import type { FaultState, Unit } from '../unit.ts'
import { judgeDma } from './dma.ts'
import { attribute, landingOf } from './dma-seen.ts'
import type { DmaCompared } from './dma-seen.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import { isRam, isTable, place, TableMemory } from '../../oracle/memory-map.ts'
import type { Bench, Rig } from '../../oracle/suite.ts'
import { unreserved, contextLookupOf } from './context-lookup.ts'
import type { ContextLookup } from './context-lookup.ts'
import { addressOf, pagingEntries, pasidTableOf, requesters, walkCases, writeTables } from './walk-case.ts'
import type { WalkCase, WalkShape } from './walk-case.ts'
import { updatesUnsnooped } from './exceptions-tables.ts'
import { FirstStage, invalidationAfter, invalidationWords } from './first-stage.ts'
import type { Chosen } from './first-stage.ts'

export const walkEvents: readonly EventName[] = ['vtd_dmar_translate', 'vtd_dmar_fault', 'vtd_fault_disabled']

/** The unit of a machine as the specification sees it. */
export function unitOf({ unit }: Machine,
  { scalable, addressWidth }: WalkShape): { readonly unit: TranslationUnit; readonly registers: UnitRegisters } {
  const seen = {
    cap: dwordsOf(unit.cap), ecap: dwordsOf(unit.ecap), gsts: 0x8000_0000,
    rtaddr: dwordsOf(BigInt(rootAddress(scalable))), irta: dwordsOf(0n),
  }
  return { unit: translationUnitOf(seen, addressWidth), registers: seen }
}

/** Offset in a device's buffer that reads may spoil. */
const readsTo = 2048

/** A request of a round, what the model says of it, and where what it writes can be looked for. */
interface Asked {
  readonly edu: Edu
  readonly request: DmaRequest
  readonly model: Translation
  readonly way: ContextLookup
  /** In a round of its own. */
  readonly alone: boolean
  readonly landing: number | null
}

/** What was seen of one; `events` come later. */
interface Round {
  readonly asked: readonly Asked[]
  readonly faults: FaultState
  readonly landed: readonly (boolean | null)[]
  readonly events: Promise<readonly TraceEvent[]>
}

export function walkRig(shape: WalkShape): Rig<WalkCase, Unit> {
  return { cases: walkCases(shape), prepare: machine => translating(machine, shape.scalable),
    run: (bench, one) => runWalk(bench, one, shape) }
}

/** Root table and queue in their places, translation on. */
export async function translating({ qtest, unit, trace }: Machine, scalable: boolean): Promise<void> {
  unit.setRoot(BigInt(rootAddress(scalable)))
  unit.startQueue(place.queue, { wide: scalable })
  unit.enable('TE')
  await Promise.all([qtest.settled(), trace.sync()])
}
/** RTADDR. */
const rootAddress = (scalable: boolean, table: number = place.root): number =>
  table + (scalable ? encode(registers.RTADDR.layout, { TTM: 1 })[0]! : 0)

async function runWalk({ machine, tally, lap }: Bench<Unit>, one: WalkCase,
  shape: WalkShape): Promise<readonly Judged[]> {
  const { qtest, unit, trace } = machine
  const model = unitOf(machine, shape)
  lap('encode')
  qtest.fill(place.tables.first, place.tables.bytes)
  const memory = new TableMemory(qtest)
  writeTables(memory, one, shape)
  if (one.noRoot) unit.setRoot(BigInt(rootAddress(shape.scalable, place.hole)))
  unit.clearFaults()
  unit.submit([invalidateContexts, invalidateIotlb])
  lap('model')
  const rules = rulesOf(model.registers, shape.addressWidth)
  const read = (by: Rules): ScalableTables =>
    rawTables(memory, { rootTable: one.noRoot ? place.hole : place.root, interruptTable: 0 }, entryReader(by))
  const tables = read(rules)
  const reading = (more: readonly Feature[]): ScalableTables =>
    more.length === 0 ? tables
      : read({ ...rules, has: feature => more.some(one => one === feature) || rules.has(feature) })
  const rounds = inRounds(one, machine, tables, model.unit, shape)
  const done: Round[] = []
  for (const asked of rounds) {
    for (const { landing } of asked) if (landing !== null) qtest.writel(landing, 0)
    for (const { edu, request } of asked)
      edu.start({ address: BigInt(request.address),
        ...request.access === 'write' ? { direction: 'write' } : { direction: 'read', offset: readsTo } })
    lap('qemu')
    const [faults, words] = await finish(asked.map(({ edu }) => edu),
      () => Promise.all([unit.faults(), wordsAt(machine, asked)]))
    lap('judge')
    done.push({ asked, faults, landed: landedOf(asked, words), events: trace.sync() })
    for (const { landing } of asked) if (landing !== null) qtest.writel(landing, 0)
    unit.clearFaults()
    const after = invalidationAfter(one, done.length - 1)
    if (after?.absent !== undefined) clearPresent(qtest, memory, pasidTableOf(after.absent))
    unit.submit([invalidationWords(after)])
  }
  const entries = shape.firstStage === true ? await Promise.all(pagingEntries.map(address => qtest.readq(address))) : []
  if (one.noRoot) unit.setRoot(BigInt(rootAddress(shape.scalable)))
  const judged: Judged[] = []
  const first = shape.firstStage === true ? new FirstStage(memory, tables, one, tally) : null
  for (const [i, round] of done.entries()) {
    lap('qemu')
    const all = await round.events
    lap('judge')
    const { compared, verdicts } = judgeRound({ version: machine.version, unit: model.unit, tables, reading }, round,
      all.filter(({ name }) => name !== 'vtd_iotlb_page_update'), tally, first, address => { qtest.writel(address, 0) })
    judged.push(...verdicts, ...first?.judgeRound(compared, verdicts, all, i) ?? [])
  }
  return [...judged, ...first?.judgeEnd(entries) ?? []]
}

/** P is bit 0 of every entry. */
function clearPresent(qtest: Qtest, memory: TableMemory, entry: number): void {
  qtest.writel(entry, (memory.page(entry / 4096)![0]! & ~1) >>> 0)
}

const plain = { type: 'untranslated', access: 'write', dword: true, pasid: null, privileged: false,
  execute: false } as const

/** Each device does one thing a round. */
function inRounds(one: WalkCase, { edus }: Machine, tables: ScalableTables, unit: TranslationUnit,
  { addressWidth }: WalkShape): Asked[][] {
  const rounds: Asked[][] = [], alone: Asked[][] = []
  const used = requesters.map(() => 0)
  for (const given of one.requests) {
    const edu = edus[given.device]!
    const request = { ...plain, sid: edu.sid, address: addressOf(given, addressWidth === 48 ? 4 : 3) } as const
    const asked = ask(edu, request, given.write, tables, unit)
    if (asked === null) continue
    // Whether QEMU says nothing of one that goes around its unit can be told only where nobody else is there.
    if (asked.alone) alone.push([asked])
    else (rounds[used[given.device]!++] ??= []).push(asked)
  }
  return [...rounds, ...alone]
}
/** Null where the model has no translation: a request into the interrupt range. */
function ask(edu: Edu, request: DmaRequest, write: boolean, tables: ScalableTables,
  unit: TranslationUnit): Asked | null {
  const asWrite = translationOf(translate(tables, unit, request))
  if (asWrite === null) return null
  const way = contextLookupOf(tables, unit, request),
    mayGoAround = way.passThrough || contextLookupOf(unreserved(tables), unit, request).passThrough
  // QEMU says nothing of what goes around its unit: what is written must tell. And what lands in a table would change
  // the case.
  const landing = landingOf(request, asWrite) ?? (mayGoAround && !way.passThrough ? request.address
    : landingElsewhere(tables, unit, request))
  const intoTables = landing !== null && isTable(landing)
  if (mayGoAround && landing !== null && (intoTables || !isRam(landing))) return null
  if (!intoTables && (write || mayGoAround)) {
    // An address of so many bits has no place for a dword of the device's own.
    const alone = mayGoAround && asWrite.kind === 'fault' || request.address >= 2 ** 52
    return { edu, request, model: asWrite, way, alone, landing: landing !== null && isRam(landing) ? landing : null }
  }
  const reading: DmaRequest = { ...request, access: 'read' }
  return { edu, request: reading, model: translationOf(translate(tables, unit, reading))!, way, alone: false,
    landing: null }
}
/** Where a write of first stage lands that the model refuses, if QEMU lets it pass by an exception. */
function landingElsewhere(tables: ScalableTables, unit: TranslationUnit, request: DmaRequest): number | null {
  if (unit.scalable?.firstStage !== true || unit.ttm !== 1) return null
  const lax = unreserved(tables)
  const found = translate({ ...lax, ...updatesUnsnooped(lax) }, unit, { ...request, access: 'read' })
  return found.kind === 'translated' ? landingOf(request, found) : null
}
const translationOf = (result: ReturnType<typeof translate>): Translation | null =>
  result.kind === 'translated' || result.kind === 'fault' ? result : null

const wordsAt = ({ qtest }: Machine, asked: readonly Asked[]): Promise<readonly (number | null)[]> =>
  Promise.all(asked.map(({ landing }) => landing === null ? null : qtest.readl(landing)))

/** A device writes its source id in bits 31:16. */
const landedOf = (asked: readonly Asked[], words: readonly (number | null)[]): (boolean | null)[] =>
  asked.map(({ landing, request }, i) => landing === null ? null : words[i] === (request.sid << 16) >>> 0)

function judgeRound(by: Pick<DmaCompared, 'version' | 'unit' | 'tables' | 'reading'>, { asked, faults, landed }: Round,
  events: readonly TraceEvent[], tally: Tally, first: FirstStage | null,
  forget: (address: number) => void):
  { readonly compared: readonly DmaCompared[]; readonly verdicts: readonly Judged[] } {
  const { seen, left } = attribute(events, asked.map(one => one.request), landed)
  const chosen = asked.map(({ request, model, way }, i): Chosen => {
    const compared: DmaCompared = { ...by, request, model, way, seen: seen[i]!, landed: landed[i]! }
    return first?.choose(compared) ?? { compared, besides: [] }
  })
  const all = chosen.map(({ compared }) => compared)
  // What landed where no model said it would must not be there for the next case.
  for (const { request, seen: did, model } of all)
    if (did.kind === 'translated' && request.access === 'write' && did.landing !== landingOf(request, model)
      && isRam(did.landing)) forget(did.landing)
  const judged = chosen.map(({ compared, besides }) => judgeDma(compared, tally, besides))
  const recorded = judgeRecord(all, faults, left, by.unit.ttm === 1, tally)
  return { compared: all, verdicts: recorded === null ? judged : [...judged, recorded] }
}

/** The one record and FSTS after a round: of the first fault that QEMU named, as the manual has it recorded. Null where
 *  right. */
function judgeRecord(all: readonly DmaCompared[], { fsts, record: words }: FaultState, left: number, scalable: boolean,
  tally: Tally): Judged | null {
  const model: ModelFaults = { records: [null], index: 0, fri: 0, pfo: false, iqe: false, ice: false, ite: false,
    im: true, ip: false }
  for (const { request, seen } of all)
    if (seen.kind === 'fault') {
      const address = Math.floor(request.address / 4096)
      recordFault(model, { reason: seen.reason, sid: request.sid, address, write: request.access === 'write' }, false)
    }
  const record = model.records[0] ?? null
  const frcd = registers.FRCD.layout, found = decode(frcd, words)
  const expected = record === null ? encode(frcd, {})
    : encode(frcd, { F: 1, FR: record.reason, SID: record.sid, FI: record.address, T1: record.write ? 0 : 1,
      PP: found.PP, PV: found.PV })
  const status = encode(registers.FSTS.layout, { PFO: model.pfo ? 1 : 0, PPF: record === null ? 0 : 1 })[0]!
  const right = left === 0 && fsts === status
    && (record === null ? found.F === 0 : show(frcd, expected) === show(frcd, words))
  // Where PP=0, PV has no meaning.
  if (right && (record === null || found.PP === 0)) return null
  const verdict = right && scalable && found.PV === 0 ? ['rid-pasid-recorded'] as const : 'different' as const
  tally.verdict(verdict)
  return { of: 'unit', verdict, compare: () => ({
    request: `record after ${all.length} requests`, clause: 'VTD:7.2/record',
    model: `FSTS ${show(registers.FSTS.layout, [status])}, FRCD `
      + `${show(frcd, record === null ? expected : withoutPasid(expected))}`,
    qemu: `FSTS ${show(registers.FSTS.layout, [fsts])}, FRCD `
      + `${show(frcd, words)}${left === 0 ? '' : `, ${left} events of no request`}`,
  }) }
}
/** Without PASID. */
function withoutPasid(words: Uint32Array): Uint32Array {
  const copy = words.slice()
  for (const name of ['PP', 'PV'] as const) put(registers.FRCD.layout, copy, name, 0)
  return copy
}
