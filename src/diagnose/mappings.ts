/** The kernel's map and unmap events (`iommu:map`, `iommu:unmap`) beside a log of faults, in the text of ftrace,
 *  trace-cmd report or perf script (Linux, include/trace/events/iommu.h). They name a page, no device and no domain:
 *  nothing that follows is more than likely. Their clock is that of dmesg: seconds since the start. */
import type { Conclusion, Group, Line, Reader, Reading } from './happening.ts'
import { bigHex, form } from './text.ts'

interface Event { readonly from: bigint; readonly end: bigint; readonly s: number; readonly mapped: boolean }
/** The last ones are kept: a fault is about what happened just before. */
const kept = 200_000

const map = form('<seconds>: +(?:iommu:)?map: +IOMMU: iova=<hex>(?: - <hex>)? paddr=<hex> size=<dec>')
const unmap = form('<seconds>: +(?:iommu:)?unmap: +IOMMU: iova=<hex> - <hex> size=<dec>')
const lost = /LOST \d+ EVENTS/

/** What the trace has of its time. */
export class Mappings implements Reader {
  readonly name = 'map and unmap events'
  readonly aside = true
  readonly words = /(?:un)?map: +IOMMU: |LOST \d+ EVENTS/
  readonly #events: Event[] = []
  #lost = false

  read({ text }: Line): Reading {
    if (lost.test(text)) { this.#lost = true; return 'context' }
    const found = unmap.exec(text) ?? map.exec(text)
    if (found === null) return 'other'
    const [, seconds, from, end] = found
    const mapped = !/\bunmap: /.test(text)
    const size = BigInt(found.at(-1)!)
    this.#events.push({ from: bigHex(from!), s: Number(seconds), mapped,
      end: end === undefined ? bigHex(from!) + size : bigHex(end) })
    if (this.#events.length >= 2 * kept) this.#events.splice(0, kept)
    return 'context'
  }

  /** What the events say of the first address of a group; nothing where its time is not that of the trace. */
  conclusions({ first: { address }, from: { stamp } }: Group): readonly Conclusion[] {
    const first = this.#events[0], last = this.#events.at(-1)
    if (address === null || first === undefined || last === undefined) return []
    if (stamp?.clock !== 'uptime' || stamp.s < first.s || stamp.s > last.s + 1) return [{ certainty: 'open',
      rule: `the trace is of ${first.s} to ${last.s} s`, says: 'The trace does not cover the time of the fault.' }]
    return [judged(address, stamp.s, this.#events, this.#lost)]
  }
}

function judged(address: bigint, fault_s: number, events: readonly Event[], wasLost: boolean): Conclusion {
  const doubt = `; such events name no device${wasLost ? ', and the trace lost some' : ''}`
  const certainty = wasLost ? 'open' : 'likely'
  const covers = events.findLast(({ s, from, end }) => s <= fault_s && address >= from && address < end)
  if (covers?.mapped === false) return { certainty, rule: `iommu:unmap at ${covers.s} s${doubt}`,
    says: `The page was unmapped ${((fault_s - covers.s) * 1000).toFixed(3)} ms before: the device used it after its `
      + 'unmap. Stop the device first, then unmap.' }
  if (covers !== undefined) return { certainty: 'open', rule: `iommu:map at ${covers.s} s${doubt}`,
    says: 'The page was mapped at that time, by the trace: for another device, or for the other direction only.' }
  const page = address - address % 4096n
  const behind = events.findLast(({ s, end }) => s <= fault_s && end === page)
  if (behind?.mapped === true) return { certainty, rule: `iommu:map at ${behind.s} s${doubt}`,
    says: `It is in the page behind a mapping (0x${behind.from.toString(16)} to 0x${behind.end.toString(16)}): the `
      + 'device ran past its end, or was given a wrong length.' }
  return { certainty, rule: `no iommu:map of it since ${events[0]?.s} s${doubt}`,
    says: 'It was never mapped while the trace ran: a raw or stale address, of firmware, of a driver before, or '
      + 'made up '
      + 'by the device.' }
}
