/** The model beside a sequence: the unit's registers, the tables in memory, and what its caches may hold. */
import {
  decode, encode, PossibleCaches, quiesce, read, record, recordOfDma, registers, reset, show, translateLegacy, viewOf,
  write,
} from '../../../../spec/vtd/index.ts'
import type {
  DmaRequest, Outcome, Possible, RegisterName, ScalableTables, TranslationUnit, UnitState, VtdClause,
} from '../../../../spec/vtd/index.ts'
import type { Version } from '../../find.ts'
import type { Machine } from '../../machine.ts'
import { invalidateIotlb, statusWait } from '../unit.ts'
import { nowhere } from './context-lookup.ts'
import { clauseOf, modelText, requestText, seenText } from './dma.ts'
import { sidText } from '../../pci.ts'
import { agrees } from './dma-seen.ts'
import type { DmaCompared, Seen } from './dma-seen.ts'
import { cachedException, dmaExceptions } from './exceptions.ts'
import type { ExceptionName } from './exceptions.ts'
import type { Judged, Tally } from '../../oracle/judged.ts'
import { place, RamImage } from '../../oracle/memory-map.ts'
import {
  addressAt, badDescriptor, descriptorOf, firstStores, registerWritesOf, sequenceRequesters, storesOf,
} from './sequence-case.ts'
import type { SequenceCase, Step, StepOf } from './sequence-case.ts'
import { clearedStatus, eventMessage, statusAt } from './sequence-seen.ts'
import { TracedCaches } from './traced-caches.ts'
import type { CachesSeen, Observed, Queue, Registers } from './sequence-seen.ts'

type Offsets = Pick<Machine['unit'], 'offset' | 'cap' | 'ecap'>
/** What it must know of the machine. */
interface Beside { readonly unit: Offsets; readonly version: Version }
const plain = { type: 'untranslated', dword: true, pasid: null, privileged: false, execute: false } as const

/** Steps are judged in their order, each once. */
export class SequenceModel {
  readonly #offset: Offsets['offset']
  readonly #version: Version
  readonly #registers: boolean
  readonly #memory = new RamImage()
  readonly #may: PossibleCaches
  readonly #traced = new TracedCaches()
  readonly #unit: TranslationUnit
  readonly #tables: ScalableTables
  readonly #tally: Tally
  #state: UnitState
  /** IQT as last written, in bytes. */
  #tail = 0
  /** Of what happened since it was last asked. */
  #messages = 0
  #statuses = new Map<number, number>()
  #removed = 0
  /** Tables or caches, since the last fill. */
  #changed = true
  /** Sites whose translation was held and removed. */
  readonly #emptied = new Set<string>()

