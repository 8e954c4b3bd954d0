/** The command buffer: fetching commands, and what each does when it ends (AMD 48882 rev 3.05, 2.4). */
import type { PhysicalMemory } from '../../../iommu/image.ts'
import type { AmdviClause } from '../../clauses.ts'
import { coversDevice, rangeOf } from '../../invalidation/covers.ts'
import type { Command } from '../../invalidation/covers.ts'
import { mayEnd } from '../../invalidation/order.ts'
import { commandLayouts, decode, eventLayouts, reservedMask } from '../../layout/index.ts'
import type { CommandCode, Dwords } from '../../layout/index.ts'
import { formOf, pasidOf } from './disputed.ts'
import { after, eventWords, log } from './faults.ts'
import { controlOf, illegal, pointerOf, reservedRules, ringOf, rule, send } from './state.ts'
import type { Effect, Outstanding, UnitConfig, UnitState, Work } from './state.ts'

export const mayFetch = (state: UnitState): boolean =>
  state.commands.running && (state.config.disputes.commandsWhileOff === 'executed' || controlOf(state).IommuEn === 1)
  && state.commands.head !== pointerOf(state, 'CmdTail')

/** Features that a command needs: without, it is unknown. */
const needs: Readonly<Partial<Record<CommandCode, string>>> =
  { 6: 'EFR.PrefSup', 7: 'EFR.PPRSup', 8: 'EFR.IASup', 9: 'EFR.vIommuSup', 10: 'EFR.vIommuSup' }

/** The command at the head. One that is illegal, or cannot be read, stops the buffer: software starts it again by
 *  CmdBufEn. */
export function fetch(work: Work, memory: PhysicalMemory): void {
  const { unit, before } = work
  const { address, bytes } = ringOf(before, 'CmdBufBase')
  const offset = before.commands.head, at = address + offset
  const words = memory.page(Math.floor(at / 4096))?.slice(at % 4096 / 4, at % 4096 / 4 + 4)
  rule(work, 'AMD:2.4/buffer')
  if (words === undefined) return stop(work, 6, at)
  const code = words[1]! >>> 28
  const of = code in commandLayouts ? formOf(before.config, code as CommandCode) : undefined
  const rules = reservedRules(before), need = needs[code as CommandCode]
  if (of === undefined || need !== undefined && !rules.has(need)
    || reservedMask(of, rules).some((mask, i) => (mask & words[i]!) !== 0)) {
    if (before.config.disputes.illegalCommand === 'behind') unit.commands.head = after(offset, bytes)
    rule(work, 'AMD:2.4/illegal-command')
    return stop(work, 5, at)
  }
  // The head says what was fetched, not what is done.
  unit.commands.head = after(offset, bytes)
  unit.commands.outstanding.push({ offset, code: code as CommandCode, words: [...words] })
}

function stop(work: Work, code: 5 | 6, address: number): void {
  work.unit.commands.running = false
  log(work, eventWords(eventLayouts[code], code, { ADDRL: address % 2 ** 32, ADDRH: Math.floor(address / 2 ** 32) }))
}

const isOrdered = ({ disputes }: UnitConfig): boolean => disputes.commandOrder === 'one-by-one'
const isFenced = ({ code, words }: Outstanding): boolean => code === 1 && decode(commandLayouts[1], words).F === 1
/** @param index in `outstanding`. */
export function mayFinish({ config, commands: { outstanding } }: UnitState, index: number): boolean {
  return mayEnd(slot => ({ isWait: outstanding[slot]!.code === 1, fence: isFenced(outstanding[slot]!) }), index,
    isOrdered(config))
}
export const isOfDevice = ({ commands: { outstanding } }: UnitState, index: number): boolean =>
  outstanding[index]!.code === 4

