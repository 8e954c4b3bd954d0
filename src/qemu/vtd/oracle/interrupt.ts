/** One interrupt message judged. */
import { faultReason } from '../../../../spec/vtd/index.ts'
import type { Interrupt } from '../../../../spec/vtd/index.ts'
import { sidText } from '../../pci.ts'
import { faultOf } from '../unit.ts'
import { interruptExceptions } from './exceptions.ts'
import { agrees } from './interrupt-seen.ts'
import type { InterruptAsked, InterruptObservation } from './interrupt-seen.ts'
import type { Comparison, Judged, Tally } from '../../oracle/judged.ts'

export function judgeInterrupt(asked: InterruptAsked, seen: InterruptObservation, tally: Tally): Judged {
  const { model } = asked
  const verdict = agrees(model, asked.request.sid, seen) ? 'same' : interruptExceptions(asked, seen) ?? 'different'
  tally.verdict(verdict)
  if (model.kind === 'fault') {
    tally.reason(model.reason)
    tally.outcome('interrupt blocked')
  } else tally.outcome(asked.request.remappable === null ? 'interrupt in compatibility format'
    : `interrupt ${asked.unit.eime ? 'x2APIC' : 'xAPIC'}`)
  return { of: 'request', verdict, compare: () => describe(asked, seen) }
}

const hex = (value: number): string => `0x${value.toString(16)}`
function describe({ via, address, data, request, model }: InterruptAsked, seen: InterruptObservation): Comparison {
  return {
    request: `${sidText(request.sid)} ${via === 'msi' ? 'sends' : 'writes'} ${hex(data)} to ${hex(address)}`
      + (request.remappable === null ? '' : `, index ${request.remappable.index}`),
    model: modelText(model), qemu: seenText(seen),
    clause: model.kind === 'fault' ? faultReason(model.reason)?.clause ?? null : model.exercised.at(-1) ?? null,
  }
}
const codeText = (code: number): string => `${code.toString(16).toUpperCase()}h`
function modelText(model: InterruptAsked['model']): string {
  if (model.kind === 'fault')
    return `blocked, fault ${[model.reason, ...model.alternatives].map(codeText).join(' or ')}`
      + (model.suppressed ? ', not recorded' : '')
  return model.kind === 'posted' ? 'posted' : interruptText(model.interrupt)
}
function seenText(seen: InterruptObservation): string {
  const fault = faultOf(seen.faults)
  const recorded = fault === null ? '' : `, fault ${codeText(fault.FR)} of ${sidText(fault.SID)} recorded, `
    + `FI ${hex(fault.FI)}, FSTS ${hex(seen.faults.fsts)}`
  return outcomeText(seen) + recorded
}
function outcomeText(seen: InterruptObservation): string {
  if (seen.kind === 'blocked') return 'blocked'
  return seen.kind === 'unclear' ? `events that do not fit: ${seen.events.join(', ')}` : interruptText(seen.interrupt)
}
const interruptText = ({ vector, dlm, dst, dm, rh, tm, assert }: Interrupt): string =>
  `vector ${hex(vector)} to ${hex(dst)}${dm ? ' logical' : ''}, delivery mode ${dlm}`
  + `${rh ? ', redirection hint' : ''}${tm ? ', level' : ''}${assert ? '' : ', not asserted'}`
