/** The answer to an error of the invalidation queue (VT-d rev 5.10, 6.5.2 and 11.4). */
import type { Answer, Conclusion, Known, Meaning } from '../happening.ts'
import { hex, whenOf } from '../text.ts'
import { deadUnit } from './dead-unit.ts'
import { isAllOnes, silentDevice } from './queue-error.ts'
import type { Descriptor, QueueError } from './queue-error.ts'

export function answerQueue(error: QueueError, known: Known): Answer {
  if (isAllOnes(error)) return deadUnit(
    `as printed: ${registersText(error)}; reason f and source id ffff are what IQERCD reads`, error.line)
  if (error.timeout !== null) return timedOut(error, known)
  return refused(error)
}

const registersText = ({ queue, timeout, completion }: QueueError): string => [
  ...queue === null ? [] : [`queue error, reason ${queue.toString(16)}`],
  ...timeout === null ? [] : [`time-out, source id ${timeout.toString(16)}`],
  ...completion === null ? [] : [`completion error, source id ${completion.toString(16)}`],
].join('; ')

function describe(name: string, { decoded, qw, type }: Descriptor): Meaning {
  const raw = `${hex(qw[0])}, ${hex(qw[1])}`
  const of = silentDevice({ prior: { decoded, qw, type }, head: null, timeout: null, completion: null } as QueueError)
  if (decoded.type === 'device-tlb') return { clause: null,
    says: `${name} (${raw}): invalidate the device TLB of ${of?.device}, ${decoded.global || decoded.sizeBits >= 52
      ? 'all of it' : `2^${12 + decoded.sizeBits} bytes from ${hex(BigInt(decoded.page) << 12n)}`}` }
  if (decoded.type === 'undecoded')
    return { clause: null, says: `${name} (${raw}): no descriptor, type ${decoded.code}: ${decoded.why}` }
  if (decoded.type === 'wait') return { clause: null, says: `${name} (${raw}): a wait, which writes its status when `
    + `all `
    + 'before it is done' }
  return { clause: null, says: `${name} (${raw}): ${decoded.type}` }
}
const descriptors = ({ head, prior }: QueueError): Meaning[] => [
  ...head === null ? [] : [describe('at the head', head)], ...prior === null ? [] : [describe('before it', prior)],
]

function timedOut(error: QueueError, known: Known): Answer {
  const silent = silentDevice(error)
  const who = silent?.device ?? 'a device that the log does not name'
  const reset = silent === null ? null : known.resetBefore(silent.device, error.line)
  const sure = (says: string, rule: string): Conclusion => ({ certainty: 'sure', says, rule })
  return {
    title: `${who} did not answer an invalidation of its device TLB (ITE)`,
    happened: `The unit asked ${who} to drop translations that it caches (ATS), and waited in vain.`,
    hardware: [{ says: `as printed: ${registersText(error)}`, clause: null }, ...descriptors(error),
      { says: 'ITE stops the whole queue until software clears it: no invalidation of any device completes meanwhile',
        clause: null }],
    concludes: [
      ...silent === null ? [] : [{ certainty: error.timeout === 0 || error.timeout === null ? 'likely' : 'sure',
        rule: silent.by, says: `The silent device is ${silent.device}.` } as const],
      ...error.timeout === 0 ? [sure('Source id 0 in the message names nobody: this unit does not fill IQERCD.',
        'a time-out with source id 0')] : [],
      ...reset === null ? [] : [{ certainty: 'likely', rule: `${whenOf(reset)}: a reset of it`,
        says: `${silent!.device} was reset or re-enabled just before, with ATS still enabled in its context entry: `
          + `after `
          + 'a reset its own ATS enable is off, and it answers nothing.' } as const],
      ...reset === null ? [{ certainty: 'open', rule: 'a device TLB that does not answer',
        says: 'It was reset, is gone or in a low power state, or its ATS does not work.' } as const] : [],
    ],
    next: [
      { run: `lspci -vvs ${silent?.device ?? 'BB:DD.F'} | grep -i -A2 ATS`, says: 'whether ATS is on in the device' },
      { run: null, says: 'boot with pci=noats: if the time-outs are gone, it is the ATS of this device' },
      { run: null, says: 'in a driver or VMM: disable ATS in device and context entry (DTE=0 or TT=0) before the '
        + 'reset' },
    ],
    shows: [{ run: 'remapcheck explain ITE', says: 'the status bit' },
      ...[error.prior, error.head].flatMap(of => of?.decoded.type !== 'device-tlb' ? []
        : [{ says: 'the descriptor, bit by bit',
          run: `remapcheck explain device-TLB-invalidate=${hex(of.qw[0])},${hex(of.qw[1])}` }]).slice(0, 1)],
  }
}

const queueReasons: Readonly<Record<number, string>> = {
  0: 'no details', 1: 'the tail is beyond the queue', 2: 'the descriptor could not be read', 3: 'no such type',
  4: 'a reserved field is set', 5: 'the queue has descriptors of the wrong width', 6: 'the tail is not aligned',
  7: 'TTM of RTADDR does not admit it',
}
function refused(error: QueueError): Answer {
  const { queue, completion } = error
  const isQueue = queue !== null || completion === null
  const silent = isQueue ? null : silentDevice(error)
  const who = silent?.device ?? 'a device that the log does not name'
  return {
    title: isQueue ? 'the unit refused a descriptor of its invalidation queue (IQE)'
      : `${who} answered an invalidation with a completion that does not fit (ICE)`,
    happened: isQueue ? 'The unit stopped at a descriptor that it cannot carry out.'
      : `The device TLB of ${who} sent a completion that does not fit to what was asked.`,
    hardware: [...queue === null ? [] : [{ says: `queue error, reason ${queue.toString(16)}: `
      + `${queueReasons[queue] ?? 'unknown'}`, clause: null }], ...descriptors(error)],
    concludes: isQueue && error.head !== null && error.head.decoded.type !== 'undecoded'
      ? [{ certainty: 'open', rule: 'the descriptor decodes', says: 'The descriptor that is printed is well-formed by '
        + 'the manual: the unit may lack a capability that it needs, or it was repaired when it was printed.' }] : [],
    next: isQueue ? [{ run: 'dmesg | grep ecap', says: 'what the unit is capable of' }]
      : [{ run: `lspci -vvs ${silent?.device ?? 'BB:DD.F'} | grep -i -A2 ATS`,
        says: 'whether ATS is on in the device' },
      { run: null, says: 'boot with pci=noats: if it is gone, it is the ATS of this device' }],
    shows: [isQueue ? { run: 'remapcheck explain IQA', says: 'the queue and the width of its descriptors' }
      : { run: 'remapcheck explain ICE', says: 'the status bit' }],
  }
}