const clauseOf: Readonly<Record<CommandCode, AmdviClause>> = {
  1: 'AMD:2.4.1/completion-wait', 2: 'AMD:2.4.2/devtab', 3: 'AMD:2.4.3/pages', 4: 'AMD:2.4.4/device-tlb',
  5: 'AMD:2.4.5/interrupt-table', 6: 'AMD:2.4/prefetch', 7: 'AMD:2.4/prefetch', 8: 'AMD:2.4/all', 9: 'AMD:2.4/prefetch',
  10: 'AMD:2.4/prefetch',
}

export function finishCommand(work: Work, index: number): void {
  const { unit, before, effects } = work
  const done = before.commands.outstanding[index]!
  unit.commands.outstanding.splice(index, 1)
  rule(work, clauseOf[done.code])
  rule(work, isOrdered(before.config) ? 'AMD:2.4/ordered' : 'AMD:2.4/unordered')
  if (done.code === 1) return finishWait(work, done)
  if (hasUndefinedRange(done)) return illegal(work, 'undefined-range', `the command at 0x${done.offset.toString(16)}`)
  if (done.code === 4) effects.push(forDevice(before, done))
  const command = commandOf(done)
  if (command === null) return
  // An entry that is invalidated may be reported anew.
  if (before.config.disputes.firstFault === 'until-invalidated')
    unit.reported = unit.reported.filter(device => !coversDevice(command, device))
  effects.push({ kind: 'invalidate', command })
}

/** S and ADDR are where the other command has them. */
const rangeIn = (words: Dwords) => {
  const { S, ADDR } = decode(commandLayouts[3], words)
  return rangeOf(ADDR, S === 1)
}
const hasUndefinedRange = ({ code, words }: Outstanding): boolean =>
  (code === 3 || code === 4) && rangeIn(words) === null

function forDevice({ config }: UnitState, { words }: Outstanding): Effect {
  const { DEVICE } = decode(commandLayouts[4], words)
  return { kind: 'invalidate-device-tlb', device: DEVICE, ...rangeIn(words)!, pasid: pasidOf(config, words) }
}

/** That the data is visible before the interrupt is known from memory alone: both are effects, and the driver makes
 *  of them what it will. */
function finishWait(work: Work, { words, offset }: Outstanding): void {
  const { S, I, STOREL, STOREH, DATAL, DATAH } = decode(commandLayouts[1], words)
  if (S === 1)
    work.effects.push({ kind: 'write', address: STOREH * 2 ** 32 + STOREL * 8, dwords: [DATAL, DATAH] })
  work.effects.push({ kind: 'wait-completed', offset })
  if (I === 0) return
  work.unit.status.wait = true
  send(work, 'wait')
}

/** What a command removes from caches of the unit; null of those that remove nothing there, or an undefined range. */
export function commandOf({ code, words }: Pick<Outstanding, 'code' | 'words'>): Command | null {
  switch (code) {
    case 2: return { type: 'devtab', device: decode(commandLayouts[2], words).DEVICE }
    case 3: {
      const { DOMAIN, PDE, GN, PASID } = decode(commandLayouts[3], words), range = rangeIn(words)
      return range === null ? null
        : { type: 'pages', domain: DOMAIN, ...range, directories: PDE === 1, ...GN === 0 ? {} : { pasid: PASID } }
    }
    case 5: return { type: 'interrupts', device: decode(commandLayouts[5], words).DEVICE }
    case 8: return { type: 'all' }
    default: return null
  }
}

/** A device does not answer within InvTimeOut: the command ends with an event. */
export function timeOutDevice(work: Work, index: number): void {
  const { before, unit } = work
  const { offset, words } = before.commands.outstanding[index]!
  unit.commands.outstanding.splice(index, 1)
  const address = ringOf(before, 'CmdBufBase').address + offset
  rule(work, 'AMD:2.4.4/device-tlb')
  log(work, eventWords(eventLayouts[7], 7, { DEVICE: decode(commandLayouts[4], words).DEVICE,
    ADDRL: address % 2 ** 32, ADDRH: Math.floor(address / 2 ** 32) }))
}
export const mayTimeOut = (state: UnitState): boolean => controlOf(state).InvTimeOut !== 0
