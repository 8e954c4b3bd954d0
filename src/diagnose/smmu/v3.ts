/** Reads events of Arm SMMUv3 as Linux prints them: four raw words, and from 6.15 on two lines in words (Arm IHI 0070,
 *  7.3: event records; Linux arm-smmu-v3.c: facts about its texts). */
import type { Access, Answer, Conclusion, Happening, Line, Reader, Reading } from '../happening.ts'
import { bigHex, bitsOf, deviceOf, form, hex } from '../text.ts'
import { answerSmmu } from './answer.ts'
import { eventNames } from './names.ts'

export interface SmmuEvent {
  readonly line: Line
  readonly unit: string
  readonly code: number
  words: bigint[]
  client: string | null
  stream: number | null
  /** Null: without, or the line does not say. */
  substream: number | null
  address: bigint | null
  access: Access
  stage: 1 | 2 | null
  cause: string | null
  stalled: boolean
}
const received = /arm-smmu-v3 (\S+): event (0x[0-9a-f]{1,2}) received:/i
const rawWord = /arm-smmu-v3 (\S+):\s+(0x[0-9a-f]{16})$/i
const named = form(String.raw`event: ([A-Z_]{3,24}) client: (\(unassigned sid\)|\S+) sid: <hex>(?: ssid: <hex>)?`
  + '(?:.*?iova: <hex>)?')
/** QEMU's trace of the unit. */
const traced = /smmuv3_record_event \S*?\b([A-Z]_?[A-Z_]{3,24}) sid=(0x[0-9a-f]{1,8}|\d{1,9})/
const worded = /\b(priv|unpriv) (inst|data) (read|write) s([12]) "([A-Za-z0-9 ]{1,60})"(.*)$/
const queue = /arm-smmu-v3 \S+: (?:CMD_SYNC timeout|CMDQ error|EVTQ overflow)/
const commandError = /CMDQ error \(cons 0x[0-9a-f]{1,8}\): (.{1,60})$/

export class SmmuV3 implements Reader {
  readonly name = 'event of an SMMUv3'
  readonly words = /arm-smmu-v3|smmuv3_record_event/
  #open: SmmuEvent | null = null