  constructor({ unit, version }: Beside, one: SequenceCase, cachingMode: boolean, tally: Tally) {
    this.#version = version
    this.#offset = name => unit.offset(name)
    this.#registers = one.registers
    this.#tally = tally
    for (const { address, dwords } of firstStores()) this.#memory.put(address, dwords)
    this.#state = firstState(unit, one.registers)
    const { translation, tables } = viewOf(this.#state)
    this.#unit = translation
    this.#tables = tables(this.#memory)
    const sites = one.steps.flatMap(step =>
      step.do === 'dma' ? [{ sid: sequenceRequesters[step.device]!,
        page: Math.floor(addressAt(step.slots, 0) / 4096) }] : [])
    this.#may = new PossibleCaches(translation, cachingMode, sites)
  }

  judge(step: Step, i: number, seen: Observed): readonly Judged[] {
    if (this.#changed) this.#may.fill(this.#tables)
    this.#changed = step.do !== 'dma'
    this.#messages = 0
    this.#removed = 0
    switch (step.do) {
      case 'root':
      case 'context':
      case 'entry':
        for (const { address, dwords } of storesOf(step)) this.#memory.put(address, dwords)
        return []
      case 'dma': return seen.of === 'dma' ? this.#judgeDma(step, i, seen) : []
      case 'invalidate-context':
      case 'invalidate-iotlb': return this.#judgeInvalidation(step, i, seen)
      case 'bad-descriptor':
        return seen.of === 'bad' ? this.#judgeBad(step, i, seen.stopped, seen.resumed, seen.messages) : []
      case 'mask-events': this.#write('FECTL', step.masked ? 0x8000_0000 : 0); break
      case 'clear-faults':
        if (step.status) this.#write('FSTS', clearedStatus)
        else this.#happened(write(this.#state, this.#offset('FRCD') + 12, 4, 0x8000_0000))
    }
    return seen.of === 'registers' ? this.#judgeRegisters(step.do, seen.registers, seen.messages) : []
  }

  #judgeDma(step: StepOf<'dma'>, i: number,
    { seen, landed, caches, registers: after, messages }: Extract<Observed, { readonly of: 'dma' }>,
  ): readonly Judged[] {
    const request: DmaRequest = { ...plain, sid: sequenceRequesters[step.device]!,
      access: step.write ? 'write' : 'read', address: addressAt(step.slots, i) }
    const possible = this.#may.outcomes(this.#tables, request)
    const fresh = translateLegacy(this.#tables, this.#unit, request)
    const as = (model: Possible['result']): DmaCompared =>
      ({ version: this.#version, unit: this.#unit, tables: this.#tables, reading: () => this.#tables, request, model,
        way: nowhere, seen, landed })
    const found = possible.find(({ result }) => agrees(as(result)))
    const names = found !== undefined ? null
      : cachedException(possible, seen, landed)
        ?? possible.map(({ result }) => dmaExceptions(as(result))).find(one => one !== null) ?? null
    const verdict = found !== undefined ? 'same' : names ?? 'different'
    this.#count(request, found ?? null, agrees(as(fresh)), seen.hit, names)
    if (seen.kind === 'fault')
      this.#happened(record(this.#state, recordOfDma(this.#state, request, seen.reason), false))
    const judged: Judged = { of: 'request', verdict, compare: () => ({
      request: `step ${i + 1}: ${requestText(request)}`, clause: clauseOf(fresh, nowhere),
      qemu: seenText(seen) + (landed === false ? ', but nothing was moved' : ''),
      model: possible.map(({ result, from }) => `${modelText(request, result)} (${from})`).join('; or '),
    }) }
    return [judged, ...this.#judgeCaches(request, i, seen, caches),
      ...this.#judgeRegisters(`step ${i + 1}`, after, messages)]
  }
  /** Whether QEMU found in its caches what its own fills and the invalidations since then leave there. */
  #judgeCaches({ sid, address }: DmaRequest, i: number, seen: Seen, caches: CachesSeen): readonly Judged[] {
    const pages = seen.kind === 'translated' ? seen.size / 4096 : 1
    return this.#traced.look(sid, Math.floor(address / 4096), caches, pages).flatMap((look): Judged[] => {
      if (look === 'same') return []
      if (typeof look === 'object')
        return [different(`caches in step ${i + 1}, a request of ${sidText(sid)}`,
          'only invalidations remove, and what they name', look.wrong, 'VTD:6/iotlb')]
      this.#tally.verdict([look])
      return [{ of: 'unit', verdict: [look], compare: () => ({ request: `contexts in step ${i + 1}`,
        model: 'still held', qemu: 'removed', clause: 'VTD:6/context-cache' }) }]
    })
  }
  #count(request: DmaRequest, found: Possible | null, isFresh: boolean, hit: boolean,
    names: readonly ExceptionName[] | null): void {
    const tally = this.#tally
    if (names !== null) tally.verdict(names)
    if (found === null) return
    const site = { sid: request.sid, page: Math.floor(request.address / 4096) }, key = `${site.sid}:${site.page}`
    if (hit) tally.state(isFresh ? 'hit' : 'stale translation served')
    else if (!isFresh) tally.state('stale context used')
    else tally.state(this.#emptied.delete(key) ? 'refilled' : 'cold')
    if (found.result.kind === 'fault') {
      tally.reason(found.result.reason)
      tally.outcome(found.result.suppressed ? 'fault, not recorded (FPD)' : 'fault')
    } else tally.outcome('translated in a sequence')
  }

  #judgeInvalidation(step: StepOf<'invalidate-context' | 'invalidate-iotlb'>, i: number,
    seen: Observed): readonly Judged[] {
    if (this.#registers) {
      const name = step.do === 'invalidate-context' ? 'CCMD' as const : 'IOTLB' as const
      for (const [register, value] of registerWritesOf(step)) this.#write(register, value)
      this.#countInvalidation()
      const { value } = read(this.#state, this.#offset(name), 8), after = seen.of === 'register' ? seen.value : 0n
      return sameCommand(name, value, after) ? []
        : [different(`${name} after step ${i + 1}`, hex(value), hex(after), 'VTD:11.4/register-invalidation')]
    }
    this.#submit([descriptorOf(step), statusWait(statusAt(i), i + 1)])
    this.#countInvalidation()
    const expected = this.#statuses.get(statusAt(i)) ?? 0
    const status = seen.of === 'status' ? seen.status : null
    return status === expected ? []
      : [different(`status of step ${i + 1}`, String(expected), String(status), 'VTD:6.5.2.9/wait')]
  }
  #countInvalidation(): void { this.#tally.state(this.#removed > 0 ? 'invalidated' : 'invalidation of nothing held') }

  #judgeBad(step: StepOf<'bad-descriptor'>, i: number, stopped: Queue, resumed: Queue,
    messages: number): readonly Judged[] {
    const at = this.#tail
    this.#submit([badDescriptor(step.how), invalidateIotlb, statusWait(statusAt(i), i + 1)])
    const first = this.#judgeQueue(`queue stopped in step ${i + 1} (${step.how})`, i, stopped)
    this.#tally.state('queue stopped')
    this.#memory.put(place.queue + at, statusWait(statusAt(i, 1), i + 1))
    this.#write('FSTS', clearedStatus)
    this.#write('IQT', this.#tail)
    return [...first, ...this.#judgeQueue(`queue resumed in step ${i + 1}`, i, resumed),
      ...this.#judgeMessages(`step ${i + 1}`, messages)]
  }
  #judgeQueue(what: string, i: number, seen: Queue): readonly Judged[] {
    const get = (name: RegisterName, width: 4 | 8): bigint => read(this.#state, this.#offset(name), width).value
    const statuses = [this.#statuses.get(statusAt(i)) ?? 0, this.#statuses.get(statusAt(i, 1)) ?? 0]
    const model = { fsts: Number(get('FSTS', 4)), iqh: get('IQH', 8), iqercd: get('IQERCD', 8), statuses }
    const text = ({ fsts, iqh, statuses: words }: Queue): string =>
      `FSTS ${show(registers.FSTS.layout, [fsts])}, IQH ${hex(iqh)}, status ${words.join(' ')}`
    const judged = text(model) === text(seen) ? [] : [different(what, text(model), text(seen), 'VTD:6.5.2/error-stops')]
    if (model.iqercd === seen.iqercd) return judged
    const verdict = seen.iqercd === 0n ? ['queue-error-untold'] as const : 'different' as const
    this.#tally.verdict(verdict)
    const compare = () => ({ request: `IQERCD, ${what}`, model: hex(model.iqercd), qemu: hex(seen.iqercd),
      clause: 'VTD:6.5.2/error-stops' })
    return [...judged, { of: 'unit', verdict, compare }]
  }

  #judgeRegisters(what: string, seen: Registers, messages: number): readonly Judged[] {
    const get = (name: RegisterName): bigint => read(this.#state, this.#offset(name), 4).value
    const words = [0, 4, 8, 12].map(at => Number(read(this.#state, this.#offset('FRCD') + at, 4).value))
    const model = { fsts: Number(get('FSTS')), fectl: Number(get('FECTL')), record: words }
    const wrong = registersText(model) !== registersText(seen)
    if (!wrong) return this.#judgeMessages(what, messages)
    const compare = () => ({ request: `registers after ${what}`, model: registersText(model), qemu: registersText(seen),
      clause: 'VTD:7.3/event-mask' })
    // QEMU has forgotten less: from here on the model goes by it.
    if (registersText({ ...model, fectl: (model.fectl | eventPending) >>> 0 }) === registersText(seen)
      && what === 'clear-faults' && model.fsts === 0) {
      this.#state = { ...this.#state, faults: { ...this.#state.faults, ip: true } }
      this.#tally.verdict(['event-kept-pending'])
      return [{ of: 'unit', verdict: ['event-kept-pending'], compare }, ...this.#judgeMessages(what, messages)]
    }
    return [{ of: 'unit', verdict: 'different', compare }, ...this.#judgeMessages(what, messages)]
  }
  #judgeMessages(what: string, messages: number): readonly Judged[] {
    if (this.#messages > 0) this.#tally.state('fault event sent')
    return messages === this.#messages ? []
      : [different(`fault events in ${what}`, String(this.#messages), String(messages), 'VTD:7.3/event')]
  }

  #write(name: RegisterName, value: number | bigint): void {
    this.#happened(write(this.#state, this.#offset(name), registers[name].layout.bits === 32 ? 4 : 8, value))
  }
  #submit(descriptors: readonly Uint32Array[]): void {
    for (const words of descriptors) {
      this.#memory.put(place.queue + this.#tail, words)
      this.#tail = (this.#tail + 16) % 4096
    }
    this.#write('IQT', this.#tail)
  }
  /** And all that hardware does then. */
  #happened(outcome: Outcome): void {
    const quiet = quiesce(outcome.state, this.#memory)
    this.#state = quiet.state
    for (const effect of [...outcome.effects, ...quiet.effects]) {
      if (effect.kind === 'message') this.#messages++
      if (effect.kind === 'write') this.#statuses.set(effect.address, effect.dwords[0]!)
      if (effect.kind === 'invalidate'
        && (effect.descriptor.type === 'context-cache' || effect.descriptor.type === 'iotlb')) {
        const held = this.#may.held()
        this.#removed += this.#may.invalidate(effect.descriptor)
        this.#traced.invalidate(effect.descriptor)
        for (const site of held) if (!this.#may.holds(site)) this.#emptied.add(`${site.sid}:${site.page}`)
      }
    }
  }
}

const states = new WeakMap<Offsets, Map<boolean, UnitState>>()
/** As software has left it before the first step. */
function firstState(unit: Offsets, byRegisters: boolean): UnitState {
  const known = states.get(unit) ?? new Map<boolean, UnitState>()
  states.set(unit, known)
  const before = known.get(byRegisters)
  if (before !== undefined) return before
  const nothing = { page: () => undefined }
  let state = reset({ version: 0x10, cap: unit.cap, ecap: unit.ecap, haw: 39, compress: true })
  const set = (name: RegisterName, value: number): void => {
    state = quiesce(write(state, unit.offset(name), registers[name].layout.bits === 32 ? 4 : 8, value).state,
      nothing).state
  }
  set('RTADDR', place.root)
  set('GCMD', 0x4000_0000)
  set('FEADDR', eventMessage.address)
  set('FEDATA', eventMessage.data)
  set('IQA', place.queue)
  if (!byRegisters) set('GCMD', 0x0400_0000)
  set('GCMD', byRegisters ? 0x8000_0000 : 0x8400_0000)
  known.set(byRegisters, state)
  return state
}

const eventPending = encode(registers.FECTL.layout, { IP: 1 })[0]!
const hex = (value: bigint): string => `0x${value.toString(16)}`
const different = (request: string, model: string, qemu: string, clause: VtdClause): Judged =>
  ({ of: 'unit', verdict: 'different', compare: () => ({ request, model, qemu, clause }) })

/** PV has no meaning where PP=0. */
function registersText({ fsts, fectl, record: words }: Registers): string {
  const found = decode(registers.FRCD.layout, words)
  const kept = found.F === 0 ? 'no record'
    : `record FR=${found.FR.toString(16)} SID=${found.SID.toString(16)} FI=${found.FI.toString(16)} `
      + `T=${found.T1}${found.T2} AT=${found.AT}`
      + ` PP=${found.PP}${found.PP === 1 ? ` PV=${found.PV}` : ''} EXE=${found.EXE} PRIV=${found.PRIV}`
  return `FSTS ${show(registers.FSTS.layout, [fsts])}, FECTL ${show(registers.FECTL.layout, [fectl])}, ${kept}`
}
/** The command is done, and what was done covers what was asked: 1 global, 2 domain, 3 less. */
function sameCommand(name: 'CCMD' | 'IOTLB', model: bigint, seen: bigint): boolean {
  const fields = (value: bigint) => {
    const words = [Number(value & 0xffff_ffffn), Number(value >> 32n)]
    if (name === 'CCMD') {
      const { ICC, CAIG } = decode(registers.CCMD.layout, words)
      return { busy: ICC, done: CAIG }
    }
    const { IVT, IAIG } = decode(registers.IOTLB.layout, words)
    return { busy: IVT, done: IAIG }
  }
  const a = fields(model), b = fields(seen)
  return a.busy === b.busy && b.done >= 1 && b.done <= a.done
}
