/** Reads what Xen prints when an invalidation queue does not get on: the wait, the registers of the queue, the fault
 *  status (VT-d rev 5.10, 6.5.2, 11.4: IQA, IQH, IQT, FSTS; Xen drivers/passthrough/vtd: facts about its texts). */
import { decode, dwordsOf, registers } from '../../../spec/vtd/index.ts'
import type { Answer, Conclusion, Happening, Line, Look, Meaning, Reader, Reading } from '../happening.ts'
import { bigHex, hex } from '../text.ts'
import { deadUnit } from './dead-unit.ts'
import { statusTexts } from './reason.ts'

interface Standing {
  readonly line: Line
  readonly unit: string | null
  /** It waits for device TLBs. */
  readonly ofDevice: boolean
  readonly registers: { A?: bigint; H?: bigint; T?: bigint }
  readonly errors: string[]
  took_ms: number | null
}
const begun = /(?:IOMMU#(\d+): )?QI( dev)? wait descriptor taking too long/
const register = /\bIQ([AHT]) = ([0-9a-f]{1,16})/
const status = new RegExp('iommu_fault_status: (Invalidation (?:Queue|Completion|Time-out) Error|Fault Overflow|'
  + 'Primary Pending Fault)')
const took = /QI.* took (\d{1,9})ms/
/** Lines of others may stand between. */
const reach_lines = 40

export class XenQueue implements Reader {
  readonly name = 'error of a VT-d invalidation queue'
  readonly words = /wait descriptor t|IQA = |IQH = |IQT = |iommu_fault_status: |no QI slot/
  #open: Standing | null = null

  read(line: Line): Reading {
    const { text } = line
    const wait = begun.exec(text)
    if (wait !== null) return [this.#begin(line, wait[1] ?? null, wait[2] !== undefined)]
    const open = this.#open !== null && line.number - this.#open.line.number <= reach_lines ? this.#open : null
    const of = register.exec(text)
    if (of !== null) {
      if (open !== null) open.registers[of[1] as 'A'] = bigHex(of[2]!)
      return 'context'
    }
    const said = status.exec(text)
    if (said !== null) {
      if (open === null) return [statusHappening(said[1]!, line)]
      open.errors.push(said[1]!)
      return 'context'
    }
    const late = took.exec(text)
    if (late !== null && open !== null) open.took_ms = Number(late[1])
    if (late !== null) return 'context'
    return /no QI slot/.test(text) ? [full(line)] : 'other'
  }
  end(): readonly Happening[] { this.#open = null; return [] }

  #begin(line: Line, unit: string | null, ofDevice: boolean): Happening {
    const one: Standing = { line, unit, ofDevice, registers: {}, errors: [], took_ms: null }
    this.#open = one
    return { line, device: null, access: 'unknown', address: null, stops: true,
      kind: `unit-queue Xen ${unit ?? ''} ${ofDevice ? 'device ' : ''}wait`, answer: () => answer(one) }
  }
}

const next: readonly Look[] = [
  { run: null, says: 'boot Xen with ats=0: if it is gone, it is the ATS of a device' },
  { run: "xl dmesg | grep -e 'QI ' -e 'IQ[AHT] =' -e iommu_fault_status", says: 'where the queue stands' },
  { run: "lspci -vv | grep -B20 'ATSCtl:.*Enable+'", says: 'devices with ATS on' },
]
function answer(one: Standing): Answer {
  const { unit, ofDevice, errors, took_ms } = one
  if (one.registers.A === 0xffffffffffffffffn) return deadUnit('IQA is ffffffffffffffff, which is what a register '
    + 'reads', one.line)
  const who = unit === null ? 'a unit' : `unit ${unit}`
  return {
    title: `${who}: an invalidation${ofDevice ? ' of a device TLB' : ''} does not complete`,
    happened: `Xen waits for a descriptor of the invalidation queue of ${who}${ofDevice
      ? ', behind the invalidation of a device TLB (ATS)' : ''}.`,
    hardware: [{ says: 'a wait descriptor writes its status when all before it is done (VT-d 6.5.2)', clause: null },
      ...queueText(one), ...errors.map(says => ({ says: `fault status: ${says.toLowerCase()}`, clause: null }))],
    concludes: [...causes(one), ...took_ms === null ? [] : [{ certainty: 'sure', rule: `took ${took_ms}ms`,
      says: `It completed after ${took_ms} ms: late, and not lost.` } as const]],
    next, shows: [{ run: 'remapcheck explain awaitInvalidation', says: 'the step that waits' },
      ...errors.length === 0 ? [] : [{ run: 'remapcheck explain FSTS', says: 'the fault status, bit by bit' }]],
  }
}
/** IQH and IQT are offsets: descriptors of 16 bytes, or of 32 where DW is 1. */
function queueText({ registers: { A, H, T } }: Standing): readonly Meaning[] {
  if (H === undefined || T === undefined) return []
  const { QS = 0, DW = 0 } = A === undefined ? {} : decode(registers.IQA.layout, dwordsOf(A)) as Record<string, number>
  const bytes = DW === 1 ? 32n : 16n
  const [head, tail] = [H / bytes, T / bytes]
  const size = A === undefined ? null : 1n << BigInt(QS + (DW === 1 ? 7 : 8))
  const fits = size !== null && head < size && tail < size
  const left = tail >= head ? tail - head : (fits ? size : 0n) + tail - head
  const where = `IQH ${hex(H)}, IQT ${hex(T)}: the unit stands at descriptor ${head}${fits ? ` of ${size}` : ''}`
  if (left < 0n) return [{ says: where, clause: null }]
  return [{ clause: null, says: left === 0n
    ? `${where}, where software ends too: all is fetched, and an answer is missing`
    : `${where}, and has not fetched ${left} more` }]
}
function causes({ ofDevice, errors }: Standing): readonly Conclusion[] {
  const has = (what: string): boolean => errors.some(one => one.includes(what))
  if (has('Time-out')) return [{ certainty: 'sure', rule: 'ITE', says: 'A device did not answer an invalidation of its '
    + 'device TLB in time. It stops the whole queue until software clears ITE: no invalidation of any device '
    + 'completes.' },
  silent]
  if (has('Queue Error')) return [{ certainty: 'sure', rule: 'IQE', says: 'The unit refused the descriptor at the head '
    + 'of the queue, and stopped there.' }]
  return ofDevice ? [silent] : [{ certainty: 'open', rule: 'a wait for no device TLB', says: 'An error stopped the '
    + 'queue before it (ITE or IQE of the fault status), or the unit is off or hangs.' }]
}
const silent: Conclusion = { certainty: 'likely', rule: 'a device TLB that does not answer',
  says: 'The silent device was reset, is gone, or its ATS does not work. Xen does not name it.' }

const statusHappening = (what: string, line: Line): Happening => ({
  line, device: null, access: 'unknown', address: null, kind: `unit-status ${what}`, answer: () => ({
    title: `a unit reports: ${what.toLowerCase()}`, happened: 'Xen read the fault status of a unit.',
    hardware: [{ says: statusTexts[what] ?? 'FSTS (VT-d 11.4)', clause: null }], concludes: [],
    next: [{ run: 'xl dmesg | grep VT-D', says: 'the faults around it' }],
    shows: [{ run: 'remapcheck explain FSTS', says: 'the register, bit by bit' }],
  }),
})
const full = (line: Line): Happening => ({
  line, device: null, access: 'unknown', address: null, kind: 'unit-queue Xen full', stops: true, answer: () => ({
    title: 'the invalidation queue is full', happened: 'Xen had no free slot for a descriptor.',
    hardware: [{ says: 'the tail would meet the head: the unit does not get on', clause: null }],
    concludes: [silent], next, shows: [{ run: 'remapcheck explain IQT', says: 'the register, bit by bit' }],
  }),
})
