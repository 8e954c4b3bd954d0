/** GCMD and GSTS: what software asks for, and what becomes of it (VT-d rev 5.10, 11.4.4). */
import { decode, registers } from '../../layout/index.ts'
import { resetFaultIndex } from '../../faults.ts'
import { invalidateDmaCaches, invalidateInterruptCache } from './invalidate.ts'
import { disableQueue, isQueueIdle } from './queue.ts'
import { illegal, levelBits, oneShotBits, rule } from './state.ts'
import type { Capabilities, Command, LevelBit, OneShotBit, Work } from './state.ts'

const levels = Object.keys(levelBits) as readonly LevelBit[]
const oneShots = Object.keys(oneShotBits) as readonly OneShotBit[]

/** What the unit can do nothing with. The advanced fault log (SFL, EAFL) is of old revisions and not modelled. */
const unsupported = ({ ecap }: Capabilities): readonly string[] =>
  ['SFL', 'EAFL', ...ecap.QI === 1 ? [] : ['QIE'], ...ecap.IR === 1 ? [] : ['IRE', 'SIRTP', 'CFI']]

/** Software writes GCMD: level bits ask for a state, one-shot bits for a deed. */
export function writeCommand(work: Work, value: number): void {
  const { unit } = work
  const bits = decode(registers.GCMD.layout, [value])
  const cannot = unsupported(work.has).filter(bit => bits[bit as keyof typeof bits] === 1)
  if (cannot.length > 0) illegal(work, 'unsupported-command', `GCMD asks for ${cannot.join(', ')}`)
  const changed = levels.filter(bit => !cannot.includes(bit) && (bits[bit] === 1) !== unit.asked[bit])
  const shots = oneShots.filter(bit => !cannot.includes(bit) && bits[bit] === 1)
  judge(work, changed, shots)
  // Pointers first: of several changes in one write the manual fixes no order.
  for (const bit of shots) {
    unit.status[oneShotBits[bit]] = bit === 'WBF'
    unit.commands.push({ bit })
  }
  for (const bit of changed) {
    unit.asked[bit] = !unit.asked[bit]
    unit.commands.push({ bit, to: unit.asked[bit] })
  }
}

function judge(work: Work, changed: readonly LevelBit[], shots: readonly OneShotBit[]): void {
  const { unit } = work
  const what = [...shots, ...changed]
  if (what.length === 0) return
  if (changed.length > 1) illegal(work, 'two-changes', `GCMD changes ${changed.join(' and ')} at once`)
  if (shots.length > 0 && what.length > 1)
    illegal(work, 'one-shot-with-change', `GCMD has ${what.join(' and ')} at once`)
  if (unit.commands.length > 0)
    illegal(work, 'command-unfinished', `GCMD changes ${what.join(' and ')} before GSTS shows ${unit.commands[0]!.bit}`)
  judgeLevels(work, changed)
  judgeShots(work, shots)
}
function judgeLevels(work: Work, changed: readonly LevelBit[]): void {
  const { unit } = work
  const starts = (bit: LevelBit): boolean => changed.includes(bit) && !unit.asked[bit]
  if (starts('TE') && !unit.latched.rootSet)
    illegal(work, 'translation-before-root-table', 'TE=1 without SRTP since TES was last 0')
  if (starts('IRE') && !unit.latched.interruptSet)
    illegal(work, 'remapping-before-interrupt-table', 'IRE=1 without SIRTP since IRES was last 0')
  if (starts('QIE') && (isBusy(work, 'CCMD') || isBusy(work, 'IOTLB')))
    illegal(work, 'registers-not-drained', 'QIE=1 while ICC or IVT is 1')
  if (starts('QIE') && unit.stored.IQT[0]! >>> 4 !== 0)
    illegal(work, 'tail-before-queue', `QIE=1 with IQT at ${unit.stored.IQT[0]! >>> 4}`)
  if (changed.includes('QIE') && unit.asked.QIE && !isQueueIdle(unit))
    illegal(work, 'queue-not-idle', `QIE=0 with IQH at ${unit.queue.head} and IQT at ${unit.stored.IQT[0]! >>> 4}`)
}
function judgeShots(work: Work, shots: readonly OneShotBit[]): void {
  const { unit } = work
  if (shots.includes('SRTP') && unit.status.TES && work.has.cap.ESRTPS === 0) {
    const [old, now] = [unit.latched.rtaddr, unit.stored.RTADDR].map(words =>
      decode(registers.RTADDR.layout, words).TTM)
    if (old !== now) illegal(work, 'mode-changed', `TTM goes from ${old} to ${now} with TES=1`)
  }
  if (shots.includes('SIRTP') && unit.status.IRES) {
    const [old, now] = [unit.latched.irta, unit.stored.IRTA].map(words => decode(registers.IRTA.layout, words).EIME)
    if (old !== now) illegal(work, 'eime-changed', `EIME goes from ${old} to ${now} with IRES=1`)
  }
}
const isBusy = ({ unit }: Work, name: 'CCMD' | 'IOTLB'): boolean => unit.stored[name][1]! >>> 31 === 1

/** Hardware finishes the oldest command. */
export function finishCommand(work: Work): void {
  const { unit, has } = work
  const command = work.before.commands[0]!
  unit.commands.shift()
  if ('to' in command) finishLevel(work, command)
  else if (command.bit === 'WBF') {
    unit.status.WBFS = false
    work.effects.push({ kind: 'flush-write-buffer' })
    rule(work, 'VTD:6/write-buffer-flush')
  } else {
    rule(work, 'VTD:11.4/latched')
    if (command.bit === 'SRTP') {
      Object.assign(unit.latched, { rtaddr: [...work.before.stored.RTADDR], rootSet: true })
      if (has.cap.ESRTPS === 1) invalidateDmaCaches(work, 'SRTP')
      else rule(work, 'VTD:table-28/set-root-table')
    } else {
      Object.assign(unit.latched, { irta: [...work.before.stored.IRTA], interruptSet: true })
      if (has.cap.ESIRTPS === 1) invalidateInterruptCache(work, 'SIRTP')
      else rule(work, 'VTD:table-28/set-interrupt-table')
    }
    unit.status[oneShotBits[command.bit]] = true
  }
}

function finishLevel(work: Work, { bit, to }: Extract<Command, { readonly to: boolean }>): void {
  const { unit, has } = work
  unit.status[levelBits[bit]] = to
  switch (bit) {
    case 'TE':
      if (to) work.effects.push({ kind: 'drained', what: 'dma' })
      else {
        unit.latched.rootSet = false
        if (has.ecap.SMTS === 1) invalidateDmaCaches(work, 'TE')
      }
      break
    case 'IRE':
      if (to) work.effects.push({ kind: 'drained', what: 'interrupts' })
      else {
        unit.latched.interruptSet = false
        if (has.cap.ESIRTPS === 1) invalidateInterruptCache(work, 'IRE')
      }
      break
    case 'QIE':
      if (!to) disableQueue(work)
      break
    case 'CFI':
  }
  if ((bit === 'TE' || bit === 'IRE') && !unit.status.TES && !unit.status.IRES) {
    resetFaultIndex(unit.faults)
    rule(work, 'VTD:7.2/index-reset')
  }
}