  read(line: Line, final: boolean): Reading {
    const { text } = line
    const begun = received.exec(text)
    if (begun !== null) {
      const done = this.#close()
      this.#open = newEvent(line, begun[1]!, Number(begun[2]))
      return done.length > 0 ? done : 'context'
    }
    const word = rawWord.exec(text)
    if (word !== null && this.#open !== null && this.#open.words.length < 4) {
      this.#open.words.push(bigHex(word[2]!))
      return 'context'
    }
    const said = named.exec(text)
    if (said !== null) {
      // Raw words may stand above it; another event in words is one of its own.
      const done = this.#open !== null && this.#open.stream !== null ? this.#close() : []
      this.#named(said, line)
      return done.length > 0 ? done : 'context'
    }
    const detail = worded.exec(text)
    if (detail !== null && this.#open !== null) {
      const [, , , access, stage, cause, rest] = detail
      Object.assign(this.#open, { access, stage: Number(stage), cause, stalled: rest!.includes('stall') })
      return this.#close()
    }
    const ofQemu = traced.exec(text)
    if (ofQemu !== null) {
      const done = this.#close()
      const code = Object.entries(eventNames).find(([, [of]]) => of === ofQemu[1])?.[0]
      if (code === undefined) return done.length > 0 ? done : 'context'
      this.#open = { ...newEvent(line, 'qemu', Number(code)), stream: Number(ofQemu[2]) }
      return [...done, ...this.#close()]
    }
    if (queue.test(text)) return [queueHappening(line)]
    return /event: [A-Z_]+ client:|(?:un)?priv (?:inst|data)/.test(text) && !final ? 'more' : 'other'
  }
  end(): readonly Happening[] { return this.#close() }

  #named([, name, client, stream, substream, iova]: RegExpExecArray, line: Line): void {
    const code = Object.entries(eventNames).find(([, [of]]) => of === name)?.[0]
    const open = this.#open ??= newEvent(line, '', Number(code ?? 0))
    open.client = client!.startsWith('(') ? null : deviceOf(client!)
    open.stream = Number.parseInt(stream!, 16)
    // Printed as 0 where there is none.
    if (substream !== undefined && bigHex(substream) > 0n) open.substream = Number.parseInt(substream, 16)
    if (iova !== undefined) open.address = bigHex(iova)
    const fetched = /fetch_addr: (0x[0-9a-f]{1,16})/.exec(line.text)?.[1]
    if (fetched !== undefined) open.cause = `a fetch from memory at ${fetched}`
  }
  #close(): readonly Happening[] {
    const event = this.#open
    this.#open = null
    if (event === null) return []
    decode(event)
    const { line, code, address, access } = event
    const device = event.client ?? (event.stream === null ? null : `stream ${hex(event.stream)}`)
    return [{ line, device, access, address, kind: `smmuv3 ${code} ${access}`,
      answer: (group, known) => answerSmmu(event, group, known) }]
  }
}
const newEvent = (line: Line, unit: string, code: number): SmmuEvent => ({ line, unit, code, words: [], client: null,
  stream: null, substream: null, address: null, access: 'unknown', stage: null, cause: null, stalled: false })

const classes = ['a fetch of the context descriptor', 'a fetch of a translation table', 'the input address itself',
  'reserved'] as const
/** From the raw words what the words in text did not say. */
function decode(event: SmmuEvent): void {
  const [head, about, address] = event.words
  if (head === undefined) return
  event.stream ??= bitsOf(head, 63, 32)
  if (bitsOf(head, 11) === 1) event.substream = bitsOf(head, 31, 12)
  if (about === undefined) return
  const hasAddress = event.code >= 0x10 && event.code <= 0x13
  if (!hasAddress) return
  if (event.access === 'unknown') event.access = accessOf(about)
  event.stage ??= bitsOf(about, 39) === 1 ? 2 : 1
  event.cause ??= classes[bitsOf(about, 41, 40)]!
  event.stalled ||= bitsOf(about, 31) === 1
  event.address ??= address ?? null
}
function accessOf(about: bigint): Access {
  if (bitsOf(about, 34) === 1) return 'execute'
  return bitsOf(about, 35) === 1 ? 'read' : 'write'
}

const queueHappening = (line: Line): Happening => {
  const what = /CMD_SYNC|EVTQ|CMDQ/.exec(line.text)?.[0] ?? ''
  const error = commandError.exec(line.text)?.[1] ?? null
  return { line, device: null, access: 'unknown', address: null, kind: `smmuv3 queue ${what} ${error ?? ''}`,
    ...what === 'EVTQ' ? {} : { stops: true }, answer: () => queueAnswer(what, error) }
}
function queueAnswer(what: string, error: string | null): Answer {
  const hardware = [{ says: 'Arm IHI 0070, 3.5 and 4: queues and commands', clause: null }]
  const next = [{ run: 'dmesg | grep arm-smmu', says: 'the first message before it' }]
  const shows = [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' }]
  if (what === 'EVTQ') return { title: 'the event queue overflowed: events are lost', hardware, next, shows: [],
    happened: 'There were more events than the log shows.', concludes: [{ certainty: 'sure', rule: 'EVTQ overflow',
      says: 'Counts of events are lower bounds.' }] }
  const isTlb = /ATC/i.test(error ?? '')
  const silent: Conclusion = { certainty: 'likely', rule: 'an error of an ATC invalidation', says: 'A device did not '
    + 'answer the invalidation of its TLB (ATS): it was reset, is gone or asleep while its ATS is on.' }
  if (error !== null) return { title: `the command queue stopped at a command: ${error}`, hardware, next, shows,
    happened: `The unit could not carry out a command: ${error}.`,
    concludes: isTlb ? [silent] : [{ certainty: 'sure', rule: 'CMDQ error', says: 'The unit takes no command until the '
      + 'driver has dealt with this one.' }] }
  return { title: 'the command queue did not complete in time (CMD_SYNC)', hardware, next, shows,
    happened: 'The driver waited for an invalidation, and the unit did not complete it.',
    concludes: [{ certainty: 'open', rule: 'a command that does not complete', says: 'A device that does not answer an '
      + 'ATC invalidation, a command that is not legal, or a unit without clock or power.' }] }
}
