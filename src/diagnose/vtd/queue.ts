/** Reads what Linux prints when the invalidation queue stands still: errors, and the descriptors at its head (VT-d rev
 *  5.10, 6.5.2 and 11.4: FSTS, IQERCD). One incident is a few lines. Before 6.0 there is one line only. */
import { anything, decodeDescriptor, dwordsOf } from '../../../spec/vtd/index.ts'
import type { Happening, Line, Reader, Reading } from '../happening.ts'
import { bigHex, form } from '../text.ts'
import { answerQueue } from './answer-queue.ts'
import { isAllOnes, silentDevice } from './queue-error.ts'
import type { Descriptor, QueueError } from './queue-error.ts'

const detected = form('VT-d detected Invalidation (Queue|Time-out|Completion) Error: (?:Reason|SID) <hex>')
const descriptor = form('QI (HEAD|PRIOR): (.+?) qw0 = <hex>, qw1 = <hex>')
const old = form('VT-d detected invalid descriptor: qw0 = <hex>, qw1 = <hex>')
const cleared = /Invalidation (?:Queue|Time-out|Completion) Error \((?:IQE|ITE|ICE)\) cleared/i
/** Lines of other drivers may stand between. */
const reach_lines = 40

export class QueueErrors implements Reader {
  readonly name = 'error of a VT-d invalidation queue'
  readonly words = /VT-d detected |QI (?:HEAD|PRIOR)|\((?:IQE|ITE|ICE)\) cleared/i
  #open: QueueError | null = null

  read(line: Line, final: boolean): Reading {
    const { text } = line
    const done = this.#open !== null && line.number - this.#open.line.number > reach_lines ? this.#close() : []
    const error = detected.exec(text)
    if (error !== null) return [...done, ...this.#error(error, line)]
    const of = descriptor.exec(text)
    if (of !== null) {
      const open = this.#open ??= newError(line)
      const found = descriptorOf(of[2]!, bigHex(of[3]!), bigHex(of[4]!))
      if (of[1]!.toUpperCase() === 'HEAD') open.head ??= found
      else open.prior ??= found
      return done.length > 0 ? done : 'context'
    }
    const invalid = old.exec(text)
    if (invalid !== null) {
      const head = descriptorOf('as printed', bigHex(invalid[1]!), bigHex(invalid[2]!))
      return [...done, happeningOf({ ...newError(line), queue: 0, head })]
    }
    if (cleared.test(text)) {
      if (this.#open !== null) this.#open.cleared = true
      return 'context'
    }
    if (done.length > 0) return done
    return /VT-d detected Invalidation|QI (?:HEAD|PRIOR):/i.test(text) && !final ? 'more' : 'other'
  }
  end(): readonly Happening[] { return this.#close() }

  #error([, what, digits]: RegExpExecArray, line: Line): readonly Happening[] {
    const kind = ({ queue: 'queue', 'time-out': 'timeout', completion: 'completion' } as const)[
      what!.toLowerCase() as 'queue' | 'time-out' | 'completion']
    // A second of its kind, or one after the end, begins another incident.
    const done = this.#open !== null && (this.#open[kind] !== null || this.#open.cleared) ? this.#close() : []
    const open = this.#open ??= newError(line)
    open[kind] = Number.parseInt(digits!, 16)
    return done
  }
  #close(): readonly Happening[] {
    const open = this.#open
    this.#open = null
    return open === null ? [] : [happeningOf(open)]
  }
}

const newError = (line: Line): QueueError =>
  ({ line, queue: null, timeout: null, completion: null, head: null, prior: null, cleared: false })

/** Linux's descriptors have 128 bits in legacy mode; the lower half of the longer ones is the same. */
function descriptorOf(type: string, low: bigint, high: bigint): Descriptor {
  const mode = { bits: 256, scalable: true, rules: anything } as const
  return { type, qw: [low, high], decoded: decodeDescriptor(dwordsOf(low, high, 0n, 0n), mode) }
}

function happeningOf(error: QueueError): Happening {
  const dead = isAllOnes(error)
  const silent = dead ? null : silentDevice(error)
  const kind = ['queue', 'timeout', 'completion'].filter(name => error[name as 'queue'] !== null).join(' ')
  return {
    line: error.line, stops: true, device: silent?.device ?? null, access: 'unknown', address: null,
    kind: `unit-queue ${dead ? 'all ones' : kind} ${error.prior?.decoded.type ?? ''}`,
    answer: (_, known) => answerQueue(error, known),
  }
}
